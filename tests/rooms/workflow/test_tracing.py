"""One trace for each run, whoever told which part of it: two processes, crashes, runs within runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.builders.ended_runs import insert_row, table
from tests.builders.nested_recipe import ORDER
from tiebeam.app.telemetry import telemetry, telemetry_to
from tiebeam.engine import Engine, Segment
from tiebeam.kit import FixedClock, iso
from tiebeam.spec import as_data
from tiebeam.store import Store
from tiebeam.workflow.tracing import Tracing, span_id_of, trace_id_of, traceparent_of


class Kept:
    """Everything exported, as OpenTelemetry's own SDK has it."""

    def __init__(self, store: Store) -> None:
        self._exporter = InMemorySpanExporter()
        export = telemetry_to(SimpleSpanProcessor(self._exporter)).export
        self.tracing = Tracing(store, export, effects=Engine(store).effects)

    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def named(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.spans()}


def make_run(store: Store, run_id: str, **values: object) -> None:
    content = as_data(ORDER)
    # One of its steps asks a model.
    next(step for step in content["step"] if step["id"] == "credit")["uses"] = "model.complete"
    with store.unit() as unit:
        at = unit.now
        if unit.conn.execute(sa.select(table("pinned_recipe").c.hash)).first() is None:
            insert_row(unit.conn, "pinned_recipe", hash="h", recipe=ORDER.id, content=content, pinned_at=at)
        what = {"intent": ORDER.intent, "recipe": ORDER.id, "recipe_hash": "h", "state": "running", "labels": []}
        insert_row(unit.conn, "run", id=run_id, input={}, started_at=at, updated_at=at, **{**what, **values})


def end_step(store: Store, run_id: str, step_id: str, *, state: str = "done", early: timedelta = timedelta(0)) -> None:
    with store.unit() as unit:
        what = {"state": state, "outcome": "ok", "output": {}, "evidence": {}}
        times = {"started_at": unit.now - timedelta(seconds=2), "ended_at": unit.now - early}
        insert_row(unit.conn, "run_step", run_id=run_id, step_id=step_id, **what, **times)


def end_run(store: Store, run_id: str, state: str = "done") -> None:
    run = table("run")
    with store.unit() as unit:
        done = {"state": state, "ended_at": unit.now, "updated_at": unit.now}
        unit.conn.execute(sa.update(run).where(run.c.id == run_id).values(**done))


def test_a_run_is_one_trace_with_the_names_of_the_conventions(store: Store, clock: FixedClock) -> None:
    kept = Kept(store)
    make_run(store, "run_1", team="sales")
    for step_id in ("read", "credit", "lines", "check[0]", "check[1]", "settle[1]"):
        clock.advance(seconds=5)
        end_step(store, "run_1", step_id)
    end_step(store, "run_1", "release", state="skipped")
    with store.unit() as unit:
        times = {"begun_at": unit.now - timedelta(seconds=9), "confirmed_at": unit.now - timedelta(seconds=6)}
        insert_row(
            unit.conn, "engine_effect", run_id="run_1", step_id="credit", state="confirmed", mode="idempotent", **times
        )
    assert kept.tracing.tell("run_1") == 6
    clock.advance(seconds=5)
    end_run(store, "run_1")
    _charge(store, "run_1", "credit")
    clock.advance(seconds=30)
    kept.tracing.work()
    named = kept.named()
    root = named[f"invoke_workflow {ORDER.id}"]
    assert {span.context.trace_id for span in kept.spans()} == {trace_id_of("run_1")}
    assert root.parent is None
    assert dict(root.attributes or {})["gen_ai.workflow.name"] == ORDER.id
    agent = named["invoke_agent credit"]
    assert agent.parent is not None
    assert agent.parent.span_id == root.context.span_id
    assert (agent.end_time or 0) - (agent.start_time or 0) >= 3_000_000_000
    chat = named["chat small"]
    assert chat.parent is not None
    assert chat.parent.span_id == agent.context.span_id
    facts = dict(chat.attributes or {})
    assert (facts["gen_ai.usage.input_tokens"], facts["gen_ai.usage.output_tokens"]) == (120, 30)
    assert facts["gen_ai.provider.name"] == "acme"
    tools = [span for span in kept.spans() if span.name == "execute_tool x.y"]
    inside = [span for span in tools if span.parent and span.parent.span_id == span_id_of("run_1", "lines")]
    assert len(inside) == 2
    assert named["tiebeam.review settle[1]"].end_time is not None
    assert len(kept.spans()) == 8


def _charge(store: Store, run_id: str, step_id: str) -> None:
    with store.unit() as unit:
        what = {"id": "charge_1", "call_id": "call_1", "execution": run_id, "step_id": step_id, "endpoint": "chat"}
        used = {"input_tokens": 100, "cached_tokens": 20, "output_tokens": 30, "millis": 800, "ended": "ok"}
        model = {"asked": "small", "model": "small-2", "provider": "acme", "day": iso(unit.now)[:10], "at": unit.now}
        insert_row(unit.conn, "usage_charge", **what, **used, **model, nodes=[], estimated=False)
        insert_row(unit.conn, "usage_daily", day=model["day"])


