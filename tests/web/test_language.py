"""Every word of the house has its English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import gettext, ngettext, override

from kangqu.web import language
from kangqu.web.language import CHINESE, catalogue, ensure_compiled, missing, parts, words_of

PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def test_nothing_lacks_english() -> None:
    assert missing() == []


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_catalogue_holds_only_words_in_use(part: Path) -> None:
    used = {language._key(message) for message in words_of(part)}
    assert [
        language._key(message) for message in catalogue(part) if message.id and language._key(message) not in used
    ] == []


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_translations_keep_the_places(part: Path) -> None:
    for message in catalogue(part):
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for text in texts:
            assert set(PLACE.findall(str(text))) == set(PLACE.findall(language._key(message))), language._key(message)


def test_compiled_without_tools(tmp_path: Path) -> None:
    ensure_compiled(tmp_path)
    first = (tmp_path / "en/LC_MESSAGES/django.mo").stat().st_mtime_ns
    ensure_compiled(tmp_path)
    assert (tmp_path / "en/LC_MESSAGES/django.mo").stat().st_mtime_ns == first


def test_django_speaks_both() -> None:
    assert gettext("保存") == "保存"
    with override("en"):
        assert gettext("保存") == "Save"
        assert ngettext("请改正 %(num)d 处", "请改正 %(num)d 处", 1) % {"num": 1} == "Please correct 1 thing"
        assert ngettext("请改正 %(num)d 处", "请改正 %(num)d 处", 2) % {"num": 2} == "Please correct 2 things"


@pytest.mark.parametrize("frame", ["staff", "resident", "plain"])
def test_english_page_holds_no_chinese_but_names(client: Client, settings, frame: str) -> None:
    settings.KANGQU_DEVELOPMENT = True
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(f"/dev/ui?frame={frame}").content.decode()
    assert '<html lang="en"' in page
    for name in ("王秀兰", "李国强", "李小禾", "𠮷田·阿卜杜勒", "周小满", "张桂英", "中文", "康", "秀兰", "王"):
        page = page.replace(name, "")
    assert sorted(set(re.findall(r"[\u4e00-\u9fff]+", page))) == []
    assert CHINESE.search("康")
