"""Every page there is, and who looks at it. A page that is served and stands neither here nor below fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

from tests.look_over import RESIDENT_PAIRS, STAFF, View


@dataclass(frozen=True, slots=True)
class Look:
    """``who`` opens ``address`` (of ``route``, as it is served) and, before it is looked over, does ``act`` or scans one after the
    other what ``scans`` names.

    ``views`` are the frame's own unless given; what can be done ``once`` is done by a new somebody in each view.
    """

    who: str
    route: str
    address: str = ""
    act: Callable[[Page], None] | None = None
    name: str = ""
    views: tuple[View, ...] = ()
    once: bool = False
    scans: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.address or self.route

    def doing(self, names: Mapping[str, str]) -> Callable[[Page], None] | None:
        """What is done before the page is looked over; ``names`` are those of the world."""

        def scan(page: Page) -> None:
            for text in self.scans:
                fill(scan=text.format(**names))(page)
                refused = text == self.scans[-1] and "refused" in self.name
                said = page.locator("[data-result]").first
                assert said.get_attribute("data-result") == ("bad" if refused else "ok"), said.inner_text()

        return scan if self.scans else self.act

    @property
    def title(self) -> str:
        return self.name or self.path


def press(page: Page) -> None:
    """Send the page's form as it stands: what is wrong with it is looked over too."""
    page.locator("main form[method=post] button:not([type=button])").first.click()
    page.wait_for_load_state()


