"""Verbs about decisions between ways to serve a volume: record one, list them, show one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.calculator import asked_question, question_options
from tiebeam.cli.shared import Group, json_option, person_option, print_json, print_table, say, workspace_option

if TYPE_CHECKING:
    from tiebeam.economics.decisions import Decision

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=Group)
def decisions() -> None:
    """What was chosen between API, GPUs and capacity: with figures, owner, reason and date."""


@decisions.command("record")
@asks("decision.record", "decision", inside=True)
@click.option("--title", required=True, help="What is decided, in a line.")
@click.option("--choose", "chosen", required=True, metavar="OPTION", help="An option of `tiebeam calculator compare`.")
@click.option("--owner", required=True, metavar="role:ID|person:ID", help="Who answers for it.")
@click.option("--reason", required=True, help="Why, and what is given up for it; it goes on the record.")
@click.option("--revisit", type=_DAY, default=None, help="The day to look at it again.")
@click.option("--weigh", "weighed", multiple=True, metavar="OPTION", help="Weighed beside it [default: the cheapest].")
@click.option("--supersedes", default=None, metavar="DECISION", help="The earlier decision that this one replaces.")
@question_options
@workspace_option
@person_option
@json_option
def record(
    *,
    title: str,
    chosen: str,
    owner: str,
    reason: str,
    revisit: datetime | None,
    weighed: tuple[str, ...],
    supersedes: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Decide between the options of a comparison. The question and the options are kept with their figures."""
    from tiebeam.economics.calculator import Catalogue, compare
    from tiebeam.economics.decisions import Choice

    question = asked_question(options)
    choice = Choice(
        title=title,
        chosen=chosen,
        owner=owner,
        reason=reason,
        revisit=None if revisit is None else revisit.date(),
        weighed=weighed,
        supersedes=supersedes,
    )
    with calling(workspace, person) as caller:
        app = caller.app
        day = question.at or app.store.clock.now().date()
        comparison = compare(Catalogue(app.graph(), app.economics.prices, day=day), question)
        with app.store.unit() as unit:
            made = app.decisions.record(unit, caller.principal, comparison=comparison, choice=choice)
    if as_json:
        print_json(made.form(day))
    else:
        _print(made)


@decisions.command("list")
@asks("decision.view", "decision", inside=True)
@click.option("--superseded", is_flag=True, help="Those that a later one replaced too.")
@workspace_option
@person_option
@json_option
def listing(superseded: bool, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Every decision in force, newest first; `due` where its day to look again has come."""
    with calling(workspace, person) as caller:
        store = caller.app.store
        today = store.clock.now().date()
        with store.read() as conn:
            found = caller.app.decisions.find(conn, caller.principal, with_superseded=superseded)
    if as_json:
        print_json({"rows": [one.form(today) for one in found]})
        return
    rows = [
        (
            one.id,
            one.recorded_at.date(),
            one.title,
            one.chosen,
            one.owner,
            "due" if one.is_due(today) else one.revisit or "",
            one.superseded_by or "",
        )
        for one in found
    ]
    print_table(("decision", "taken", "title", "chosen", "owner", "revisit", "superseded by"), rows)


@decisions.command("show")
@asks("decision.view", "decision", inside=True)
@click.argument("decision")
@workspace_option
@person_option
@json_option
def show(decision: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """DECISION with the options as they were on its day."""
    with calling(workspace, person) as caller:
        store = caller.app.store
        with store.read() as conn:
            found = caller.app.decisions.show(conn, caller.principal, decision)
        today = store.clock.now().date()
    if as_json:
        print_json(found.form(today))
    else:
        _print(found)


def _print(found: Decision) -> None:
    say(f"{found.id}: {found.title}")
    say(f"{found.chosen}, decided on {found.recorded_at.date()} for {found.owner}: {found.reason}")
    say(
        f"{found.tokens_per_month:,.0f} tokens a month at the prices of {found.question['at']}; "
        f"{found.premium_per_month:,.2f} {found.currency} a month above the cheapest weighed"
    )
    if found.revisit is not None:
        say(f"to be looked at again on {found.revisit}")
    if found.superseded_by is not None:
        say(f"superseded by {found.superseded_by}")
    rows = [
        ("◄" if one["id"] == found.chosen else "", one["kind"], one["id"], one["per_mtok"], one["per_month"])
        for one in found.options
    ]
    print_table(("", "", "option", "a million", "a month"), rows)
