"""Make again what the example company used before it had a gateway: exports of a provider and of another gateway.

    python tools/make_harbour_use.py

Figures are drawn with a fixed seed from a story: product texts grow week by week; the service desk's cache stops
hitting on 4 November, when somebody puts the time of day into the prompt; a trial runs in circles in the night of
11 November; order confirmations retry more than they should since 16 November.
"""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "src/tiebeam/examples/harbour-tools/data/use"
FIRST, LAST = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
CACHE_BREAKS = datetime(2026, 11, 4, tzinfo=UTC)
IN_CIRCLES = datetime(2026, 11, 11, tzinfo=UTC)
RETRIES_BEGIN = datetime(2026, 11, 16, tzinfo=UTC)
_HEAD = (
    "start_time_iso",
    "project_name",
    "api_key_name",
    "model",
    "num_model_requests",
    "input_tokens",
    "input_cached_tokens",
    "output_tokens",
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    dice = random.Random(2026)
    days = [FIRST + timedelta(days=one) for one in range((LAST - FIRST).days + 1)]
    with (FOLDER / "openai-usage.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEAD)
        writer.writerows(row for day in days for row in _provider_rows(dice, day))
    with (FOLDER / "litellm-spend.jsonl").open("w", encoding="utf-8") as file:
        for row in _proxy_rows(dice, [day for day in days if day >= datetime(2026, 11, 2, tzinfo=UTC)]):
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
    with (FOLDER / "outcomes.jsonl").open("w", encoding="utf-8") as file:
        for row in _outcomes(dice, days):
            file.write(json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n")


def _provider_rows(dice: random.Random, day: datetime) -> list[tuple[Any, ...]]:
    works = day.weekday() < 5
    weeks = (day - FIRST).days / 7
    rows = [
        _row(dice, day, "product-texts", "shop-nightly", "gpt-5-mini", (420 + 38 * weeks), (1900, 0.35, 620)),
        _row(
            dice,
            day,
            "service-desk",
            "desk-assistant",
            "gpt-5-mini",
            310 if works else 70,
            (6200, 0.02 if day >= CACHE_BREAKS else 0.72, 240),
        ),
    ]
    if works:
        calls = 5_200 if day == IN_CIRCLES else 45
        rows.append(_row(dice, day, "trials", "it-sandbox", "gpt-5.1", calls, (3100, 0.1, 900)))
    return rows


def _row(
    dice: random.Random, day: datetime, project: str, key: str, model: str, calls: float, each: tuple[int, float, int]
) -> tuple[Any, ...]:
    """`each` is input tokens, the share of them cached, and output tokens of one call."""
    count = max(1, round(calls * dice.uniform(0.9, 1.1)))
    taken = round(count * each[0] * dice.uniform(0.96, 1.04))
    cached = round(taken * min(0.95, each[1] * dice.uniform(0.95, 1.05)))
    return (
        day.isoformat(),
        project,
        key,
        model,
        count,
        taken,
        cached,
        round(count * each[2] * dice.uniform(0.95, 1.05)),
    )


def _proxy_rows(dice: random.Random, days: list[datetime]) -> list[dict[str, Any]]:
    """Order confirmations read by an agent behind another gateway: one execution is an order, of one to four calls."""
    rows: list[dict[str, Any]] = []
    for day in days:
        if day.weekday() >= 5:
            continue
        for number in range(9):
            order = f"order-{day:%m%d}-{number:02d}"
            begun = day + timedelta(hours=7, minutes=dice.randrange(600))
            tries = 1 + (dice.random() < 0.15) + (3 if day >= RETRIES_BEGIN and dice.random() < 0.6 else 0)
            rows.extend(_call(dice, order, begun + timedelta(seconds=20 * one)) for one in range(tries))
    return rows


def _call(dice: random.Random, order: str, begun: datetime) -> dict[str, Any]:
    asked, answered = dice.randrange(5200, 9400), dice.randrange(260, 520)
    cached = round(asked * 0.4)
    # Claude Sonnet 5.5: 2, 0.1 and 10 dollars a million fresh, cached and answered tokens.
    spend = ((asked - cached) * 2 + cached * 0.1 + answered * 10) / 1_000_000
    return {
        "request_id": f"req-{order}-{begun:%H%M%S}",
        "call_type": "acompletion",
        "startTime": begun.isoformat(),
        "endTime": (begun + timedelta(seconds=dice.uniform(2, 6))).isoformat(),
        "model": "anthropic/claude-sonnet-5-5",
        "custom_llm_provider": "anthropic",
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
        "spend": round(spend, 9),
        "status": "success",
        "team_id": "purchasing",
        "session_id": order,
        "metadata": {
            "user_api_key_alias": "order-agent",
            "user_api_key_team_alias": "purchasing",
            "usage_object": {"prompt_tokens_details": {"cached_tokens": cached}},
        },
        "request_tags": ["workflow:order_confirmations"],
    }


def _outcomes(dice: random.Random, days: list[datetime]) -> list[dict[str, Any]]:
    """What the teams counted by week: texts that went online, requests answered without a colleague."""
    texts = "1.80 EUR a text: three minutes of an editor at 0.60 EUR, measured in August; count of the shop team"
    desk = "3.10 EUR for a request a colleague answers, measured in August; count of the desk's tool"
    rows: list[dict[str, Any]] = []
    for week in [day for day in days if day.weekday() == 4]:
        good = dice.randrange(210, 260)
        counted = (good, good + dice.randrange(30, 60))
        rows.append(_outcome("texts", "marketing", "product_texts", week, counted, Decimal("1.80"), texts))
        good = dice.randrange(520, 640)
        counted = (good, good + dice.randrange(700, 900))
        rows.append(_outcome("desk", "service", "service_desk", week, counted, Decimal("3.10"), desk))
    return rows


def _outcome(
    name: str, team: str, workflow: str, week: datetime, counted: tuple[int, int], each: Decimal, basis: str
) -> dict[str, Any]:
    accepted, ended = counted
    return {
        "ref": f"{name}-{week:%Y-%m-%d}",
        "team": team,
        "workflow": workflow,
        "accepted": accepted,
        "ended": ended,
        "value": str(accepted * each),
        "currency": "EUR",
        "basis": basis,
        "at": (week + timedelta(hours=15)).isoformat(),
    }


if __name__ == "__main__":
    main()
