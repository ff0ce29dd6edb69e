"""Figures read the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tiebeam.web import wording

NOW = datetime(2026, 3, 12, 9, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.money(Decimal("1234.5"), "EUR"), "1,234.50 EUR"),
        (wording.money(None), "–"),
        (wording.usd(Decimal("0.0042")), "$0.0042"),
        (wording.usd(Decimal("0")), "$0.00"),
        (wording.usd(Decimal("1234.5")), "$1,234.50"),
        (wording.percent(0.684), "68 %"),
        (wording.quantity(Decimal("120.00")), "120"),
        (wording.duration(0.0412), "41 ms"),
        (wording.duration(200), "3 min 20 s"),
        (wording.duration(3600), "1 h"),
        (wording.until(NOW + timedelta(hours=2, minutes=12), NOW), "in 2 h 12 min"),
        (wording.until(NOW - timedelta(minutes=24), NOW), "24 min over"),
        (wording.ago(NOW - timedelta(seconds=20), NOW), "just now"),
        (wording.ago(NOW - timedelta(hours=3), NOW), "3 h ago"),
        (wording.moment(NOW, ZoneInfo("Europe/Budapest"), NOW), "12 Mar, 10:41"),
        (wording.moment(NOW, ZoneInfo("UTC")), "12 Mar 2026, 09:41"),
        (wording.short_id("run_01k3v7x2m9q4ta8h2c5e"), "run…8h2c5e"),
        (wording.bytes_text(184_200), "184.2 KB"),
        (wording.initials("Marta Lindqvist"), "ML"),
        (wording.sentence("auto_pay"), "Auto pay"),
    ],
)
def test_wording(said: str, expected: str) -> None:
    assert said == expected
