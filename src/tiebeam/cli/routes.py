"""Verbs about routing: where calls go and why, what is approved, and how good models are."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Figure,
    Group,
    json_option,
    limit_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.routing import Candidate, Explained

_ENDPOINTS = ("chat/completions", "responses", "embeddings", "messages")


@click.group(cls=Group)
def routes() -> None:
    """Routing of model calls: classes of tasks, the models they go to, results and approvals."""


@routes.command("list")
@workspace_option
@person_option
@json_option
@asks("route.view", "route")
def listing(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Every policy with its classes, and every name clients may ask for."""
    with calling(workspace, person) as caller:
        policies = caller.app.routing.policies(caller.principal)
        served = caller.app.routing.served(caller.principal)
    if as_json:
        from tiebeam.spec import as_data

        print_json({"policies": [as_data(one) for one in policies], "served": [as_data(one) for one in served]})
        return
    rows = [
        (
            f"{policy.id}/{one.name}",
            policy.mode.value,
            one.capability.value,
            ", ".join(one.models),
            "" if one.output_token_cap is None else f"{one.output_token_cap:,}",
            "" if one.tokens_per_day is None else f"{one.tokens_per_day:,}",
            "" if one.quality_floor is None else f"{one.quality_floor:f} on {one.evaluation}",
        )
        for policy in policies
        for one in policy.task_class
    ]
    print_table(("class", "mode", "capability", "models", "tokens out", "tokens a day", "floor"), rows)
    say("")
    places = [
        (one.name, one.capability.value, ", ".join(f"{it.model} at {it.upstream}" for it in one.serving))
        for one in served
    ]
    print_table(("model", "capability", "served from"), places)


@routes.command("explain")
@click.argument("model")
@click.option("--task-class", default="", help="As x-tiebeam-task-class says it.")
@click.option("--workflow", default="", help="The workflow of the call.")
@click.option(
    "--endpoint", type=click.Choice(_ENDPOINTS), default="chat/completions", show_default=True, help="What is called."
)
@click.option("--input-tokens", type=click.IntRange(0), default=0, help="How long the prompt is.")
@workspace_option
@person_option
@json_option
@asks("route.view", "route")
def explain(
    model: str,
    task_class: str,
    workflow: str,
    endpoint: str,
    input_tokens: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Where a call for MODEL would go now, and every place that was weighed."""
    from tiebeam.economics.routing import Facts
    from tiebeam.spec import Endpoint

    with calling(workspace, person) as caller:
        store = caller.app.store
        now = int(store.clock.now().timestamp() * 1000)
        facts = Facts(endpoint=Endpoint(endpoint), now_ms=now, input_bound=input_tokens)
        with store.read() as conn:
            found = caller.app.routing.explain(
                conn, caller.principal, model, facts=facts, task_class=task_class, workflow=workflow
            )
    if as_json:
        print_json(found)
    else:
        _print(found)


@routes.command("approvals")
@workspace_option
@person_option
@json_option
@asks("route.view", "route")
def approvals(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """The central register: approved providers and models, who answers, commitments and terms."""
    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        rows = caller.app.routing.register(caller.principal)
        used = caller.app.routing.commitments(conn, caller.principal)
    if as_json:
        print_json({"rows": rows, "commitments": used})
        return
    table = [
        (
            one.id,
            one.provider,
            ", ".join(one.models),
            ", ".join(one.regions) or "all",
            one.owner_role,
            "over" if one.is_over else one.until or "open",
            ", ".join(f"{it.used_usd:f} of {it.usd_per_month:f} USD" for it in used if it.approval == one.id),
            ", ".join(one.upstreams) or "none",
        )
        for one in rows
    ]
    print_table(
        ("approval", "provider", "models", "regions", "owner", "until", "committed this month", "upstreams"), table
    )


@routes.group("quality", cls=Group)
def quality() -> None:
    """Results of evaluations that quality floors are read from."""


@quality.command("record")
@click.argument("served")
@click.argument("evaluation")
@click.argument("score", type=Figure())
@click.option("--cases", type=int, required=True, help="Over how many cases.")
@click.option("--source", required=True, help="Where the result is from: a run, a report, a date.")
@click.option("--model", default=None, help="The provider's name of what was evaluated [default: the first served].")
@workspace_option
@person_option
@json_option
@asks("route.record_quality", "route", inside=True)
def record(
    served: str,
    evaluation: str,
    score: Decimal,
    cases: int,
    source: str,
    model: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Keep that SERVED did SCORE (a share such as 0.94) on EVALUATION."""
    with calling(workspace, person) as caller:
        made = caller.app.routing.record(
            caller.principal,
            served=served,
            evaluation=evaluation,
            score=score,
            cases=cases,
            source=source,
            model=model,
        )
    if as_json:
        print_json(made)
    else:
        say(f"{made.id}: {made.served} ({made.model}) did {made.score:f} on {made.evaluation}, {made.cases} cases")


@quality.command("list")
@click.option("--served", default=None, help="Of one served model.")
@click.option("--evaluation", default=None, help="On one evaluation.")
@limit_option
@workspace_option
@person_option
@json_option
@asks("route.view", "route")
def results(
    served: str | None,
    evaluation: str | None,
    limit: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Recorded results, newest first."""
    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        rows = caller.app.routing.results(conn, caller.principal, served=served, evaluation=evaluation, limit=limit)
    if as_json:
        print_json({"rows": rows})
        return
    table = [
        (one.served, one.model, one.evaluation, f"{one.score:f}", one.cases, one.recorded_at.date(), one.source)
        for one in rows
    ]
    print_table(("served", "model", "evaluation", "score", "cases", "recorded", "source"), table)


def _print(found: Explained) -> None:
    if found.policy:
        say(f"{found.policy}/{found.task_class} ({found.mode}, {found.capability})")
    say(found.route or f"refused: {found.refusal}")
    if found.shadow:
        say(f"shadow: {found.shadow}")
    rows = [
        (one.served, one.provider, one.model, _price(one), _dedicated(one), _score(one), one.why_not or "open")
        for one in found.candidates
    ]
    print_table(("served", "provider", "model", "USD/Mtok", "dedicated USD/Mtok", "result", "state"), rows)


def _price(one: Candidate) -> str:
    return "unknown" if one.usd_per_mtok is None else f"{one.usd_per_mtok:,.2f}"


def _dedicated(one: Candidate) -> str:
    if one.dedicated is None:
        return ""
    used = one.dedicated.usd_per_mtok
    now = "unused" if used is None else f"{used:,.2f} at {one.dedicated.utilisation:.1%}"
    return f"{now}, {one.dedicated.usd_per_mtok_at_full_use:,.2f} when full"


def _score(one: Candidate) -> str:
    if one.floor is None:
        return ""
    return f"{'none' if one.score is None else f'{one.score:f}'} (floor {one.floor:f})"
