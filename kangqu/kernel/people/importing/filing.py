"""The file of an import: kept in packed, sealed parts, so that any worker can go on with it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.sealing import keys
from kangqu.kernel.people.importing.formats import Sniffer
from kangqu.kernel.people.importing.limits import Limits
from kangqu.kernel.people.importing.models import ImportPart, ResidentImport
from kangqu.kernel.people.importing.refusals import FILE_TOO_LARGE

PART_FIELD: Final = "people.import.part"
_PART_BYTES: Final = 1 << 20


def file_digest(blocks: Iterable[bytes]) -> bytes:
    """The SHA-256 by which a file is known again."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.digest()


def store(number: int, blocks: Iterable[bytes], sniffer: Sniffer, limits: Limits) -> tuple[int, bytes, str, str]:
    """Keep a file in sealed parts; return its size, digest, format and encoding."""
    digest, size, ring = hashlib.sha256(), 0, keys()
    for place, block in enumerate(_of_size(blocks, _PART_BYTES)):
        size += len(block)
        digest.update(block)
        sniffer.feed(block)
        most = limits.spreadsheet_bytes if sniffer.is_spreadsheet else limits.file_bytes
        if size > most:
            raise Refused(FILE_TOO_LARGE, what="文件 file", limit=f"{most >> 20} MB")
        sealed = ring.seal_bytes(zlib.compress(block, 1), PART_FIELD)
        row = (copying.int8(number), copying.int4(place), copying.blob(sealed))
        copying.copy_rows("people_importpart", ("import_id", "number", "sealed"), [copying.row(*row)])
    return size, digest.digest(), *sniffer.conclude()


def _of_size(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    buffer = bytearray()
    for block in blocks:
        buffer += block
        while len(buffer) >= size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)


def stored_blocks(job: ResidentImport) -> Iterator[bytes]:
    """The file of an import, part by part."""
    place = 0
    while (
        sealed := ImportPart.objects.filter(import_id=job.pk, number=place).values_list("sealed").first()
    ) is not None:
        yield zlib.decompress(keys().open_bytes(sealed[0], PART_FIELD))
        place += 1
