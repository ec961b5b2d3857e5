"""Running the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kangqu.kernel.basis.checks import Finding, all_checks
from kangqu.site.whole import import_everything

MOST_FINDINGS = 1_000


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: what should hold, and where it does not (the first 1,000 places)."""

    name: str
    title: str
    findings: tuple[Finding, ...]


def run_checks(names: Iterable[str] = ()) -> Iterator[Checked]:
    """Run every check, or those whose names begin with one of ``names``, and answer as each is done."""
    import_everything()
    wanted = tuple(names)
    for name, (title, function) in all_checks().items():
        if wanted and not name.startswith(wanted):
            continue
        found = []
        for finding in function():
            found.append(finding)
            if len(found) == MOST_FINDINGS:
                break
        yield Checked(name, title, tuple(found))
