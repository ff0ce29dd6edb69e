"""Small signs that say what kind of step a box is, beside its text."""

from __future__ import annotations

MARK_SIZE = 14
_SHAPES = {
    "person": '<circle cx="7" cy="4.5" r="2.5"/><path d="M2 12.5c0-3 2-4.5 5-4.5s5 1.5 5 4.5"/>',
    "clock": '<circle cx="7" cy="7" r="5.5"/><path d="M7 3.8V7l2.4 1.6"/>',
    "event": '<path d="M8 1.5 3 8h3.5L6 12.5 11 6H7.5z"/>',
    "recipe": '<rect x="1.5" y="1.5" width="8" height="8" rx="1.5"/><path d="M12.5 4.5v6.5q0 1.5-1.5 1.5H4.5"/>',
    "each": '<path d="M2 3.5h10M2 7h10M2 10.5h10"/>',
    "again": '<path d="M11.5 4.5A5 5 0 1 0 12 8.5M12 1.5v3.3H8.7"/>',
}


def mark(name: str, x: float, y: float) -> str:
    """One sign with its upper left corner at (x, y); it says nothing that the text does not."""
    return f'<g class="mark" aria-hidden="true" transform="translate({x:g} {y:g})">{_SHAPES[name]}</g>'
