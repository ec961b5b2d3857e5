"""``kangqu city``."""

from __future__ import annotations

from typing import Annotated

import typer

_SMALL = 30_000  # residents that are made sooner than two processes are started


def command(
    people: Annotated[int, typer.Option(help="居民人数 / residents")] = 5_000,
    seed: Annotated[int, typer.Option(help="种子；同一种子造出同一座城市 / the same seed makes the same city")] = 1,
    city: Annotated[str, typer.Option(help="zibo、jinan 或 liaocheng；默认按 KANGQU_CITY / by KANGQU_CITY")] = "",
    workers: Annotated[
        int | None,
        typer.Option(
            help="进程数；小城市默认不另开进程 / processes; none beside this one by default for a small city",
            min=0,
            max=64,
        ),
    ] = None,
    pairs: Annotated[
        str,
        typer.Option(help="把重复登记的居民公开码写入此文件 / write the public codes of people registered twice here"),
    ] = "",
) -> None:
    """造一座合成城市：居民、家庭、机构、人员，全部为虚构。 / Make a synthetic city; nobody in it is real.

    被中断后用同样的参数再运行即可接着造。 / Interrupted? Run it again with the same figures: it goes on from there.
    """
    from kangqu.site.start import open_house

    open_house(migrate=True)
    from django.conf import settings

    from kangqu.kernel.basis.clock import system_clock
    from kangqu.site.city.make import make_city
    from kangqu.site.city.progress import shown_progress

    with shown_progress() as progress:
        made = make_city(
            people,
            seed=seed,
            city=city or settings.KANGQU_CITY,
            at=system_clock(),
            progress=progress,
            workers=workers if workers is not None else 2 * (people > _SMALL),
            pairs=pairs,
        )
    typer.echo(
        f"完成：居民 {made.residents:,}，机构 {made.institutions:,}。"
        f" / Done: {made.residents:,} residents, {made.institutions:,} institutions."
    )
