"""A small city in which every page has something to show, and somebody for every page."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from jwcrypto.jwk import JWK

from kangqu.kernel.access import accounts, emergency
from kangqu.kernel.access.consent import consent_text, give_consent
from kangqu.kernel.access.identify import viewer_of_session
from kangqu.kernel.access.models import Account, BreakGlass, Grant, SecondFactor, SignIn
from kangqu.kernel.access.phone_codes import bind_resident
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.sealing import seal
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.certificates.actions import card_of, issue
from kangqu.kernel.certificates.card import numeric
from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people import merging
from kangqu.kernel.people.actions import NewResident, record_death, register_person
from kangqu.kernel.people.codes.keys import ensure_keys, forget_keys
from kangqu.kernel.people.families import ConsentBy, appoint_guardian, form_household, grant_proxy, join_household
from kangqu.kernel.people.importing.models import ResidentImport
from kangqu.kernel.people.importing.tasks import run_import
from kangqu.kernel.people.models import Identifier, Person, Review
from kangqu.kernel.people.papers import Paper, PhoneGiven
from kangqu.kernel.people.reviewing import open_review
from kangqu.kernel.places import actions as places
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.entries import Stream
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.systems.tcm_pharmacy.demo import switch
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import Promise, PromiseNews, RecallContact, RecallTry
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from kangqu.systems.tcm_pharmacy.prescriptions.signing import add_key
from kangqu.systems.tcm_pharmacy.promises.floor import HANDS, add_round, set_floor
from kangqu.systems.tcm_pharmacy.recall.actions import recall
from kangqu.systems.tcm_pharmacy.records.complaints import complain_of
from kangqu.systems.vaccination.certificates.kind import IMMUNIZATION, Certified, entries_of
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.pages.appointments import appointments_of
from tests.pages.cases import cases_of
from tests.pages.clinic_day import clinic_day_of
from tests.pages.line import line_of, line_worker
from tests.pages.medicine import medicine_of
from tests.pages.policies import policies_of, tried_by
from tests.pages.schools import school_of
from tests.pages.vaccination import vaccinated_of
from tests.people.conftest import resident_id

RNG = random.Random(20261122)
HOUSE = the_house()
PHONE, NEW_PHONE, SHARED = "+8613800000001", "+8613800000007", "+8613800000009"
LIST = (
    "姓名,证件号码,手机号,现住址\n王一,370302190001010001,13800000011,甲村\n李二,370302190001010002,13800000012,乙村\n"
)


class World:
    """The places, the people, what happened; a browser of each by the name of who holds it."""

    def __init__(self) -> None:
        self.now = timezone.now()
        for table in ("trace_entry", "people_code_use"):
            ensure_partitions(table, around=self.now - timedelta(days=2), ahead=4)
        forget_keys()
        ensure_keys(self.now - timedelta(days=1))
        self._places()
        self._people()
        self.names: dict[str, str] = {
            "clinic": self.clinic.code,
            "village": self.village.pk,
            "consortium": str(self.consortium.pk),
            "county": self.county.code,
            "station": self.station.code,
            "device": str(self.device.pk),
            "person": self.daughter.public_code,
            "mother": self.mother.public_code,
            "son": self.son.public_code,
            "dead": self.dead.public_code,
            "paper": str(Identifier.objects.filter(person=self.daughter).earliest("id").id),
        }
        self._happenings()

    def _places(self) -> None:
        by, at = HOUSE, self.now
        zibo, zichuan = cast.region("3703", "淄博市"), cast.region("370302", "淄川区")
        cast.region("370302001", "般阳路街道")
        self.village = cast.region("370302001001", "柳沟村")
        self.city = cast.institution("市卫健委", "commission", zibo)
        self.county = cast.institution("淄川区卫健局", "commission", zichuan, self.city)
        self.clinic = cast.institution("柳沟村卫生室", "village_clinic", self.village, self.county, serves=True)
        places.add_licence(
            self.clinic, kind="medical_institution", number="370302-D600-1", valid_from=date(2024, 1, 1), by=by, at=at
        )
        places.add_department(self.clinic, name="全科", code="02", by=by, at=at)
        places.add_post(self.clinic, title="村医", role="village_doctor", by=by, at=at)
        self.station = places.open_station(self.clinic, name="南门", by=by, at=at, rng=RNG)
        registered = places.register_device(
            self.station, name="南门扫码枪 1 号", by=by, at=at, entropy=lambda n: b"x" * n
        )
        self.device = registered.device
        self.consortium = places.form_consortium(
            kind="county", name="淄川区紧密型医共体", leader=self.county, on=date(2024, 1, 1), by=by, at=at
        )
        places.join_consortium(self.consortium, self.clinic, on=date(2024, 3, 1), by=by, at=at)

    def resident(self, name: str, sex: str, born: date, sequence: int | None, phone: str = "") -> Person:
        papers = [Paper(kind="01", number=resident_id(born, sequence), verified=True)] if sequence else []
        new = NewResident(
            name=name,
            sex=sex,
            birth_date=born,
            documents=papers,
            phones=[PhoneGiven(number=phone)] if phone else [],
            region=self.village.pk,
            address="柳沟村东街 12 号院 3 号楼 2 单元 301 室（北楼）",
            kept_by_id=self.clinic.pk,
        )
        return register_person(new, by=HOUSE, at=self.now - timedelta(days=30), rng=RNG)

    def _people(self) -> None:
        earlier = self.now - timedelta(hours=1)
        self.mother = self.resident("王秀兰", "2", date(1962, 3, 1), 124)
        self.daughter = self.resident("李小𠮷", "2", date(1990, 5, 2), 122, PHONE)
        self.son = self.resident("李一诺", "1", date(2020, 6, 1), None)
        self.dead = self.resident("赵守义", "1", date(1930, 1, 1), 121)
        self.agent = self.resident("阿依古丽·买买提明·吐尔逊江", "2", date(1985, 2, 3), 202)
        record_death(self.dead.pk, on=city_day(self.now) - timedelta(days=3), by=HOUSE, at=earlier)
        home = form_household(self.daughter.pk, region=None, address="", by=HOUSE, at=earlier, rng=RNG)
        join_household(self.son.pk, home.pk, relation="2", by=HOUSE, at=earlier)
        for person, agent in ((self.mother, self.daughter), (self.daughter, self.agent)):
            rights = ("code", "book")
            grant_proxy(
                person.pk, agent.pk, relation="子女", rights=rights, consent=ConsentBy.DESK, by=HOUSE, at=earlier
            )
        appoint_guardian(
            self.son.pk,
            self.daughter.pk,
            relation="父母",
            rights=["code"],
            evidence="户口簿",
            by=HOUSE,
            at=earlier,
        )
        for person, number, born, sequence in (
            (self.daughter, PHONE, date(1990, 5, 2), 122),
            (self.mother, SHARED, date(1962, 3, 1), 124),
            (self.agent, SHARED, date(1985, 2, 3), 202),
        ):
            bind_resident(number, name=person.name, document=resident_id(born, sequence), by=HOUSE, at=self.now)

    def _happenings(self) -> None:
        self._looks_and_messages()
        self._doubles()
        self._emergency()
        self._pharmacy()
        self._import()
        self.names |= cases_of(self)
        self._prescriptions()
        self._floor()
        self.names |= medicine_of(self)
        self.names |= appointments_of(self)
        self.names |= clinic_day_of(self)
        self.names |= policies_of(self)
        self.names |= vaccinated_of(self)
        self.names |= school_of(self)
        self._certificate()
        waiting = cast.staff("qian.wei", Role.SECURITY_ADMIN, self.city, at=self.now)
        grant = Grant.objects.get(account=waiting)
        Grant.objects.filter(pk=grant.pk).update(waits=True, granted_by=999)
        self.names |= {"account": str(waiting.pk), "grant": str(grant.pk)}
        cast.licensed(waiting, at=self.now)
        text = consent_text(Purpose.CARE, on=city_day(self.now))
        give_consent(
            self.viewer(Account.objects.get(person=self.daughter)),
            self.daughter.public_code,
            purpose=Purpose.CARE,
            text_version=text.version,
            until=city_day(self.now) + timedelta(days=90),
            at=self.now,
            institution_code=self.clinic.code,
        )

    def _certificate(self) -> None:
        dose = Certified(
            self.daughter.name, self.daughter.birth_date, "HPV2", date(2026, 3, 1), "20251103", self.clinic.name, 2
        )
        made = issue(IMMUNIZATION.code, self.daughter.pk, ("dose", 1), entries_of(dose), by=HOUSE, at=self.now)
        self.names |= {"certificate": made.code, "card": numeric(card_of(made))}

    def _looks_and_messages(self) -> None:
        by = Actor(account_id=999, role="doctor", institution_id=self.clinic.pk, purpose="care")
        for number in range(25):
            at = self.now - timedelta(minutes=number + 1)
            facts = {"relation": "served"}
            record(by.did("person.open", at=at, person_id=self.daughter.pk, stream=Stream.LOOK, facts=facts))
        for number in range(3):
            write(
                key=f"k{number}",
                channel=Channel.IN_APP,
                template="proxy_granted",
                values={"agent": "李小𠮷", "person": "王秀兰", "until": "2027-11-22"},
                person_id=self.daughter.pk,
                by=HOUSE,
                at=self.now,
            )

    def _doubles(self) -> None:
        left, right, third = (
            self.resident(name, "2", date(1970, 1, 2), sequence)
            for name, sequence in (("孙桂英", 322), ("孙桂瑛", None), ("孙贵英", None))
        )
        open_review(left.pk, right.pk, probability=0.9, reasons=["given:homophone", "birth:exact"], at=self.now)
        merged = merging.merge(survivor_id=left.pk, absorbed_id=third.pk, by=HOUSE, at=self.now, reason="看过身份证")
        self.names |= {
            "review": str(Review.objects.filter(state="open").earliest("pk").pk),
            "merging": str(merged.pk),
            "merged": left.public_code,
        }

    def _emergency(self) -> None:
        doctor = cast.staff("sun.jizhen", Role.DOCTOR, self.clinic, at=self.now)
        looker = self.viewer(doctor)
        outside = cast.resident("外乡人", at=self.now)
        note = "昏迷，无家属在场"
        opened = emergency.open_break_glass(
            looker, outside.public_code, reason=emergency.Reason.UNCONSCIOUS, note=note, at=self.now
        )
        self.names |= {"emergency_of": outside.public_code, "emergency": str(opened.id)}
        assert BreakGlass.objects.count() == 1

    def _pharmacy(self) -> None:
        """A drawer of herbs and two pots, one of them out of order."""
        where, by, at = self.clinic.pk, HOUSE, self.now
        lot = stock.receive_lot(
            where,
            herb="黄芪",
            number="20260901",
            grams=Decimal(5000),
            expires_on=date(2099, 1, 1),
            by=by,
            at=at,
            rng=RNG,
        )
        pots = [stock.add_pot(where, name=f"{n}号机", grams=2000, ml=8000, by=by, at=at, rng=RNG) for n in (1, 2)]
        stock.pot_fails(pots[1].pk, institution_id=where, by=by, at=at, reason="不热")
        bad = stock.receive_lot(
            where,
            herb="当归",
            number="20260902",
            grams=Decimal(5000),
            expires_on=date(2099, 1, 1),
            by=by,
            at=at,
            rng=RNG,
        )
        called = recall(bad.pk, institution_id=where, reason="抽检不合格", by=by, at=at)
        self.names |= {"lot": lot.code, "recall": called.case.code, "pot": pots[0].code}
        switch.turn_on_first(by=by, at=at)

    def _floor(self) -> None:
        """Hours, hands and a round; a promise that will not be kept."""
        where, by, at = self.clinic.pk, HOUSE, self.now
        hours = (*[[480, 1200]] * 6, None)
        set_floor(where, hours=hours, hands=dict.fromkeys(HANDS, 3), takes_outside=False, by=by, at=at)
        reaches = [("370302", 40), ("370303", 75)]
        added = add_round(
            where, name="上午班", weekdays="12345", departs=690, parcels=80, reaches=reaches, by=by, at=at
        )
        late = Promise.objects.create(
            case=Case.objects.get(code=self.names["rx_plain"]),
            pharmacy=self.clinic,
            promised_at=at + timedelta(hours=2),
            first_promised_at=at + timedelta(hours=2),
            stages=[],
            quoted_at=at,
            broken_at=at,
            expected_at=at + timedelta(hours=3),
        )
        for kind, new in (("moved", at + timedelta(hours=3)), ("late", None), ("on_time", at + timedelta(hours=3))):
            PromiseNews.objects.create(
                promise=late,
                pharmacy=self.clinic,
                hospital=self.clinic,
                ward=kind == "moved",
                kind=kind,
                promised_before=at + timedelta(hours=2),
                time=new,
                reason="停电" if kind == "moved" else "",
                at=at,
            )
        self.names["round"] = str(added.pk)
        self._recall_lines(late.case)
        self._quality(late.case)

    def _quality(self, prescription: Case) -> None:
        """A complaint, written down and answered, and a sample of the same prescription."""
        of = snapshot(prescription.pk)
        assert of is not None
        made, _ = complain_of(of, about="bag", said="漏了两袋", by=HOUSE, at=self.now)
        Case.objects.filter(pk=made.id).update(
            institution=self.clinic, facts={**made.facts, "finding": "封口机温度低", "answer": "补发两袋"}
        )
        facts = {"prescription": prescription.code, "bags": 2, "place": "冰箱 1 层 2", "celsius": "4.5"}
        kept, _ = open_case(
            "tcm_sample", key="sample", institution_id=self.clinic.pk, by=HOUSE, at=self.now, facts=facts
        )
        self.names |= {"complaint": made.code, "sample": kept.code}

    def _recall_lines(self, out: Case) -> None:
        """A line of the recall's call list for each state it may be in."""
        recalled = Case.objects.get(code=self.names["recall"])
        others = Case.objects.filter(programme="tcm_prescription").exclude(pk=out.pk).order_by("pk")[:2]
        for case, state in zip((out, *others), ("open", "reached", "given_up"), strict=False):
            line = RecallContact.objects.create(
                recall=recalled,
                case=case,
                person=Person.objects.get(pk=case.person_id or 0),
                institution=self.clinic,
                bags=14,
                state=state,
                took=4 if state == "reached" else None,
                returned=9 if state == "reached" else None,
                reason="已迁走" if state == "given_up" else "",
                tries=2,
            )
            RecallTry.objects.create(contact=line, outcome="no_answer", note="关机", at=self.now)
            self.names.setdefault("recall_line", str(line.pk))

    def _import(self) -> None:
        client = self.client("registrar")
        for text in (LIST, LIST.replace("王一", "王三")):
            file = SimpleUploadedFile("名单.csv", text.encode())
            assert client.post("/c/import", {"file": file, "mode": "good"}).status_code == 302
        done, ready = ResidentImport.objects.order_by("pk")
        for job in (done, ready):
            run_import(job.pk)
        assert client.post(f"/c/import/{done.code}/confirm").status_code == 302
        run_import(done.pk)
        self.names |= {"import": ready.code, "import_done": done.code}

    def _prescriptions(self) -> None:
        """One harmless, one over the dose and written in other names, one with two herbs that do not go together."""
        self.decoction = cast.institution("淄川区中药煎配中心", "decoction_centre", self.county.region, self.city)
        self.prescriber = cast.staff("li.kaifang", Role.DOCTOR, self.clinic, at=self.now)
        Account.objects.filter(pk=self.prescriber.pk).update(display_name="李开方")
        usual = [("黄芪", 15, []), ("当归", 10, []), ("白术", 10, []), ("薄荷", 6, ["LATE"]), ("砂仁", 6, ["LATE"])]
        over = [*usual, ("双花", 15, []), ("细辛", 5, []), ("龙骨", 30, ["FIRST"]), ("车前子", 12, ["WRAP"])]
        feud = [("附子", 10, ["FIRST_LONG"]), ("法半夏", 9, []), ("贝母", 9, []), ("炙甘草", 6, [])]
        for name, herbs in (("rx", over), ("rx_blocked", feud), ("rx_plain", usual), ("rx_signed", over)):
            self.names[name] = self.prescribe(name, herbs)
        self.names["rx_returned"] = self.prescribe("rx_returned", feud)
        returned = Case.objects.get(code=self.names["rx_returned"])
        by = Actor(account_id=1, role="pharmacist", institution_id=self.decoction.pk, purpose="care")
        why = {"ground": "incompatible", "reason": "附子与法半夏同用，请改方"}
        take_step(returned.pk, "return_to_doctor", by=by, at=self.now, values=why)
        first = Case.objects.get(code=self.names["rx_signed"])
        take_step(first.pk, "first_sign", by=by, at=self.now, values={"why": "病情需要，剂量已核对"})
        jwk = json.loads(JWK.generate(kty="OKP", crv="Ed25519").export_public())
        key = add_key(self.clinic.pk, name="his-2026", jwk=jwk, by=HOUSE, at=self.now)
        self.names["signing_key"] = str(key.pk)

    def prescribe(self, number: str, herbs: list[Any], at: Any = None) -> str:
        order = OrderIn.model_validate(
            {
                "number": f"ZC{city_day(self.now):%Y%m%d}-{number.upper().replace('_', '-')}",
                "issued_on": city_day(at or self.now),
                "patient": {"resident": self.daughter.public_code, "pregnant": None, "bleeding": True},
                "prescriber": {"name": "李开方", "licence": "110370302000017"},
                "department": "中医科",
                "diagnoses": [{"code": "A04.01.01", "name": "胸痹心痛"}, {"code": "", "name": "气虚血瘀证"}],
                "herbs": [{"name": name, "grams": grams, "handling": codes} for name, grams, codes in herbs],
                "doses": 7,
                "taking": "饭后温服",
            }
        )
        by = Actor(account_id=self.prescriber.pk, role="doctor", institution_id=self.clinic.pk, purpose="care")
        taken = take(
            order,
            signed=Signed(order.model_dump_json().encode(), "", None),
            hospital_id=self.clinic.pk,
            by=by,
            at=at or self.now,
            prescriber_id=self.prescriber.pk,
        )
        return taken.case.code

    # Who sits at the browser

    def viewer(self, account: Account) -> Any:
        if account.person_id is None:
            SecondFactor.objects.get_or_create(
                account=account, defaults={"secret_sealed": b"x", "confirmed_at": self.now}
            )
        return viewer_of_session(self.signed_in(account).pk, self.now)

    def signed_in(self, account: Account) -> SignIn:
        made = cast.signed_in(account, at=self.now)
        SignIn.objects.filter(pk=made.pk).update(
            device="Mozilla/5.0 (Linux; Android 10; HarmonyOS) Apple", ip="10.0.0.8"
        )
        return made

    def client(self, who: str) -> Client:
        """The browser of ``who``: a role's word, or one of the people below."""
        made = getattr(self, f"_{who}", None) or (lambda: self._staff(Role(who)))
        client: Client = made()
        return client

    def _staff(self, role: Role, where: Institution | None = None) -> Client:
        at_the_top = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.COMMISSION_OFFICER}
        account = cast.staff(
            f"{role}.{Account.objects.count()}",
            role,
            where or (self.city if role in at_the_top else self.clinic),
            at=self.now,
        )
        SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=self.now)
        return self._session(account)

    def _trying_officer(self) -> Client:
        """An officer whose trial on past weighings is done."""
        account = cast.staff("han.shisuan", Role.COMMISSION_OFFICER, self.city, at=self.now)
        SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=self.now)
        self.names |= tried_by(account.pk, self)
        return self._session(account)

    def _session(self, account: Account) -> Client:
        return self._with_session({SESSION_KEY: self.signed_in(account).pk})

    def _with_session(self, kept: dict[str, Any]) -> Client:
        client = Client()
        session = client.session
        session.update(kept)
        session.save()
        client.cookies["sessionid"] = session.session_key or ""
        return client

    def _reviewer(self) -> Client:
        """A pharmacist at the decoction centre."""
        return self._staff(Role.PHARMACIST, self.decoction)

    def _school_nurse(self) -> Client:
        """Who keeps the lists of a school."""
        return self._staff(Role.NURSE, Institution.objects.get(pk=self.names["school"]))

    def _line_worker(self) -> Client:
        """Somebody at every station, with a prescription before each."""
        self.names |= line_of(self)
        account = line_worker(self)
        SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=self.now)
        return self._session(account)

    def _herbalist(self) -> Client:
        """The doctor of the prescriptions."""
        cast.licensed(self.prescriber, "narcotic", at=self.now, until=city_day(self.now) + timedelta(days=20))
        SecondFactor.objects.create(account=self.prescriber, secret_sealed=b"x", confirmed_at=self.now)
        return self._session(self.prescriber)

    def _stranger(self) -> Client:
        return Client()

    def _asked(self) -> Client:
        """Somebody who asked for a sign-in code."""
        client = Client()
        assert client.post("/sign-in", {"phone": SHARED}).status_code == 302
        return client

    def _proved(self) -> Client:
        """Somebody who proved a phone that several share."""
        pending = {"phone": seal(SHARED, "access.pending").hex(), "at": self.now.isoformat()}
        return self._with_session({"pending": pending})

    def _half_in(self) -> Client:
        """One of the staff whose password was right."""
        account = cast.staff("half.in", Role.DOCTOR, self.clinic, at=self.now)
        return self._with_session({"pending": {"account": account.pk, "at": self.now.isoformat()}})

    def _newcomer(self) -> Client:
        """One of the staff who signed in for the first time."""
        opened = accounts.open_staff_account(
            username=f"new.{Account.objects.count()}",
            display_name="新来的",
            role=Role.DOCTOR,
            institution_code=self.clinic.code,
            by=None,
            at=self.now,
            rng=RNG,
        )
        return self._session(opened.account)

    def _unenrolled(self) -> Client:
        """One of the staff who has no second factor yet."""
        return self._session(cast.staff(f"plain.{Account.objects.count()}", Role.DOCTOR, self.clinic, at=self.now))

    def _daughter(self) -> Client:
        client = self._session(Account.objects.get(person=self.daughter))
        client.post("/h/card", follow=True)
        return client

    def _mother(self) -> Client:
        return self._session(Account.objects.get(person=self.mother))

    def _agent(self) -> Client:
        return self._session(Account.objects.get(person=self.agent))

    def _mover(self) -> Client:
        """A resident who asked for a code to her new phone."""
        client = self._mother()
        assert client.post("/h/me/phone", {"phone": NEW_PHONE}).status_code == 302
        return client

    def _careful(self) -> Client:
        """A resident who asked for a code to the phone she signs in with."""
        client = self._mother()
        assert client.post("/account/step-up", {}).status_code == 302
        return client

    def _nobody_yet(self) -> Client:
        """A resident's account that is bound to nobody."""
        return self._session(Account.objects.create(kind="resident", username="r0", opened_at=self.now, password="!"))

    def _chief(self) -> Client:
        """Who manages the clinic."""
        return self._staff(Role.INSTITUTION_MANAGER)

    def _desk(self) -> Client:
        """Somebody at a desk with a scanner."""
        client = self._staff(Role.REGISTRAR)
        assert client.post("/c/scan/station", {"station": self.station.code}, follow=True).status_code == 200
        return client