def test_nothing_is_told_twice_and_nothing_late_is_lost(store: Store, clock: FixedClock) -> None:
    kept, other = Kept(store), Kept(store)
    make_run(store, "run_1")
    end_step(store, "run_1", "read")
    clock.advance(seconds=20)
    end_step(store, "run_1", "credit")
    assert kept.tracing.tell("run_1") == 2
    assert other.tracing.tell("run_1") == 0
    # Committed later than another one, with an earlier moment.
    end_step(store, "run_1", "lines", early=timedelta(seconds=10))
    assert other.tracing.tell("run_1") == 1
    end_run(store, "run_1", "failed")
    clock.advance(minutes=1)
    kept.tracing.work()
    other.tracing.work()
    ended = [span for span in (*kept.spans(), *other.spans()) if span.name.startswith("invoke_workflow")]
    assert len(ended) == 1
    assert not ended[0].status.is_ok
    # A segment that comes after all was told, such as one that tells a parent.
    assert kept.tracing.tell("run_1") == 0
    assert kept.tracing.work() > 0
    assert len(kept.spans()) + len(other.spans()) == 4


def test_a_run_within_a_run_belongs_to_its_trace(store: Store, clock: FixedClock) -> None:
    kept = Kept(store)
    make_run(store, "run_1")
    make_run(store, "run_2", parent_run_id="run_1", parent_step="ship")
    end_step(store, "run_2", "read")
    kept.tracing.tell("run_2")
    end_run(store, "run_2")
    clock.advance(minutes=1)
    kept.tracing.work()
    spans = {span.name: span for span in kept.spans()}
    child = spans[f"invoke_workflow {ORDER.id}"]
    assert child.context.trace_id == trace_id_of("run_1")
    assert child.parent is not None
    assert child.parent.span_id == span_id_of("run_1", "ship")
    header = traceparent_of("run_1", "run_2", "read")
    assert header == f"00-{trace_id_of('run_1'):032x}-{span_id_of('run_2', 'read'):016x}-01"


OTHER_PROCESS = """
import json, sys
from tiebeam.engine import Engine
from tiebeam.kit import FixedClock, RandomIds, parse_iso
from tiebeam.store import Store
from tiebeam.workflow.tracing import Tracing

url, now, run, verb = sys.argv[1:]
clock = FixedClock(parse_iso(now))
store = Store(url, clock=clock, ids=RandomIds(clock))
told = []
tracing = Tracing(store, told.extend, effects=Engine(store).effects)
tracing.tell(run) if verb == "tell" else tracing.work()
print(json.dumps([[one.name, f"{one.trace_id:032x}", one.span_id, one.parent_id] for one in told]))
"""


def test_two_workers_tell_one_trace(store: Store, clock: FixedClock) -> None:
    def elsewhere(verb: str) -> list[tuple[str, str, int, int | None]]:
        url = store.url.render_as_string(hide_password=False)
        command = [sys.executable, "-c", OTHER_PROCESS, url, iso(clock.now()), "run_1", verb]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return [tuple(one) for one in json.loads(done.stdout)]

    kept = Kept(store)
    make_run(store, "run_1")
    end_step(store, "run_1", "read")
    kept.tracing.tell("run_1")
    clock.advance(seconds=5)
    end_step(store, "run_1", "release")
    second = elsewhere("tell")
    end_run(store, "run_1")
    clock.advance(minutes=1)
    last = elsewhere("work")
    assert [name for name, *_ in second] == ["tiebeam.review release"]
    assert [name for name, *_ in last] == [f"invoke_workflow {ORDER.id}"]
    (mine,) = kept.spans()
    assert {trace for _, trace, _, _ in (*second, *last)} == {f"{mine.context.trace_id:032x}"}
    root = last[0][2]
    assert mine.parent is not None
    assert mine.parent.span_id == root == second[0][3]


def test_runs_that_a_batch_carries_out_are_told_with_it(store: Store, clock: FixedClock) -> None:
    kept = Kept(store)
    for name in ("run_1", "run_2"):
        make_run(store, name, batch_id="batch_1")
        end_step(store, name, "read")
    make_run(store, "run_3", batch_id="batch_2")
    end_step(store, "run_3", "read")
    told = kept.tracing.after_batches(lambda _segment: None)
    engine = Engine(store)
    told(Segment("intake", "batch_1", 0, engine))
    told(Segment("intake", "batch_1|run_1", 1, engine))
    assert [span.name for span in kept.spans()] == ["execute_tool x.y"] * 2
    end_run(store, "run_2", "stopped")
    clock.advance(minutes=1)
    kept.tracing.work()
    assert [span.name for span in kept.spans()][2:] == [f"invoke_workflow {ORDER.id}"]


def test_without_a_place_to_send_to_there_are_no_traces(caplog: pytest.LogCaptureFixture) -> None:
    assert telemetry({}) is None
    assert telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}) is None
    assert caplog.records == []
    opened = telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert opened is not None
    opened.close()
