"""How long one question of authority takes in the hot path of a decision: a real task and person, every rule in force.

Ours: `Authority.may` over the applied graph of Harbour Tools, its own rules included. Beside it in the same run: the
same Cedar policies with their text parsed at each question, as a caller without a compiled set would, and the same
decision as plain `if` statements in Python, which is the floor: no schema, no explanation, no rules of a workspace.

    python -m benchmarks.policy_decision [--questions 2000] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.app import App, open_app
from tiebeam.authority import Obj, Principal
from tiebeam.authority.facts import request_of
from tiebeam.authority.questions import Question
from tiebeam.graph import init_workspace
from tiebeam.workflow.intake import arrivals_in
from tiebeam.workflow.promotion import Stage

INTENT = "finance.invoice-processing-matching"
PERSON = "jonas-petersen"
FEWER = 20
"""Parsing at each question is so slow that every twentieth question is enough."""


def prepare(folder: Path) -> None:
    """The example company with three of its invoices worked on, so that a task waits."""
    init_workspace(folder, example="harbour-tools")
    app = open_app(folder)
    actor = app.workforce.principal("kerstin-blohm")
    app.evaluate(INTENT, actor=actor.actor)
    app.promotion.promote(INTENT, to=Stage.PILOT, actor=actor.actor)
    app.engine.launch()
    arrivals = arrivals_in(folder / "data" / "inbox")[:3]
    app.starting.take_in(actor, INTENT, arrivals, source="benchmark")
    if not app.engine.drain(timeout=300):
        raise SystemExit("the invoices were not worked on within five minutes")
    app.close()


def waiting(app: App) -> Obj:
    with app.store.read() as conn:
        tasks = app.workforce.tasks(conn, state="active").rows
        if not tasks:
            raise SystemExit("no task waits; the example company changed")
        return app.workforce.task_object(conn, tasks[0].id)


def in_python(principal: Principal, verb: str, obj: Obj, context: Mapping[str, Any]) -> bool:
    """The rules that speak of deciding and releasing, as statements."""
    if principal.kind.value in {"agent", "service"} or (principal.scopes is not None and verb not in principal.scopes):
        return False
    excluded = obj.names("excluded_people")
    if principal.person_id in excluded or (principal.vouched_by is not None and principal.vouched_by in excluded):
        return False
    absent = principal.on_behalf_of(str(obj.attributes["role"]))
    if absent and excluded.issuperset(absent):
        return False
    claimer = obj.attributes.get("claimed_by")
    if claimer is not None and claimer != principal.person_id:
        return False
    if verb == "task.release_money" and context["limit"] is not None and context["amount"] > context["limit"]:
        return False
    return bool(obj.acting_roles & principal.all_roles)


def measured(ask: Callable[[], Any], *, times: int) -> dict[str, float]:
    """Microseconds: median and 95th percentile of the clock, and CPU on average."""
    for _ in range(min(times, 50)):
        ask()
    spent: list[float] = []
    cpu = time.process_time()
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        spent.append(time.perf_counter() - begun)
    cpu = time.process_time() - cpu
    cuts = statistics.quantiles(spent, n=20)
    return {
        "median_us": round(statistics.median(spent) * 1e6, 1),
        "p95_us": round(cuts[18] * 1e6, 1),
        "cpu_us": round(cpu / times * 1e6, 1),
    }


def compared(app: App, task: Obj, *, questions: int) -> dict[str, Any]:
    from cedarpy import is_authorized

    policies = app.authority.policies
    text, schema = "\n".join(rule.text for rule in policies.rules), policies.shape.text
    who = app.workforce.principal(PERSON)
    found: dict[str, Any] = {"rules": len(policies.rules)}
    money = {"amount": Decimal("1234.50"), "limit": Decimal(50000)}
    for verb, context in (("task.decide", {}), ("task.release_money", money)):
        question = Question(who, verb, task, context)
        request, entities = request_of(question, policies.shape, voucher_counts=True)
        answers = {
            app.authority.may(who, verb, task, context).allowed,
            is_authorized(request, text, entities, schema).allowed,
            in_python(who, verb, task, context),
        }
        if len(answers) != 1:
            raise SystemExit(f"the three disagree on {verb}; the comparison would mean nothing")
        found[verb] = {
            "tiebeam": measured(lambda: app.authority.may(who, verb, task, context), times=questions),  # noqa: B023
            "building request and entities": measured(
                lambda: request_of(question, policies.shape, voucher_counts=True),  # noqa: B023
                times=questions,
            ),
            "cedar, text parsed each time": measured(
                lambda: is_authorized(request, text, entities, schema),  # noqa: B023
                times=max(20, questions // FEWER),
            ),
            "if statements": measured(lambda: in_python(who, verb, task, context), times=questions),  # noqa: B023
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebeam-policy-") as folder:
        company = Path(folder) / "company"
        prepare(company)
        # Opened again without workers, whose threads would be counted with the question.
        app = open_app(company)
        try:
            found = compared(app, waiting(app), questions=given.questions)
        finally:
            app.close()
    for verb in ("task.decide", "task.release_money"):
        print(f"{verb}, {found['rules']} rules")
        for name, figures in found[verb].items():
            print(
                f"  {name:32} median {figures['median_us']:8.1f} µs   p95 {figures['p95_us']:8.1f} µs"
                f"   CPU {figures['cpu_us']:8.1f} µs"
            )
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