def fill(**values: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for name, value in values.items():
            field = page.locator(f"main [name={name}]").first
            if field.evaluate("n => n.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        press(page)

    return act


def sign(page: Page) -> None:
    """Press what F8 presses."""
    page.locator("main [data-key=F8]").click()
    page.wait_for_load_state()


def enrol(page: Page) -> None:
    """Bind the authenticator whose secret the page shows, so that the recovery codes appear."""
    import base64
    import time

    from kangqu.kernel.access.second_factor import _totp

    secret = re.search(r"[A-Z2-7]{32}", page.locator("main").inner_text().replace(" ", ""))
    assert secret is not None
    code = _totp(base64.b32decode(secret.group())).generate(int(time.time())).decode()
    fill(code=code)(page)


LOOKS: Final = (
    # Signing in
    Look("stranger", "/sign-in"),
    Look("stranger", "/sign-in", act=press, name="/sign-in refused"),
    Look("asked", "/sign-in/code"),
    Look("proved", "/sign-in/who"),
    Look("proved", "/sign-in/name"),
    Look("stranger", "/sign-in/staff"),
    Look("half_in", "/sign-in/staff/code"),
    Look("stranger", "/demo/codes"),
    Look("stranger", "/c/verify"),
    Look("stranger", "/c/verify", scans=("{card}",), name="/c/verify of one that is good"),
    Look("stranger", "/c/verify", scans=("shc:/12",), name="/c/verify refused"),
    Look("newcomer", "/account/password"),
    Look("unenrolled", "/account/second-factor"),
    Look("unenrolled", "/account/second-factor", act=enrol, name="recovery codes", once=True),
    Look("registrar", "/account"),
    Look("registrar", "/account/step-up"),
    Look("registrar", "/sign-out"),
    Look("daughter", "/account/step-up", name="/account/step-up of a resident"),
    Look("careful", "/account/step-up/code"),
    Look("daughter", "/h/me/phone"),
    Look("mover", "/h/me/phone/code"),
    # The residents' portal
    Look("daughter", "/h"),
    Look("nobody_yet", "/h", name="/h of an account bound to nobody"),
    Look("daughter", "/h/messages"),
    Look("daughter", "/h/me"),
    Look("mother", "/h/me", name="/h/me of one who shares her phone"),
    Look("daughter", "/h/help"),
    Look("daughter", "/h/code"),
    Look("daughter", "/h/code", "/h/code?for={mother}"),
    Look("agent", "/h/code", "/h/code?for={mother}", name="/h/code without the right"),
    Look("daughter", "/h/card"),
    Look("agent", "/h/card", name="/h/card before there is one"),
    Look("daughter", "/h/card/print", views=((320, "en", ""), (1440, "zh-hans", ""))),  # paper has no large type
    Look("daughter", "/h/card/end"),
    Look("daughter", "/h/family"),
    Look("daughter", "/h/family/add"),
    Look("daughter", "/h/family/add/child"),
    Look("daughter", "/h/family/add/<slug:side>", "/h/family/add/agents"),
    Look("daughter", "/h/family/add/<slug:side>", "/h/family/add/for", act=press, name="/h/family/add/for refused"),
    Look("daughter", "/h/family/<slug:side>/<slug:code>", "/h/family/for/{mother}"),
    Look("mother", "/h/family/<slug:side>/<slug:code>", "/h/family/agents/{person}"),
    Look("daughter", "/h/family/<slug:side>/<slug:code>/end", "/h/family/for/{mother}/end"),
    Look("daughter", "/h/who"),
    Look("daughter", "/h/consents"),
    Look("daughter", "/h/consents/give"),
    Look("daughter", "/h/consents/give", "/h/consents/give?q=%E6%B2%A1%E6%9C%89"),
    Look("daughter", "/h/consents/give/<slug:code>", "/h/consents/give/{clinic}"),
    Look("daughter", "/h/consents/give/<slug:code>/<slug:purpose>", "/h/consents/give/{clinic}/care"),
    Look("daughter", "/h/consents", "/h/consents?for={son}", name="/h/consents of a child"),
    Look("daughter", "/h/consents/give/<slug:code>/<slug:purpose>", "/h/consents/give/{clinic}/care?for={son}"),
    Look("daughter", "/h/who", "/h/who?for={son}", name="/h/who of a child"),
    Look("mother", "/h/consents", name="/h/consents with none"),
    Look("daughter", "/h/certificates"),
    Look("agent", "/h/certificates", name="/h/certificates with none"),
    Look("daughter", "/h/certificates/<slug:code>", "/h/certificates/{certificate}"),
    Look("daughter", "/h/cases"),
    Look("daughter", "/h/cases", "/h/cases?for={son}"),
    Look("daughter", "/h/cases/<str:code>", "/h/cases/{visit}"),
    Look("daughter", "/h/cases/<str:code>/steps/<slug:name>", "/h/cases/{visit}/steps/cancel"),
    Look("agent", "/h/cases", name="/h/cases with none"),
    Look("daughter", "/h/tcm/<str:code>", "/h/tcm/{rx_done}", views=(*RESIDENT_PAIRS[0], *RESIDENT_PAIRS[1])),
    Look("daughter", "/h/tcm/<str:code>", "/h/tcm/{rx_plain}"),
    Look("daughter", "/h/tcm/<str:code>", "/h/tcm/{rx_returned}"),
    Look("agent", "/h/tcm/<str:code>", "/h/tcm/{rx_done}", name="/h/tcm of one who may not read reports"),
    Look("daughter", "/h/tcm/<str:code>/rate", "/h/tcm/{rx_done}/rate"),
    Look(
        "daughter",
        "/h/tcm/<str:code>/rate",
        "/h/tcm/{rx_done}/rate",
        act=fill(sentence="还可以"),
        name="a rating sent",
    ),
    Look("daughter", "/h/tcm/<str:code>/complain", "/h/tcm/{rx_done}/complain"),
    Look("daughter", "/h/tcm/<str:code>/complaint", "/h/tcm/{rx_done}/complaint"),
    Look(
        "daughter", "/h/tcm/<str:code>/complaint", "/h/tcm/{rx_done}/complaint", act=press, name="a complaint refused"
    ),
    Look("daughter", "/h/tcm/complaints/<str:code>", "/h/tcm/complaints/{complaint}"),
    # Appointments, as residents book them
    Look("daughter", "/h/book"),
    Look("daughter", "/h/book", "/h/book?q=%E8%85%B0%E7%96%BC", name="/h/book by symptom"),
    Look("daughter", "/h/book", "/h/book?q=%E8%83%B8%E7%97%9B%E5%A4%A7%E6%B1%97", name="/h/book in an emergency"),
    Look("daughter", "/h/book", "/h/book?q=%E6%B2%A1%E6%9C%89", name="/h/book with nothing found"),
    Look("daughter", "/h/book/clinic/<slug:code>", "/h/book/clinic/{clinic_w}"),
    Look("daughter", "/h/book/session/<slug:code>", "/h/book/session/{session_free}"),
    Look("daughter", "/h/book/session/<slug:code>", "/h/book/session/{session_full}", name="a full session"),
    Look(
        "daughter", "/h/book/session/<slug:code>", "/h/book/session/{session_free}", act=press, name="a booking refused"
    ),
    Look("daughter", "/h/book/confirm/<slug:code>", "/h/book/confirm/{appt_held}"),
    Look("daughter", "/h/appointments"),
    Look("daughter", "/h/appointments", "/h/appointments?past=1"),
    Look("careful", "/h/appointments", name="/h/appointments with none"),
    Look("daughter", "/h/appointments/<slug:code>", "/h/appointments/{appt}"),
    Look("daughter", "/h/appointments/<slug:code>", "/h/appointments/{appt_waits}", name="a place in the queue"),
    Look("daughter", "/h/appointments/<slug:code>", "/h/appointments/{appt_missed}", name="a missed appointment"),
    Look("daughter", "/h/appointments/<slug:code>/cancel", "/h/appointments/{appt}/cancel"),
    Look("daughter", "/h/appointments/<slug:code>/move", "/h/appointments/{appt}/move"),
    Look("daughter", "/h/appointments/<slug:code>/appeal", "/h/appointments/{appt_missed}/appeal"),
    Look(
        "daughter",
        "/h/appointments/<slug:code>/appeal",
        "/h/appointments/{appt_missed}/appeal",
        act=press,
        name="an appeal refused",
    ),
    Look("daughter", "/h/appointments/calendar"),
    Look("daughter", "/h/appointments/calendar", act=press, name="a calendar feed opened", once=True),
    Look("daughter", "/h/draws"),
    Look("daughter", "/h/draws/<slug:code>", "/h/draws/{draw_open}"),
    Look("daughter", "/h/draws/<slug:code>", "/h/draws/{draw_done}", name="a draw's result"),
    Look("daughter", "/h/queue/<slug:code>", "/h/queue/{day_mine}"),
    Look("daughter", "/h/none", name="a page that is not there"),
    # The workstation
    Look("registrar", "/c"),
    Look("registrar", "/c/p"),
    Look("registrar", "/c/p", "/c/p?q=%E7%8E%8B"),
    Look("registrar", "/c/p", "/c/p?q=%E6%B2%A1%E6%9C%89"),
    Look("registrar", "/c/p/new"),
    Look("registrar", "/c/p/new", act=press, name="/c/p/new refused"),
    Look("registrar", "/c/p/<str:code>", "/c/p/{person}"),
    Look("registrar", "/c/p/<str:code>", "/c/p/{dead}"),
    Look("registrar", "/c/p/<str:code>", "/c/p/{merged}"),
    *(
        Look("registrar", f"/c/p/<str:code>/{what}", f"/c/p/{{person}}/{what}")
        for what in ("change", "move", "paper", "phone", "leave", "death")
    ),
    Look("registrar", "/c/p/<str:code>/undo-death", "/c/p/{dead}/undo-death"),
    Look(
        "registrar",
        "/c/p/<str:code>/reveal/<str:what>/<int:number>",
        "/c/p/{person}/reveal/identifier/{paper}",
    ),
    Look("doctor", "/c/emergency"),
    Look("doctor", "/c/clinic"),
    Look("doctor", "/c/clinic/call/<slug:code>", "/c/clinic/call/{day_session}"),
    Look("doctor", "/c/clinic/day"),
    Look("doctor", "/c/clinic/care"),
    Look("doctor", "/c/clinic/kiosk"),
    Look("doctor", "/c/clinic/board"),
    Look("registrar", "/c/import"),
    Look("registrar", "/c/import/<str:code>", "/c/import/{import}"),
    Look("registrar", "/c/import/<str:code>", "/c/import/{import_done}"),
    Look("desk", "/c/scan"),
    Look("desk", "/c/scan", act=fill(code="R00000000000"), name="/c/scan refused"),
    Look("nurse", "/a/orgs", name="a page that is not hers"),
    # Appointments, at the desk
    Look("nurse", "/c/appointments/book", act=fill(q="王秀兰"), name="booking for whom"),
    Look("nurse", "/c/appointments/book/<slug:code>", "/c/appointments/book/{mother}?q=%E9%AA%A8%E7%A7%91"),
    Look(
        "nurse",
        "/c/appointments/book/<slug:code>/session/<slug:session>",
        "/c/appointments/book/{mother}/session/{session_free}?channel=referral",
    ),
    Look(
        "nurse",
        "/c/appointments/book/<slug:code>/session/<slug:session>",
        "/c/appointments/book/{mother}/session/{session_full}?channel=referral",
        act=press,
        name="a desk booking refused",
    ),
    Look("institution_manager", "/c/clinics"),
    Look("institution_manager", "/c/clinics/new"),
    Look("institution_manager", "/c/clinics/new", act=press, name="/c/clinics/new with errors"),
    Look("institution_manager", "/c/clinics/<slug:code>", "/c/clinics/{roster_clinic}"),
    Look(
        "institution_manager", "/c/clinics/<slug:code>", "/c/clinics/{roster_clinic}", act=press, name="a roster tried"
    ),
    Look("institution_manager", "/c/clinics/<slug:code>/end", "/c/clinics/{roster_clinic}/end"),
    Look("institution_manager", "/c/clinics/sessions/<slug:code>", "/c/clinics/sessions/{roster_session}"),
    Look(
        "institution_manager",
        "/c/clinics/sessions/<slug:code>",
        "/c/clinics/sessions/{roster_stopped}",
        name="a stopped session",
    ),
    Look("institution_manager", "/c/appointments/draws"),
    Look("institution_manager", "/c/appointments/appeals"),
    Look("institution_manager", "/c/appointments/appeals/<int:number>", "/c/appointments/appeals/{appeal}"),
    Look(
        "institution_manager",
        "/c/appointments/appeals/<int:number>",
        "/c/appointments/appeals/{appeal}",
        act=press,
        name="a decision refused",
    ),
    Look("institution_manager", "/c/clinic-figures", views=STAFF),
    Look("institution_manager", "/c/clinic-figures/appointments", "/c/clinic-figures/appointments?figure=booked"),
    Look("commission_officer", "/c/city/clinic-figures", views=STAFF),
    Look("commission_officer", "/c/city/hoarding", views=STAFF),
    # Vaccination
    Look("nurse", "/c/vaccination/clinic", views=STAFF),
    Look("nurse", "/c/vaccination/clinic", act=fill(q="王秀兰"), name="who was found at the clinic"),
    Look("nurse", "/c/vaccination/people/<slug:code>", "/c/vaccination/people/{son}", views=STAFF),
    Look("nurse", "/c/vaccination/people/<slug:code>", "/c/vaccination/people/{son}", act=press, name="a dose given"),
    Look(
        "nurse", "/c/vaccination/people/<slug:code>", "/c/vaccination/people/{person}", name="questions before a dose"
    ),
    Look("nurse", "/c/vaccination/observations/<int:number>/leave", "/c/vaccination/observations/{observation}/leave"),
    Look("nurse", "/c/vaccination/doses/<slug:code>/strike", "/c/vaccination/doses/{vaccinated}/strike"),
    Look("nurse", "/c/vaccination/doses/<slug:code>/reaction", "/c/vaccination/doses/{vaccinated}/reaction"),
    Look("nurse", "/c/vaccination/people/<slug:code>/history", "/c/vaccination/people/{son}/history", views=STAFF),
    Look(
        "nurse",
        "/c/vaccination/people/<slug:code>/history",
        "/c/vaccination/people/{son}/history",
        act=press,
        name="a paper refused",
    ),
    Look("nurse", "/c/vaccination/people/<slug:code>/file", "/c/vaccination/people/{son}/file", views=STAFF),
    Look(
        "nurse",
        "/c/vaccination/doses/<slug:code>/certificate",
        "/c/vaccination/doses/{vaccinated}/certificate",
        views=STAFF,
    ),
    Look("nurse", "/c/vaccination/store", views=STAFF),
    Look(
        "cdc_officer",
        "/c/vaccination/coverage",
        "/c/vaccination/coverage?series=national:MEN&by=region&compare=2026-01-01",
        views=STAFF,
    ),
    Look(
        "cdc_officer",
        "/c/vaccination/coverage",
        "/c/vaccination/coverage?series=national:MEN&by=age",
        name="coverage by age",
    ),
    Look(
        "public_health_worker",
        "/c/vaccination/coverage/people",
        "/c/vaccination/coverage/people?series=national:MEN&missing=1",
        views=STAFF,
    ),
    Look("cdc_officer", "/c/vaccination/coverage/targets"),
    Look("cdc_officer", "/c/vaccination/coverage/targets/new", act=press, name="a target number refused"),
    Look("nurse", "/c/vaccination/store/receive", act=press, name="a delivery refused"),
    Look("nurse", "/c/vaccination/store/<int:number>/<slug:what>", "/c/vaccination/store/{vials}/waste"),
    Look("nurse", "/c/vaccination/fridges", views=STAFF),
    Look("nurse", "/c/vaccination/fridges/new", act=press, name="a fridge refused"),
    Look("nurse", "/c/vaccination/fridges/<int:number>", "/c/vaccination/fridges/{fridge}", views=STAFF),
    Look("nurse", "/c/vaccination/fridges/<int:number>/change", "/c/vaccination/fridges/{fridge}/change"),
    Look("nurse", "/c/vaccination/fridges/<int:number>/reading", "/c/vaccination/fridges/{fridge}/reading"),
    Look("nurse", "/c/vaccination/excursions", views=STAFF),
    Look("nurse", "/c/vaccination/excursions/<slug:code>", "/c/vaccination/excursions/{excursion}", views=STAFF),
    Look("cdc_officer", "/c/vaccination/lots", views=STAFF),
    Look(
        "cdc_officer",
        "/c/vaccination/lots/<int:number>",
        "/c/vaccination/lots/{lot}",
        act=press,
        name="a lot's state refused",
    ),
    Look("school_nurse", "/c/vaccination/school", views=STAFF),
    Look("school_nurse", "/c/vaccination/school", act=press, name="a class list refused"),
    Look("school_nurse", "/c/vaccination/school/lists/<int:number>", "/c/vaccination/school/lists/{class_list}"),
    Look("school_nurse", "/c/vaccination/school/classes/<int:number>", "/c/vaccination/school/classes/{class}"),
    Look("daughter", "/h/vaccination", views=(*RESIDENT_PAIRS[0], *RESIDENT_PAIRS[1])),
    Look(
        "daughter", "/h/vaccination/<slug:code>", "/h/vaccination/{son}", views=(*RESIDENT_PAIRS[0], *RESIDENT_PAIRS[1])
    ),
    Look("nurse", "/c/vaccination/forecast", views=STAFF),
    Look("nurse", "/c/vaccination/forecast", act=press, name="a forecast refused"),
    Look(
        "nurse",
        "/c/vaccination/forecast",
        act=fill(birth_date="2024-01-31", as_of="2025-08-15", product="DTAP", given_on="2024-04-10"),
        name="a forecast",
        views=STAFF,
    ),
    # Work lists and cases
    Look("nurse", "/c/tasks"),
    Look("nurse", "/c/tasks", "/c/tasks?programme=test_lamp&state=reported"),
    Look("nurse", "/c/tasks", "/c/tasks?tab=mine"),
    Look("chief", "/c/tasks", "/c/tasks?programme=test_visit", name="/c/tasks of one who only looks on"),
    Look("nurse", "/c/cases"),
    Look("nurse", "/c/cases", "/c/cases?person=R00000000000"),
    Look("nurse", "/c/cases/<str:code>", "/c/cases/{visit}"),
    Look("nurse", "/c/cases/<str:code>", "/c/cases/{lamp}"),
    Look("chief", "/c/cases/<str:code>", "/c/cases/{visit}", name="a case to look at"),
    Look("nurse", "/c/cases/<str:code>/sheet", "/c/cases/{lamp}/sheet"),
    Look("nurse", "/c/cases/<str:code>/steps/<slug:name>", "/c/cases/{visit}/steps/visit"),
    Look(
        "nurse",
        "/c/cases/<str:code>/steps/<slug:name>",
        "/c/cases/{visit}/steps/visit",
        act=press,
        name="a step refused",
    ),
    Look("nurse", "/c/cases/<str:code>/steps/<slug:name>", "/c/cases/{lamp}/steps/pass_on"),
    Look("chief", "/c/cases/<str:code>/steps/<slug:name>", "/c/cases/{lamp}/steps/write_off"),
    *(
        Look("nurse", f"/c/cases/<str:code>/{what}", f"/c/cases/{{visit}}/{what}")
        for what in ("hand-over", "suspend", "roll-back", "documents")
    ),
    Look("registrar", "/c/open"),
    Look("nurse", "/c/open/<slug:programme>", "/c/open/test_visit"),
    Look("nurse", "/c/find", "/c/tasks", act=fill(q="RX-2026"), name="/c/find"),
    Look("system_admin", "/a/events"),
    # The TCM pharmacy
    Look("dispenser", "/c/tcm/line"),
    Look("pharmacy_manager", "/c/tcm/board"),
    Look("commission_officer", "/c/tcm/overview"),
    Look("pharmacy_manager", "/c/tcm/overview", "/c/tcm/overview?since=2020-01-02&until=2020-01-01"),
    Look("commission_officer", "/c/tcm/overview/doctors"),
    Look("commission_officer", "/c/tcm/overview/cases", "/c/tcm/overview/cases?figure=rated"),
    Look("commission_officer", "/c/tcm/overview/cases", "/c/tcm/overview/cases?figure=late"),
    Look("pharmacy_manager", "/c/tcm/overview/cases", "/c/tcm/overview/cases?figure=returned"),
    Look("reviewer", "/c/tcm/board", name="/c/tcm/board of a pharmacy without a floor"),
    Look("dispenser", "/c/tcm/labels/commands"),
    Look("pharmacy_manager", "/c/tcm/store"),
    Look("pharmacy_manager", "/c/tcm/store/lot"),
    Look("pharmacy_manager", "/c/tcm/store/lot", act=press, name="/c/tcm/store/lot refused"),
    Look("pharmacy_manager", "/c/tcm/store/pot"),
    Look("pharmacy_manager", "/c/tcm/store/machine/<slug:code>", "/c/tcm/store/machine/{pot}"),
    Look(
        "pharmacy_manager",
        "/c/tcm/store/machine/<slug:code>",
        "/c/tcm/store/machine/{pot}",
        act=press,
        name="/c/tcm/store/machine key",
    ),
    Look("pharmacy_manager", "/c/tcm/lots/<slug:code>", "/c/tcm/lots/{lot}"),
    Look("pharmacy_manager", "/c/tcm/parts/<slug:code>", "/c/tcm/parts/{rx_done}"),
    Look("pharmacy_manager", "/c/tcm/lots/<slug:code>/recall", "/c/tcm/lots/{lot}/recall"),
    Look("pharmacy_manager", "/c/tcm/complaints"),
    Look("pharmacy_manager", "/c/tcm/complaints/<slug:code>", "/c/tcm/complaints/{complaint}"),
    Look("pharmacy_manager", "/c/tcm/complaints/new"),
    Look("pharmacy_manager", "/c/tcm/complaints/new", act=press, name="/c/tcm/complaints/new refused"),
    Look("pharmacy_manager", "/c/tcm/samples"),
    Look("pharmacy_manager", "/c/tcm/samples/<slug:code>", "/c/tcm/samples/{sample}"),
    Look("pharmacy_manager", "/c/tcm/recalls"),
    Look("pharmacy_manager", "/c/tcm/recalls/<slug:code>", "/c/tcm/recalls/{recall}"),
    Look(
        "pharmacy_manager",
        "/c/tcm/recalls/<slug:code>/<int:number>",
        "/c/tcm/recalls/{recall}/{recall_line}",
        act=press,
    ),
    Look("pharmacy_manager", "/c/tcm/store/<slug:what>/<slug:code>", "/c/tcm/store/block/{lot}"),
    Look("pharmacy_manager", "/c/tcm/news"),
    Look("pharmacy_manager", "/c/tcm/floor"),
    Look("pharmacy_manager", "/c/tcm/floor/hours"),
    Look("pharmacy_manager", "/c/tcm/floor/rounds/new"),
    Look("pharmacy_manager", "/c/tcm/floor/rounds/new", act=press, name="/c/tcm/floor/rounds/new refused"),
    Look("pharmacy_manager", "/c/tcm/floor/rounds/<int:number>/end", "/c/tcm/floor/rounds/{round}/end"),
    Look("pharmacy_manager", "/c/tcm/promises/<slug:code>/move", "/c/tcm/promises/{rx_plain}/move"),
    Look("dispenser", "/c/tcm/line/<slug:name>", "/c/tcm/line/dispense"),
    Look(
        "dispenser",
        "/c/tcm/line/<slug:name>",
        "/c/tcm/line/dispense",
        act=fill(scan="KQ-CONFIRM"),
        name="a scan refused",
    ),
    # Every station with a prescription in hand
    *(
        Look("line_worker", "/c/tcm/line/<slug:name>", f"/c/tcm/line/{post}", scans=scans, name=f"the station {name}")
        for post, name, scans in (
            ("dispense", "with a sheet to weigh", ("{line_weigh}",)),
            ("dispense", "with a drawer open", ("{line_weigh}", "{drawer}")),
            ("dispense", "with a weight refused", ("{line_weigh}", "{drawer}", "7000")),
            ("check", "with a sheet to check", ("{line_check}",)),
            ("boil", "with a pot to choose", ("{line_boil}",)),
            ("pack", "with packs to count", ("{line_pack}",)),
            ("release", "with bags to pass", ("{line_pass}",)),
            ("hand_out", "with somebody to be shown", ("{line_fetch}",)),
            ("hand_out", "that asks for a reason", ("{line_fetch}", "{identity_card}")),
            ("courier", "with a signature to draw", ("{line_road}",)),
        )
    ),
    # The pharmacy
    Look("reviewer", "/c/tcm/review"),
    Look("reviewer", "/c/tcm/review/<str:code>", "/c/tcm/review/{rx}", views=STAFF),
    Look("reviewer", "/c/tcm/review/<str:code>", "/c/tcm/review/{rx_blocked}"),
    Look("reviewer", "/c/tcm/review/<str:code>", "/c/tcm/review/{rx_signed}"),
    Look("reviewer", "/c/tcm/review/<str:code>", "/c/tcm/review/{rx}", act=press, name="a signature refused"),
    Look("reviewer", "/c/tcm/review/<str:code>/return", "/c/tcm/review/{rx_blocked}/return"),
    Look("reviewer", "/c/tcm/rules", views=STAFF),
    Look("commission_officer", "/c/tcm/rules", "/c/tcm/rules?on=2019-06-01", name="/c/tcm/rules of another day"),
    Look("reviewer", "/c/tcm/rules/tables/<str:key>", "/c/tcm/rules/tables/eighteen", views=STAFF),
    Look("reviewer", "/c/tcm/rules/tables/<str:key>", "/c/tcm/rules/tables/powders"),
    Look("reviewer", "/c/tcm/rules/tables/<str:key>", "/c/tcm/rules/tables/validity?on=2019-06-01"),
    Look("reviewer", "/c/tcm/rules/herbs", "/c/tcm/rules/herbs?q=bm"),
    Look("reviewer", "/c/tcm/rules/herbs", "/c/tcm/rules/herbs?q=zzzz", name="/c/tcm/rules/herbs none"),
    Look("reviewer", "/c/tcm/rules/herbs/<str:name>", "/c/tcm/rules/herbs/附子", views=STAFF),
    Look("reviewer", "/c/tcm/rules/herbs/<str:name>", "/c/tcm/rules/herbs/犀角"),
    Look("pharmacy_manager", "/c/tcm/rules/<path:rule>", "/c/tcm/rules/18F.乌头反"),
    Look("pharmacy_manager", "/c/tcm/rules/<path:rule>", "/c/tcm/rules/DC11"),
    Look("herbalist", "/c/tcm/mine"),
    Look("herbalist", "/c/tcm/mine/<str:code>", "/c/tcm/mine/{rx_plain}"),
    Look("herbalist", "/c/tcm/mine/<str:code>", "/c/tcm/mine/{rx_returned}"),
    Look("herbalist", "/c/tcm/prescribe/<str:code>", "/c/tcm/prescribe/{person}"),
    Look(
        "herbalist",
        "/c/tcm/prescribe/<str:code>",
        "/c/tcm/prescribe/{person}?correct={rx_returned}",
        act=sign,
        views=STAFF,
        name="a blocked sheet refused",
    ),
    Look("institution_manager", "/a/tcm/keys"),
    Look("institution_manager", "/a/tcm/keys/add"),
    Look("institution_manager", "/a/tcm/keys/add", act=press, name="a key refused"),
    Look("institution_manager", "/a/tcm/keys/<int:number>/end", "/a/tcm/keys/{signing_key}/end"),
    # The review desk
    Look("index_keeper", "/a/merge"),
    Look("index_keeper", "/a/merge/done"),
    Look("index_keeper", "/a/merge/<int:number>", "/a/merge/{review}"),
    Look("index_keeper", "/a/merge/<int:number>/undo", "/a/merge/{merging}/undo"),
    # The administration
    Look("system_admin", "/a/orgs"),
    Look("system_admin", "/a/orgs", "/a/orgs?q=%E6%B2%A1%E6%9C%89&state=all"),
    Look("system_admin", "/a/orgs/<str:code>", "/a/orgs/{clinic}"),
    *(
        Look("system_admin", f"/a/orgs/<str:code>/{what}", f"/a/orgs/{{clinic}}/{what}")
        for what in ("open", "change", "move", "station", "licence", "department", "post", "close")
    ),
    Look("system_admin", "/a/orgs/<str:code>/open", "/a/orgs/{county}/open", act=press, name="open refused"),
    Look("system_admin", "/a/stations/<str:code>/close", "/a/stations/{station}/close"),
    Look("system_admin", "/a/stations/<str:code>/device", "/a/stations/{station}/device"),
    Look(
        "system_admin",
        "/a/stations/<str:code>/device",
        "/a/stations/{station}/device",
        act=fill(name="南门扫码枪 2 号"),
        name="the token of a device",
    ),
    Look("system_admin", "/a/devices/<int:number>/revoke", "/a/devices/{device}/revoke"),
    Look("system_admin", "/a/orgs/<str:code>/serve", "/a/orgs/{clinic}/serve"),
    Look("system_admin", "/a/orgs/<str:code>/serves/<str:region>/stop", "/a/orgs/{clinic}/serves/{village}/stop"),
    Look("commission_officer", "/a/policies"),
    Look("audit_admin", "/a/policies/<str:name>", "/a/policies/people.import.guardian_rights"),
    Look("commission_officer", "/a/policies/<str:name>", "/a/policies/tcm.line.tolerance"),
    Look("commission_officer", "/a/policies/<str:name>/propose", "/a/policies/tcm.line.tolerance/propose"),
    Look(
        "commission_officer",
        "/a/policies/<str:name>/propose",
        "/a/policies/tcm.line.tolerance/propose",
        act=fill(value="99", document="x", mark="V"),
        name="a proposal refused",
    ),
    *(
        Look(
            "commission_officer",
            f"/a/policies/<str:name>/<int:number>/{what}",
            f"/a/policies/tcm.line.tolerance/{{version}}/{what}",
        )
        for what in ("approve", "refuse", "withdraw")
    ),
    Look("trying_officer", "/a/policies/<str:name>/try", "/a/policies/tcm.line.tolerance/try"),
    Look(
        "trying_officer", "/a/policies/<str:name>/trials/<int:number>", "/a/policies/tcm.line.tolerance/trials/{trial}"
    ),
    Look("system_admin", "/a/consortia"),
    Look("system_admin", "/a/consortia/found"),
    Look("system_admin", "/a/consortia/<int:number>", "/a/consortia/{consortium}"),
    Look("system_admin", "/a/consortia/<int:number>/join", "/a/consortia/{consortium}/join"),
    Look(
        "system_admin",
        "/a/consortia/<int:number>/members/<str:code>/leave",
        "/a/consortia/{consortium}/members/{clinic}/leave",
    ),
    Look("system_admin", "/a/system/pharmacy/<slug:wanted>", "/a/system/pharmacy/off"),
    Look("system_admin", "/a/system"),
    *(
        Look("system_admin", f"/a/system/jobs/<int:number>/{what}", f"/a/system/jobs/1/{what}")
        for what in ("retry", "forget")
    ),
    Look("security_admin", "/a/people"),
    Look("security_admin", "/a/people/open"),
    Look("security_admin", "/a/people/<int:number>/role", "/a/people/{account}/role"),
    Look("security_admin", "/a/people/<int:number>/licence", "/a/people/{account}/licence"),
    Look(
        "security_admin",
        "/a/people/<int:number>/licence",
        "/a/people/{account}/licence",
        act=fill(number="12"),
        name="/a/people/licence refused",
    ),
    Look("security_admin", "/a/people/<int:number>/licence/end", "/a/people/{account}/licence/end"),
    Look("security_admin", "/a/people/<int:number>/reset", "/a/people/{account}/reset"),
    Look(
        "security_admin",
        "/a/people/<int:number>/reset",
        "/a/people/{account}/reset",
        act=press,
        name="a one-time password",
    ),
    Look("security_admin", "/a/people/<int:number>/close", "/a/people/{account}/close"),
    *(
        Look(
            "security_admin",
            f"/a/people/<int:number>/roles/<int:grant>/{act}",
            f"/a/people/{{account}}/roles/{{grant}}/{act}",
        )
        for act in ("confirm", "end")
    ),
    Look("security_admin", "/a/roles"),
    Look("security_admin", "/a/emergencies"),
    Look("security_admin", "/a/emergencies/<str:code>/<int:number>", "/a/emergencies/{emergency_of}/{emergency}"),
    Look("audit_admin", "/a/audit"),
)

NO_PAGE: Final = {
    "/c/vaccination/observations/<int:number>/release": "a button of /c/vaccination/clinic",
    "/h/vaccination/doses/<slug:code>/certificate": "a button of /h/vaccination",
    "/c/vaccination/school/classes/<int:number>/<slug:code>/leave": "a button of the class",
    "/c/vaccination/store/discard": "a button of /c/vaccination/store",
    "/h/appointments/<slug:code>/calendar.ics": "a file",
    "/calendar/<str:token>.ics": "a file",
    "/c/appointments/book/<slug:code>/cancel/<slug:booking>": "a button",
    "/a/policies/<str:name>/trials/<int:number>/stop": "a button of a trial",
    "/c/tcm/parts": "leads on",
    "/c/tcm/labels/<slug:kind>/<slug:code>": "a file",
    "/": "leads to the sign-in, or to where one begins",
    "/a": "leads to the first page one may open",
    "/account/sign-ins/<int:number>/end": "a button",
    "/h/me/sign-ins/<int:number>/end": "a button",
    "/h/consents/<int:number>/withdraw": "a button",
    "/h/family/<slug:side>/<slug:code>/answer": "buttons",
    "/h/code/fresh": "a fragment of /h/code",
    "/h/card/pdf": "a file",
    "/c/tasks/together": "buttons of /c/tasks",
    "/c/tasks/alerts/<int:number>": "a button of /c/tasks",
    "/c/cases/<str:code>/claim": "a button",
    "/c/cases/<str:code>/let-go": "a button",
    "/c/cases/<str:code>/resume": "a button",
    "/c/cases/<str:code>/documents/<int:number>": "a file",
    "/a/events/<int:number>/again": "a button",
    "/c/tcm/prescribe/check": "a fragment of the sheet",
    "/c/scan/kept": "what a device kept",
    "/c/scan/station": "a button of /c/scan",
    "/c/import/template": "a file",
    "/c/import/<str:code>/errors": "a file",
    "/c/import/<str:code>/confirm": "a button",
    "/c/import/<str:code>/stop": "a button",
    "/c/import/<str:code>/resume": "a button",
    "/c/import/<str:code>/undo": "a button",
    "/h/certificates/<slug:code>/file": "a file",
    "/verify": "leads to /c/verify",
    "/c/clinics/<slug:code>/day": "a form of the roster",
    "/c/clinics/<slug:code>/copy": "a form of the roster",
    "/.well-known/jwks.json": "for programs",
    "/.well-known/crl/<slug:kid>.json": "for programs",
    "/oauth/token": "for programs",
    "/oauth/revoke": "for programs",
}
"""What is served and is no page, with what it is instead. Short, and kept short."""
