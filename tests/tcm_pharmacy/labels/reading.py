"""Reads back what a label's PDF says: the size of its pages in millimetres, and their text through the fonts' own tables."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    width_mm: float
    height_mm: float
    text: str


def pages(pdf: bytes) -> list[Page]:
    """The pages in their order."""
    objects = {int(number): body for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL)}
    (tree,) = (body for body in objects.values() if b"/Type/Pages" in body)
    found = []
    for number in re.findall(rb"(\d+) 0 R", tree.split(b"/Kids[")[1]):
        page = objects[int(number)]
        box = [float(each) for each in re.search(rb"/MediaBox\[([^\]]*)\]", page)[1].split()]  # type: ignore[index]
        fonts = _fonts(_referred(page, b"Resources", objects), objects)
        text = _text(_stream(_referred(page, b"Contents", objects)), fonts)
        found.append(Page(box[2] / 72 * 25.4, box[3] / 72 * 25.4, text))
    return found


def _referred(body: bytes, name: bytes, objects: dict[int, bytes]) -> bytes:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert found, name
    return objects[int(found[1])]


def _stream(body: bytes) -> bytes:
    return zlib.decompress(body.split(b"stream\n", 1)[1].rsplit(b"\nendstream", 1)[0])


def _fonts(resources: bytes, objects: dict[int, bytes]) -> dict[bytes, dict[int, str]]:
    fonts = {}
    for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources):
        table = _stream(_referred(objects[int(number)], b"ToUnicode", objects))
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", table)
        fonts[name] = {int(glyph, 16): bytes.fromhex(sign.decode()).decode("utf-16-be") for glyph, sign in pairs}
    return fonts


_SHOWN = re.compile(rb"/ActualText ?<([0-9a-f]*)>|(EMC)|/(f\d+) [\d.]+ Tf|(\[[^\]]*\]|<[0-9a-f]*>) ?T[Jj]")
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _text(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    """The text shown, run by run, a run a line; what says its own text (``ActualText``) is taken at its word."""
    font: dict[int, str] = {}
    shown: list[str] = []
    told = False
    for said, ended, name, glyphs in _SHOWN.findall(_hexed(stream)):
        if said:
            shown.append(bytes.fromhex(said.decode()).decode("utf-16"))
        elif name:
            font = fonts[name]
        elif glyphs and not told:
            raw = bytes.fromhex(b"".join(re.findall(rb"<([0-9a-f]*)>", glyphs)).decode())
            codes = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
            shown.append("".join(font.get(code, "\ufffd") for code in codes))
        told = bool(said) or (told and not ended)
    return "\n".join(shown)


def _hexed(stream: bytes) -> bytes:
    """The stream with every ``(string)`` as ``<hex>``: strings may hold brackets, escaped or in pairs."""
    out, at = bytearray(), 0
    while (begin := stream.find(b"(", at)) >= 0:
        out += stream[at:begin]
        end, depth = begin + 1, 1
        while depth:
            sign = stream[end : end + 1]
            depth += {b"(": 1, b")": -1}.get(sign, 0)
            end += 2 if sign == b"\\" else 1
        out += b"<" + _unescape(stream[begin + 1 : end - 1]).hex().encode() + b">"
        at = end
    return bytes(out + stream[at:])


def _unescape(text: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        found = match[1]
        return bytes([int(found, 8)]) if found[:1].isdigit() else _SIGNS.get(found, found)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, text, flags=re.DOTALL)
