"""From attempts and how they ended to rows of the ledger and what they add to its sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from tiebeam.economics.metering.charges import Attempt, Settlement, Usage
from tiebeam.economics.tables import CLASSES, usage_charge
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


@dataclass(slots=True)
class Sums:
    """What rows add to the rollup, by day and the rest of its key, and to budgets, by node and window."""

    daily: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    spend: dict[tuple[str, int], list[int]] = field(default_factory=dict)


def row_of(one: Metered) -> tuple[Any, ...]:
    """The row in the order of COLUMNS, as both drivers take it."""
    made, ended = one.attempt, one.settlement
    usage = ended.usage
    seconds, rest = divmod(made.at, 1000)
    at = f"{_second(seconds)}.{rest:03d}000Z"
    return (
        made.id,
        made.call_id,
        at,
        at[:10],
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
        usage.cache_write_1h,
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
    grouped: dict[tuple[Any, ...], list[int]] = {}
    for one in charges:
        # Grouped by day, names and budgets at once: thousands of charges share few of those.
        key = _group_of(one)
        held = grouped.get(key)
        if held is None:
            held = grouped[key] = [0] * len(SUMMED)
        _count_in(held, one)
    sums = Sums()
    for (nodes, *place), added in grouped.items():
        _add(sums.daily, tuple(place), added)
        for node in nodes:
            # Dollars, estimates and requests, where SUMMED has them.
            _add(sums.spend, node, (added[10], added[11], added[0]))
    if any(max(added[2:10]) > _MOST_AT_ONCE for added in sums.daily.values()):
        raise OverflowError("a provider states more tokens than there can be")
    return sums


def monthly_of(sums: Sums) -> dict[tuple[str, ...], list[int]]:
    """The same by month, team, workflow, model and provider: MONTHLY without its slot."""
    found: dict[tuple[str, ...], list[int]] = {}
    for (day, team, workflow, _key, _agent, _environment, model, provider, *_), added in sums.daily.items():
        _add(found, (day[:7], team, workflow, model, provider), added)
    return found


def _count_in(held: list[int], one: Metered) -> None:
    ended = one.settlement
    usage, nano = ended.usage, ended.nano
    if one.corrects is None:
        held[0] += ended.concluded
        held[1] += 1
    held[2] += usage.input
    held[3] += usage.cached
    held[4] += usage.cache_write
    held[5] += usage.output
    held[6] += usage.reasoning
    held[7] += usage.audio_input
    held[8] += usage.audio_output
    held[9] += usage.cache_write_1h
    held[10] += nano
    if ended.estimated:
        held[11] += nano
    if not ended.concluded:
        held[12] += nano


def _group_of(one: Metered) -> tuple[Any, ...]:
    """The budgets, then the rollup's key without its slot."""
    made = one.attempt
    return (
        made.nodes,
        _day(made.at // 86_400_000),
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
    )


def _bounded(number: int, most: int) -> int:
    return max(-most, min(number, most))


def _counted(number: int) -> int:
    return max(0, min(number, 2**31 - 1))


def _add(sums: dict[Any, list[int]], key: Any, added: Sequence[int]) -> None:
    held = sums.get(key)
    if held is None:
        sums[key] = list(added)
        return
    for index, value in enumerate(added):
        if value:
            held[index] += value


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    """As the column `at` holds it, up to its fraction."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")


@lru_cache(maxsize=1024)
def _nodes_text(nodes: tuple[tuple[str, int], ...]) -> str:
    return stored_json(nodes)
