"""The figures as tables, correctness before speed."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

Rounds = dict[str, list[dict[str, Any]]]


def print_correctness(found: dict[str, Any]) -> None:
    race, rows = found["overspend"], found["lost_rows"]
    print("Correctness")
    print(
        f"  overspend, {race['processes']} processes x {race['writers_each']} writers, one killed in the middle: "
        f"{race['overspend_usd']} USD"
    )
    print(
        f"    ceiling {race['cap_usd']}, the provider charged {race['upstream_usd']} "
        f"({race['used_share']:.1%} of it before the end), the ledger says {race['ledger_usd']}"
    )
    print(f"    answers {race['answers']}, refused {race['refused']}, other {race['others']}")
    print(
        f"  rows lost when killed after {rows['answers']} answers: {rows['lost']} "
        f"(the ledger holds {rows['rows']}, the provider began {rows['upstream_calls']})"
    )
    print("  peers: not measured; without a database they hold no budgets and keep no ledger")


def print_figures(rounds: Rounds, *, scenes: list[str]) -> None:
    kept = {name: found for name, found in rounds.items() if found}
    base = kept.get("direct")
    for scene in scenes:
        print(f"\n{scene}")
        print(
            f"  {'':10}{'a second':>10}{'CPU us':>9}{'p50 ms':>9}{'p99 ms':>9}{'first p50':>11}{'first p99':>11}",
            end="",
        )
        print(f"{'added p50':>11}{'added first':>13}{'load core':>11}")
        for name, found in kept.items():
            one = _of(found, scene)
            if not one("answers"):
                print(f"  {name:10}no answer in time{_others(found, scene)}")
                continue
            line = (
                f"  {name:10}{one('per_second'):10,.0f}{one('cpu_us'):9,.0f}{one('p50'):9.2f}{one('p99'):9.2f}"
                f"{one('first_p50'):11.2f}{one('first_p99'):11.2f}"
            )
            if base is not None and name != "direct":
                far = _of(base, scene)
                line += f"{one('p50') - far('p50'):11.2f}{one('first_p50') - far('first_p50'):13.2f}"
            else:
                line += f"{'':24}"
            print(f"{line}{one('load_core'):11.0%}{_others(found, scene)}")
    print(f"\n  {'':10}{'boot s':>9}{'idle MB':>9}{'after load MB':>15}")
    for name, found in kept.items():
        if name != "direct":
            print(f"  {name:10}{_median(found, 'boot_seconds'):9.2f}{_median(found, 'idle_mb'):9.1f}", end="")
            print(f"{_median(found, 'loaded_mb'):15.1f}")
    _print_ratios(kept)


def _print_ratios(kept: Rounds) -> None:
    """Of one round each, since a machine differs more from hour to hour than from minute to minute."""
    for name in kept:
        if name in {"direct", "tiebeam"}:
            continue
        ratios = [
            ours["scenes"]["c=32"]["per_second"] / theirs["scenes"]["c=32"]["per_second"]
            for ours, theirs in zip(kept.get("tiebeam", []), kept[name], strict=False)
            if theirs["scenes"]["c=32"]["per_second"]
        ]
        if ratios:
            print(
                f"  tiebeam does {statistics.median(ratios):.1f} times what {name} does at c=32 ({len(ratios)} rounds)"
            )


def _of(found: list[dict[str, Any]], scene: str) -> Callable[[str], float]:
    return lambda what: statistics.median(one["scenes"][scene][what] for one in found)


def _median(found: list[dict[str, Any]], what: str) -> float:
    return statistics.median(one[what] for one in found)


def _others(found: list[dict[str, Any]], scene: str) -> str:
    others: dict[str, int] = {}
    for one in found:
        for status, times in one["scenes"][scene]["others"].items():
            others[status] = others.get(status, 0) + times
    return f"   {others}" if others else ""
