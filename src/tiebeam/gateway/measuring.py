"""What a process says of itself, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tiebeam.app import Calls
from tiebeam.gateway.breaker import Breaker
from tiebeam.gateway.counting import Counts
from tiebeam.kit import decimal_text, usd_of_nano


def metrics_text(counts: Counts, calls: Calls | None, breakers: Mapping[str, Breaker]) -> bytes:
    """Everything since the start of this process. `calls` None while the workspace was not read."""
    lines: list[str] = []
    _add(
        lines,
        "tiebeam_gateway_replies_total",
        "counter",
        (({"endpoint": endpoint, "status": str(status)}, n) for (endpoint, status), n in counts.replies.items()),
    )
    _add(lines, "tiebeam_gateway_refusals_total", "counter", (({"code": c}, n) for c, n in counts.refusals.items()))
    _add(
        lines,
        "tiebeam_gateway_attempts_total",
        "counter",
        (({"upstream": name, "ended": ended}, n) for (name, ended), n in counts.attempts.items()),
    )
    for name, kind, value in (
        ("tiebeam_gateway_charged_usd_total", "counter", decimal_text(usd_of_nano(counts.nano))),
        ("tiebeam_gateway_estimated_attempts_total", "counter", counts.estimated),
        ("tiebeam_gateway_callers_left_total", "counter", counts.left),
        ("tiebeam_gateway_calls_waited_total", "counter", counts.waited),
        ("tiebeam_gateway_calls_inside", "gauge", counts.inside),
    ):
        _add(lines, name, kind, [({}, value)])
    _add(
        lines,
        "tiebeam_gateway_upstream_resting",
        "gauge",
        (({"upstream": n}, int(b.is_shut)) for n, b in breakers.items()),
    )
    if calls is not None:
        _add_store(lines, calls)
    return "".join(lines).encode()


def _add_store(lines: list[str], calls: Calls) -> None:
    state = calls.meter.writer.state()
    held = sum(one.held_nano for one in calls.spending.snapshot())
    for name, kind, value in (
        ("tiebeam_gateway_store_away", "gauge", int(calls.is_store_away)),
        ("tiebeam_gateway_open_attempts", "gauge", calls.journal.open_attempts),
        ("tiebeam_gateway_held_usd", "gauge", decimal_text(usd_of_nano(held))),
        ("tiebeam_gateway_journal_behind_bytes", "gauge", state.behind_bytes),
        ("tiebeam_gateway_charges_written_total", "counter", state.written),
        ("tiebeam_gateway_charges_refused_total", "counter", state.refused),
    ):
        _add(lines, name, kind, [({}, value)])


def _add(lines: list[str], name: str, kind: str, values: Iterable[tuple[Mapping[str, str], object]]) -> None:
    lines.append(f"# TYPE {name} {kind}\n")
    for labels, value in values:
        said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{said}}} {value}\n" if said else f"{name} {value}\n")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
