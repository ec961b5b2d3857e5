"""The question to the forecaster as people ask it: a form about the person, and rows of what was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any, ClassVar, Final

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.systems.vaccination.asking import MOST_DOSES, programmes_asked
from kangqu.systems.vaccination.forecast import PRODUCTS, Asked, Dose, Person, programmes
from kangqu.web.formats import in_english
from kangqu.web.forms import ChoiceField, DateField, Form, Section

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
ROWS: Final = 6
_KNOWN: Final = {"": None, "yes": True, "no": False}
_YES_NO: Final = (("", _("未知")), ("no", _("否")), ("yes", _("是")))


def _yes_no(label: Any) -> ChoiceField:
    return ChoiceField(label=label, choices=_YES_NO, required=False)


def product_name(code: str) -> str:
    """A product as people know it, in the reader's language."""
    found = PRODUCTS[code]
    return found.en if in_english() else found.zh


def products() -> list[tuple[str, str]]:
    """Every product with its name, in the reader's language."""
    return [(code, f"{product_name(code)} {code}") for code in PRODUCTS]


class Findings(Form):
    """What stays true of somebody and schedules ask for. What is not known stays unknown."""

    mother_hbsag = ChoiceField(
        label=_("母亲乙肝表面抗原"),
        choices=(("", _("未知")), ("negative", _("阴性")), ("positive", _("阳性"))),
        required=False,
    )
    birth_weight_g = django.IntegerField(label=_("出生体重（克）"), min_value=200, max_value=9999, required=False)
    gestation_weeks = django.IntegerField(label=_("出生孕周"), min_value=18, max_value=45, required=False)
    ppd = ChoiceField(
        label=_("PPD 试验"),
        choices=(("", _("没有做")), ("negative", _("阴性")), ("positive", _("阳性"))),
        required=False,
    )
    hiv = ChoiceField(
        label=_("HIV 感染"),
        choices=(
            ("", _("未知")),
            ("excluded", _("已排除")),
            ("exposed", _("母亲阳性，未排除")),
            ("infected", _("感染")),
        ),
        required=False,
    )
    hiv_symptoms = _yes_no(_("HIV 症状或免疫抑制"))
    immune_deficiency = _yes_no(_("免疫缺陷"))

    def found(self) -> dict[str, Any]:
        """What was found, by the names the forecaster gives it, the unknown as None; the form must be valid."""
        given = self.cleaned_data
        unwell = _KNOWN[given["hiv_symptoms"]]
        return {
            **{
                name: given[name] or None
                for name in ("mother_hbsag", "ppd", "hiv", "birth_weight_g", "gestation_weeks")
            },
            "hiv_symptoms": unwell,
            "immune_suppressed": unwell,
            "immune_deficiency": _KNOWN[given["immune_deficiency"]],
        }


class Question(Findings):
    """Who is asked about: no name, no number. What is not known stays unknown and is said in the answer."""

    sections: ClassVar[tuple[Section, ...]] = (
        Section("who", _("谁，判断哪一天"), ("birth_date", "as_of", "sex", "programmes", "preferred")),
        Section(
            "facts",
            _("健康情况"),
            (
                "mother_hbsag",
                "birth_weight_g",
                "gestation_weeks",
                "ppd",
                "hiv",
                "hiv_symptoms",
                "immune_deficiency",
                "acute_illness",
                "pregnant",
                "severe_allergy",
            ),
        ),
        Section("school", _("学校（当地免费项目才要）"), ("school_grade", "school_in_city", "guardian_consent")),
    )
    birth_date = DateField(label=_("出生日期"), earliest=FIRST_DAY, latest=LAST_DAY)
    as_of = DateField(label=_("判断日期"), earliest=FIRST_DAY, latest=LAST_DAY)
    sex = ChoiceField(
        label=_("性别"), choices=(("", _("未知")), ("female", _("女")), ("male", _("男"))), required=False
    )
    programmes = django.MultipleChoiceField(
        label=_("接种程序"), widget=django.CheckboxSelectMultiple, required=False, choices=()
    )
    preferred = django.MultipleChoiceField(
        label=_("有选择时，选用"), widget=django.CheckboxSelectMultiple, required=False, choices=()
    )
    acute_illness = _yes_no(_("正在发热或急性病"))
    pregnant = _yes_no(_("妊娠"))
    severe_allergy = ChoiceField(
        label=_("对哪种疫苗或其成分有过严重过敏"), choices=(), widget=django.Select(), required=False
    )
    school_grade = django.IntegerField(label=_("年级（1–12）"), min_value=1, max_value=12, required=False)
    school_in_city = _yes_no(_("本市学籍"))
    guardian_consent = _yes_no(_("监护人同意"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [each for each in programmes().values() if not each.always]
        self._choose("programmes", [(each.code, each.en if in_english() else each.zh) for each in offered])
        self._choose("preferred", [(code, product_name(code)) for code in ("JEI", "HEPAI")])
        self._choose("severe_allergy", [("", _("没有")), *products()])

    def _choose(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def asked(self, history: tuple[Dose, ...]) -> Asked:
        """The question; the form must be valid."""
        given = self.cleaned_data
        return Asked(
            person=Person(
                born=given["birth_date"],
                sex=given["sex"] or None,
                school_grade=given["school_grade"],
                severe_allergy=frozenset({given["severe_allergy"]} - {""}),
                acute_illness=_KNOWN[given["acute_illness"]],
                pregnant=_KNOWN[given["pregnant"]],
                school_in_city=_KNOWN[given["school_in_city"]],
                guardian_consent=_KNOWN[given["guardian_consent"]],
                **self.found(),
            ),
            as_of=given["as_of"],
            history=history,
            programmes=programmes_asked(given["programmes"]),
            preferred=frozenset(given["preferred"]),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the history as it was written, and what is wrong with it."""

    product: str = ""
    on: str = ""
    lot: str = ""
    error: Any = ""


def rows_of(data: Mapping[str, Any], born: date | None) -> list[Row]:
    """The rows that were written, each checked; empty ones are left out. ``data`` is the request's POST."""
    columns = [data.getlist(name)[: 2 * MOST_DOSES] for name in ("product", "given_on", "lot")]  # type: ignore[attr-defined]
    cells = zip_longest(*columns, fillvalue="")
    written = [(code.strip()[:20], day.strip()[:10], _printed(lot)) for code, day, lot in cells]
    written = [row for row in written if any(row)]
    return [Row(code, day, lot, _wrong(code, day, born)) for code, day, lot in written[: MOST_DOSES + 1]]


def _printed(text: str) -> str:
    """What of a cell can stand on paper."""
    return "".join(symbol for symbol in text[:60] if symbol.isprintable()).strip()[:30]


def _wrong(code: str, written: str, born: date | None) -> Any:
    if code not in PRODUCTS:
        return _("请选择疫苗")
    day = read_day(written)
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        return _("请填写接种日期")
    return _("早于出生日期，请核对") if born is not None and day < born else ""


def read_day(written: str) -> date | None:
    """A day as a browser sends it, or typed with other strokes, or None."""
    try:
        return date.fromisoformat(written.replace("/", "-").replace(".", "-"))
    except ValueError:
        return None


def doses_of(rows: Sequence[Row]) -> tuple[Dose, ...]:
    """The doses of rows without mistakes."""
    return tuple(Dose(row.product, day) for row in rows if (day := read_day(row.on)) is not None)
