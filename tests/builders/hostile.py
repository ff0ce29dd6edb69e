"""Documents that want to harm, made from a seed: what an attacker would send, a hundred kinds and more.

Each names the error codes that may explain it; where it may be read as data, its words must be shown harmlessly.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.builders.hostile_archives import archives
from tests.builders.hostile_pdf import pdfs
from tests.builders.hostile_text import foreign_files, texts
from tests.builders.hostile_tools import DATA, Hostile, ubl
from tests.builders.hostile_xml import xml_documents

__all__ = ["DATA", "Hostile", "hostile_documents"]


def hostile_documents(*, seed: int, port: int) -> list[Hostile]:
    """All of them, in an order of their kinds; `port` is one of this machine where nobody may ever call."""
    rng = Random(seed)
    made = [
        *xml_documents(rng, port=port),
        *texts(rng),
        *pdfs(rng, port=port),
        *archives(rng),
        *foreign_files(rng),
    ]
    return [*made, *_torn(rng, made)]


def _torn(rng: Random, made: list[Hostile]) -> Iterator[Hostile]:
    """Cut off somewhere, and with bytes turned over."""
    whole = [*[one for one in made if one.kind.startswith(("pdf", "archive"))][:6]]
    whole += [Hostile("xml: an honest invoice", "torn.xml", ubl(), DATA)] * 4
    for one in whole:
        place = rng.randrange(1, max(2, min(len(one.data), 200_000)))
        yield Hostile(f"torn: {one.kind}", one.name, one.data[:place], DATA)
        turned = bytearray(one.data[:200_000])
        for _ in range(8):
            turned[rng.randrange(len(turned))] ^= 1 << rng.randrange(8)
        yield Hostile(f"turned over: {one.kind}", one.name, bytes(turned), DATA)
