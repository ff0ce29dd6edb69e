"""From attempts and how they ended to rows of the ledger and what they add to its sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from tiebeam.economics.metering.charges import Attempt, Settlement, Usage
from tiebeam.economics.metering.tables import CLASSES, usage_charge
from tiebeam.kit import stored_json

COLUMNS = tuple(column.name for column in usage_charge.columns if column.name != "seq")
SUMMED = ("requests", "attempts", *(f"{name}_tokens" for name in CLASSES), "usd_nano", "estimated_nano", "retried_nano")
SPENT = ("spent_nano", "estimated_nano", "requests")
_MOST_NANO = 10**17
_MOST_TOKENS = 10**12
"""More than any attempt costs or uses. Sums of many of them still fit a column."""
_MOST_AT_ONCE = 10**15


@dataclass(frozen=True, slots=True)
class Metered:
    """An attempt that ended, as one row. `corrects` is the id of the charge that a correction belongs to."""

    attempt: Attempt
    settlement: Settlement
    corrects: str | None = None
    day: str | None = None
    """The day it is booked on where that is not the attempt's own: `YYYY-MM-DD`."""


@dataclass(slots=True)
class Sums:
    """What rows add to the rollup, by day and the rest of its key, and to budgets, by node and window."""

    daily: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    spend: dict[tuple[str, int], list[int]] = field(default_factory=dict)


def row_of(one: Metered) -> tuple[Any, ...]:
    """The row in the order of COLUMNS, as both drivers take it."""
    made, ended = one.attempt, one.settlement
    usage = ended.usage
    at, day = _moment(made.at)
    return (
        made.id,
        made.call_id,
        at,
        one.day or day,
        made.team,
        made.workflow,
        made.key_id,
        made.agent,
        made.environment,
        made.execution,
        made.step_id,
        made.endpoint,
        made.asked,
        made.model,
        made.provider,
        made.upstream,
        made.region,
        made.service,
        made.task_class,
        made.route,
        usage.input,
        usage.cached,
        usage.cache_write,
        usage.output,
        usage.reasoning,
        usage.audio_input,
        usage.audio_output,
        ended.nano,
        made.worst,
        ended.estimated,
        made.unenforced,
        ended.concluded,
        ended.ended.value,
        ended.status,
        ended.millis,
        ended.first_byte_millis,
        made.price,
        made.source,
        one.corrects,
        ended.fingerprint or None,
        _nodes_text(made.nodes),
    )


def sums_of(charges: Iterable[Metered]) -> Sums:
    """What the rows of these charges add up to. A correction is neither a request nor an attempt."""
    sums = Sums()
    for one in charges:
        made, ended = one.attempt, one.settlement
        usage, nano = ended.usage, ended.nano
        counts = 0 if one.corrects else 1
        concluded = counts if ended.concluded else 0
        estimated = nano if ended.estimated else 0
        added = (
            concluded,
            counts,
            usage.input,
            usage.cached,
            usage.cache_write,
            usage.output,
            usage.reasoning,
            usage.audio_input,
            usage.audio_output,
            nano,
            estimated,
            0 if ended.concluded else nano,
        )
        _add(sums.daily, daily_key(one), added)
        for node in made.nodes:
            _add(sums.spend, node, (nano, estimated, concluded))
    if any(max(added[2:9]) > _MOST_AT_ONCE for added in sums.daily.values()):
        raise OverflowError("a provider states more tokens than there can be")
    return sums


def daily_key(one: Metered) -> tuple[str, ...]:
    """Where a charge is added up: DAILY without its slot."""
    made = one.attempt
    return (
        one.day or _moment(made.at)[1],
        made.team,
        made.workflow,
        made.key_id,
        made.agent,
        made.environment,
        made.model,
        made.provider,
        made.upstream,
        made.source,
    )


def cleaned(one: Metered) -> Metered:
    """The charge without what a database does not take: characters of value 0, and numbers beyond its columns."""
    made, ended = one.attempt, one.settlement
    texts = {
        name: value.replace("\0", "\ufffd")
        for name in made.__struct_fields__
        if isinstance(value := getattr(made, name), str) and "\0" in value
    }
    usage = Usage(*(_bounded(getattr(ended.usage, name), _MOST_TOKENS) for name in Usage.__struct_fields__))
    return Metered(
        attempt=msgspec.structs.replace(made, **texts, worst=_bounded(made.worst, _MOST_NANO)),
        settlement=msgspec.structs.replace(
            ended,
            usage=usage,
            nano=_bounded(ended.nano, _MOST_NANO),
            fingerprint=ended.fingerprint.replace("\0", "\ufffd"),
            status=_counted(ended.status),
            millis=_counted(ended.millis),
            first_byte_millis=_counted(ended.first_byte_millis),
        ),
        corrects=one.corrects,
        day=one.day,
    )


def _bounded(number: int, most: int) -> int:
    return max(-most, min(number, most))


def _counted(number: int) -> int:
    return max(0, min(number, 2**31 - 1))


def _add(sums: dict[Any, list[int]], key: Any, added: tuple[int, ...]) -> None:
    held = sums.get(key)
    if held is None:
        sums[key] = list(added)
        return
    for index, value in enumerate(added):
        if value:
            held[index] += value


def _moment(millis: int) -> tuple[str, str]:
    """As the column `at` holds it, and the day."""
    seconds, rest = divmod(millis, 1000)
    text = _second(seconds)
    return f"{text}.{rest:03d}000Z", text[:10]


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1024)
def _nodes_text(nodes: tuple[tuple[str, int], ...]) -> str:
    return stored_json(nodes)
