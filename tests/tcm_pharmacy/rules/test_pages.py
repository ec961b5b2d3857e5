"""The tables on the screen: who reads them, every link leads somewhere, files say what the page says."""

from __future__ import annotations

import html
import re
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from kangqu.systems.tcm_pharmacy.review.book import tables
from kangqu.systems.tcm_pharmacy.rulebook.tables import TABLES
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.desk.conftest import FEUDING, received
from tests.tcm_pharmacy.rules.conftest import Browser

ROOT = "/c/tcm/rules"


def page(client: Client, path: str, **headers: Any) -> str:
    answer = client.get(path, **headers)
    assert answer.status_code == 200, (path, answer.status_code)
    return html.unescape(answer.content.decode())


def links(shown: str) -> set[str]:
    main = shown[shown.index("<main") : shown.index("</main")]
    return {link for link in re.findall(r'href="(/c/tcm/rules[^"#]*)"', main) if "format=" not in link}


def test_who_reviews_or_supervises_reads_them_and_others_do_not(browser: Browser) -> None:
    paths = (ROOT, f"{ROOT}/tables/eighteen", f"{ROOT}/herbs?q=fuzi", f"{ROOT}/herbs/附子", f"{ROOT}/RX2")
    for who in ("pharmacist", "manager", "officer", "inspector", "doctor"):
        client = browser(who)
        assert {client.get(path).status_code for path in paths} <= {200, 302}, who
        assert f'href="{ROOT}"' in page(client, ROOT), "a line of the menu"
    for who in ("dispenser", "courier", "decocter"):
        assert {browser(who).get(path).status_code for path in paths} == {403}, who
    for path in paths:
        answer = Client().get(path)
        assert answer.status_code == 302 and answer["Location"].startswith("/sign-in")


def test_a_name_of_several_leads_to_all_of_them(browser: Browser) -> None:
    client = browser("pharmacist")
    to = links(page(client, f"{ROOT}/tables/ambiguous"))
    assert f"{ROOT}/herbs?q={quote('贝母')}" in to
    assert links(page(client, f"{ROOT}/tables/distinct")) >= {f"{ROOT}/herbs?q={quote('牛膝')}"}
    told = b"".join(client.get(f"{ROOT}/tables/people?format=csv")).decode("utf-8-sig")
    assert "藜芦" in next(line for line in told.splitlines() if line.startswith("CHILD-TOXIC")), (
        "a file names every herb"
    )


def test_every_table_and_every_link_in_it_opens(browser: Browser) -> None:
    client = browser("pharmacist")
    first = links(page(client, ROOT))
    assert {f"{ROOT}/tables/{table.key}" for table in TABLES} <= first
    found: set[str] = set()
    for path in first:
        shown = page(client, path)
        assert "确定程度" in shown and "依据" in shown, path
        found |= set(sorted(links(shown))[:40])
    assert len(found) > 150
    for path in found:
        assert client.get(path).status_code in (200, 302), path


def test_every_rule_id_resolves_and_others_are_refused_with_their_code(browser: Browser) -> None:
    client = browser("manager")
    for rows in tables():
        for row in rows:
            shown = page(client, f"{ROOT}/{quote(row.id)}")
            assert row.id in shown and row.source.document in shown and f"{row.starts}" in shown, row.id
    for wrong in ("RX999", "18F", "rx1", "x" * 10_240, "..", "%E0%A4", "𠮷", "herbs/x/y", "tables/eighteen/1", "RX1/"):
        answer = client.get(f"{ROOT}/{wrong}")
        assert answer.status_code == 404 and "KQ-3362" in answer.content.decode(), wrong
    for path, code in (("tables/none", "KQ-3363"), ("herbs/无名草", "KQ-3364"), (f"herbs/{'药' * 3000}", "KQ-3364")):
        answer = client.get(f"{ROOT}/{path}")
        assert answer.status_code == 404 and code in answer.content.decode(), path
    assert client.get(f"{ROOT}/RX1%00").status_code == 422


@pytest.mark.parametrize(
    "on",
    ["0000-01-01", "9999-12-31", "1899-12-31", "2200-01-01", "2026-02-30", "x", "2026-1-1", "２０２６-01-01", "-1", "1" * 10_240, " "],
)  # fmt: skip
def test_no_day_there_is_not_breaks_it(browser: Browser, on: str) -> None:
    client = browser("pharmacist")
    for path in (ROOT, f"{ROOT}/tables/doses", f"{ROOT}/herbs", f"{ROOT}/herbs/附子", f"{ROOT}/RX2"):
        answer = client.get(path, {"on": on})
        assert answer.status_code == 422 and "KQ-3361" in answer.content.decode(), path


def test_a_query_of_any_kind_is_answered(browser: Browser) -> None:
    client = browser("pharmacist")
    for typed in ("x" * 10_240, "药" * 3_400, "𠮷", "<script>", "'; --", "%", "\ud800"):
        for path in (f"{ROOT}/herbs", f"{ROOT}/tables/doses"):
            answer = client.get(path, {"q": typed.encode("utf-8", "surrogatepass")})
            assert answer.status_code == 200 and b"<script>'" not in answer.content, (path, typed[:5])
    assert client.get(f"{ROOT}/herbs?q=%00").status_code == 422


