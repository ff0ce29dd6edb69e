"""Every text and every control can be read in both themes, computed from the style sheet itself."""

from __future__ import annotations

import re

import pytest

from tiebeam.web.render import STATIC

_TOKEN = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6})(?:[0-9a-f]{2})?,\s*(#[0-9a-f]{6})(?:[0-9a-f]{2})?\)")

SURFACES = ("bg", "panel", "sunk")
TEXT = (
    [(text, surface) for text in ("ink", "ink-2", "accent", "ok", "warn", "bad") for surface in SURFACES]
    + [("ink-3", surface) for surface in ("bg", "panel")]
    + [(text, "accent-soft") for text in ("ink", "ink-2", "accent")]
    + [("ok", "ok-soft"), ("warn", "warn-soft"), ("bad", "bad-soft"), ("ink", "warn-soft"), ("ink", "bad-soft")]
    + [("on-accent", "accent"), ("on-accent", "accent-strong"), ("bg", "ink")]
)
GRAPHIC = (
    [("field", surface) for surface in ("bg", "panel")]
    + [(f"series-{number}", surface) for number in (1, 2, 3, 4) for surface in ("bg", "panel")]
    + [(state, surface) for state in ("ok", "warn", "bad", "accent") for surface in SURFACES]
    + [("accent", "accent-soft"), ("warn", "warn-soft"), ("bad", "bad-soft")]
)


def tokens() -> dict[str, tuple[str, str]]:
    found = _TOKEN.findall((STATIC / "tokens.css").read_text())
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), TEXT)
def test_text_has_four_and_a_half_to_one(text: str, surface: str, theme: int) -> None:
    known = tokens()
    assert contrast(known[text][theme], known[surface][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "surface"), GRAPHIC)
def test_borders_of_fields_and_marks_of_charts_have_three_to_one(mark: str, surface: str, theme: int) -> None:
    known = tokens()
    assert contrast(known[mark][theme], known[surface][theme]) >= 3.0


def test_colours_are_written_in_the_token_sheet_only() -> None:
    for sheet in STATIC.glob("*.css"):
        if sheet.name != "tokens.css":
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\w*-)", sheet.read_text()), sheet.name


def test_the_faintest_ink_never_stands_on_the_sunken_surface() -> None:
    for sheet in STATIC.glob("*.css"):
        for rule in re.findall(r"\{([^}]*)\}", sheet.read_text()):
            assert not ("color: var(--ink-3)" in rule and "var(--sunk)" in rule), sheet.name
