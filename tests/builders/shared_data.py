"""Real inputs written by others; they lie beside the checkout, never in it."""

from __future__ import annotations

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """A path below the shared data folder; skips the test where that folder is absent."""
    path = _SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs the shared test data {'/'.join(parts)!r} beside the checkout")
    return path