def test_a_herb_is_found_by_pinyin_and_a_name_of_several_lists_all(browser: Browser) -> None:
    client = browser("pharmacist")
    assert client.get(f"{ROOT}/herbs?q=shuanghua")["Location"].endswith(quote("金银花"))
    shown = page(client, f"{ROOT}/herbs?q=贝母&on=2026-01-01")
    assert "不止一味药" in shown and f"{ROOT}/herbs/{quote('湖北贝母')}?on=2026-01-01" in shown
    assert "不等于可以用" in page(client, f"{ROOT}/herbs?q=无名草")


def test_a_herb_page_holds_doses_opponents_and_what_is_not_judged(browser: Browser) -> None:
    shown = page(browser("inspector"), f"{ROOT}/herbs/附子")
    words = "先煎久煎 孕妇慎用 18F.乌头反 法半夏 2020-12-30 有出处（转引） 没有审到的 只有成人剂量"
    for word in (*words.split(), "fu zi", "内服一日 3–15 克", "中国药典 2020 年版一部"):
        assert word in shown, word
    early = page(browser("inspector"), f"{ROOT}/herbs/附子?on=2019-06-01")
    assert "3–15" not in early and "这一天它不在药典饮片表里" in early and "18F.乌头反" in early


def test_a_table_of_another_day_says_so_and_keeps_the_day(browser: Browser) -> None:
    client = browser("officer")
    shown = page(client, f"{ROOT}/tables/validity?on=2019-06-01")
    assert "2019-06-01" in shown and f"{ROOT}/RX5" not in shown and f"{ROOT}/RX2?on=2019-06-01" in shown
    assert "没有施行" in page(client, f"{ROOT}/RX5?on=2019-06-01")


def test_a_table_is_taken_away_and_printed(browser: Browser) -> None:
    client = browser("manager")
    lines = b"".join(client.get(f"{ROOT}/tables/eighteen?format=csv")).decode("utf-8-sig").splitlines()
    assert len(lines) == 4 and "18F.甘草反" in lines[1] and "甘遂、京大戟" in lines[1] and "没有读到原文" in lines[1]
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(client.get(f"{ROOT}/tables/doses?format=xlsx"))))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == 619 and next(row for row in rows if row[0] == "附子")[2:4] == [3.0, 15.0]
    assert "18F.乌头反" in page(client, f"{ROOT}/tables/eighteen?format=print")
    some = b"".join(client.get(f"{ROOT}/tables/doses?q=fuzi&format=csv")).decode("utf-8-sig").splitlines()
    assert len(some) == 2 and some[1].startswith("附子")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "print"])
def test_every_table_is_a_file_in_both_languages_and_of_any_day(browser: Browser, kind: str) -> None:
    client = browser("officer")
    for table in TABLES:
        for on, language in (("", "zh-hans"), ("1900-01-01", "en"), ("2199-12-31", "en")):
            asked = {"format": kind, "on": on, "sort": "-x", "after": "x", "column": "x", "q": ""}
            answer = client.get(f"{ROOT}/tables/{table.key}", asked, headers={"accept-language": language})
            assert answer.status_code == 200, (table.key, on)
            told = b"".join(answer) if answer.streaming else answer.content
            assert len(told) > 100, table.key


def test_nothing_is_written_there(browser: Browser) -> None:
    client = browser("officer")
    for path in (ROOT, f"{ROOT}/tables/doses", f"{ROOT}/herbs", f"{ROOT}/herbs/附子", f"{ROOT}/RX2"):
        for answer in (client.post(path), client.put(path), client.delete(path)):
            assert answer.status_code == 405, path
        assert client.head(path).status_code == 200


def test_it_reads_in_english(browser: Browser) -> None:
    client = browser("pharmacist")
    told = {
        "": "Usual doses",
        "/herbs/附子": "3–15 g a day, internal",
        "/RX2": "normally at most 7",
        "/tables/eighteen": "is incompatible with",
    }
    for path, word in told.items():
        assert word in page(client, ROOT + path, headers={"accept-language": "en"}), path


def test_a_finding_leads_to_its_rule_as_it_was_that_day(pharmacy: Pharmacy, browser: Browser) -> None:
    case = received(pharmacy, herbs=FEUDING)
    client = browser("pharmacist")
    shown = page(client, f"/c/tcm/review/{case.code}")
    day = pharmacy.order()["issued_on"]
    to = links(shown)
    assert f"{ROOT}/{quote('18F.乌头反')}?on={day}" in to
    assert all(client.get(path).status_code == 200 for path in to)
    own = page(browser("doctor"), f"/c/tcm/mine/{case.code}")
    assert f"{ROOT}/{quote('18F.乌头反')}?on={day}" in links(own)
