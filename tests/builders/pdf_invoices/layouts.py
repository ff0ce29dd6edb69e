"""How a page is set: fonts, columns, where what stands."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"),
    Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"),
)


@dataclass(frozen=True)
class Layout:
    font: int = 0
    """0 Helvetica, 1 Times, 2 and above a TrueType font where the machine has one."""
    size: int = 9
    header: str = "left"
    """left, right, above (labels over values), inline (number and date in one line)."""
    letterhead: str = "left"
    """left, right, centre, footer."""
    columns: tuple[str, ...] = ("description", "sku", "quantity", "unit_price", "tax_rate", "net")
    numeric_align: str = "R"
    totals: str = "right"
    """right, left, boxes."""
    colon: bool = True
    currency: str = "code"
    """code, symbol, header."""
    wrap: bool = False
    centred_rows: bool = False
    stacked_header: bool = False
    buyer: str = "label"
    """label, inline, window (no label at all)."""
    percent: bool = True
    dates: str = "language"
    """language, iso, dots, slashes, words."""
    choice: int = 0
    """Which synonyms."""


def layout(rng: random.Random) -> Layout:
    columns = rng.choice(
        (
            ("description", "sku", "quantity", "unit_price", "tax_rate", "net"),
            ("pos", "sku", "description", "quantity", "unit", "unit_price", "net"),
            ("quantity", "description", "unit_price", "net"),
            ("sku", "description", "quantity", "unit_price", "tax_rate", "net"),
            ("pos", "description", "quantity", "unit", "unit_price", "tax_rate", "net"),
            ("quantity", "unit", "sku", "description", "unit_price", "net"),
        )
    )
    return Layout(
        font=rng.randint(0, 1 + len([f for f in FONTS if f.exists()])),
        size=rng.choice((8, 9, 10)),
        header=rng.choice(("left", "right", "above", "inline")),
        letterhead=rng.choice(("left", "right", "centre", "footer")),
        columns=columns,
        numeric_align=rng.choice(("R", "R", "L", "C")),
        totals=rng.choice(("right", "right", "left", "boxes")),
        colon=rng.random() < 0.6,
        currency=rng.choice(("code", "symbol", "header")),
        wrap=rng.random() < 0.3,
        centred_rows=rng.random() < 0.2,
        stacked_header=rng.random() < 0.2,
        buyer=rng.choice(("label", "label", "inline", "window")),
        percent=rng.random() < 0.6,
        dates=rng.choice(("language", "language", "iso", "dots", "words")),
        choice=rng.randint(0, 5),
    )
