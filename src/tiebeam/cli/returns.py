"""Verbs about what came of model use: returns, and outcomes of others' agents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.ledger_use import span_of, span_options
from tiebeam.cli.shared import (
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
    from tiebeam.economics.returns import Outcome, Reported


class Number(click.ParamType[Decimal]):
    """A plain decimal number."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        from tiebeam.kit import parse_amount

        if isinstance(value, Decimal):
            return value
        try:
            return parse_amount(str(value))
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


@click.command("returns")
@asks("ledger.view", "ledger")
@click.option(
    "--by",
    type=click.Choice(("workflow", "model", "team")),
    default="workflow",
    show_default=True,
    help="Whose cost and value stand in one line.",
)
@span_options
@click.option("--team", default=None, help="Only this team's.")
@click.option("--workflow", default=None, help="Only this workflow's.")
@workspace_option
@person_option
@json_option
def returns(
    *,
    by: str,
    since: datetime | None,
    until: datetime | None,
    team: str | None,
    workflow: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Return per token: cost of model use, outcomes, their value, and what a million tokens cost."""
    from tiebeam.economics.returns import ReturnBy
    from tiebeam.economics.returns import returns as work_out
    from tiebeam.http import seen_use

    span = span_of(since, until)
    with calling(workspace, person) as caller:
        scope, app = seen_use(caller), caller.app
        with app.store.read() as conn:
            found = work_out(
                conn,
                by=ReturnBy(by),
                prices=app.economics.prices,
                span=span,
                team=team,
                workflow=workflow,
                scope=scope,
            )
    rows = [one.form() for one in found.rows]
    if found.missing:
        say(f"no rate from USD to {', '.join(found.missing)}: value and labour in it are left out", err=True)
    if as_json:
        print_json(rows)
        return
    names = ("cost_usd", "value_usd", "outcomes", "usd_per_outcome", "usd_per_million_tokens", "value_per_token")
    head = [by, *(name.replace("_", " ") for name in names)]
    print_table(head, [[row["key"], *(_known(row[name]) for name in names)] for row in rows])


@click.group("outcomes", cls=Group)
def outcomes() -> None:
    """What came of work that others' agents did with our models: report it, list it."""


@outcomes.command("report")
@asks("outcome.report", "ledger", inside=True)
@click.option("--ref", default=None, help="Your own name of the case; the same again is the same outcome.")
@click.option("--team", default=None, help="As the key of its calls has it.")
@click.option("--workflow", default=None, help="As the key of its calls has it.")
@click.option("--agent", default="", help="Who did the work.")
@click.option("--execution", default="", help="As its calls named it; by it value is followed to models.")
@click.option("--accepted", type=int, default=1, show_default=True, help="How many were good.")
@click.option("--ended", type=int, default=None, help="How many were done [default: as many as accepted, at least 1].")
@click.option("--value", type=Number(), default="0", help="What they were worth together.")
@click.option("--currency", default="USD", show_default=True, help="Of the value.")
@click.option("--basis", default="", help="How the value was worked out, and as of when.")
@click.option("--at", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]), help="When (UTC) [default: now].")
@click.option("--corrects", default=None, help="Id of the outcome that this one stands for from now on.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="One JSON object a line instead, with these names; up to 1000 at once, all or none.",
)
@workspace_option
@person_option
@json_option
def report(*, file: Path | None, workspace: Path | None, person: str | None, as_json: bool, **given: Any) -> None:
    """Report outcomes. Reporting the same again changes nothing."""
    from tiebeam.economics.returns import read_reports

    with calling(workspace, person) as caller:
        reports = [_single(given)] if file is None else read_reports(file.read_text("utf-8"))
        with caller.app.store.unit() as unit:
            made = caller.app.outcomes.report(unit, caller.principal, reports)
    if as_json:
        print_json([one.form() for one in made])
        return
    _print(made)


@outcomes.command("list")
@asks("ledger.view", "ledger")
@span_options
@click.option("--team", default=None, help="Only this team's.")
@click.option("--workflow", default=None, help="Only this workflow's.")
@click.option("--execution", default=None, help="Only of this execution.")
@click.option("--corrected", is_flag=True, help="Those that a later one stands for too.")
@click.option("--before", default=None, help="Continue a list after its last page.")
@limit_option
@workspace_option
@person_option
@json_option
def listing(
    *,
    since: datetime | None,
    until: datetime | None,
    corrected: bool,
    limit: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Outcomes as they were reported, newest first. Our own runs write theirs into the ledger ('tiebeam ledger')."""
    from tiebeam.http import seen_use

    span = span_of(since, until)
    with calling(workspace, person) as caller:
        scope = seen_use(caller)
        with caller.app.store.read() as conn:
            page = caller.app.outcomes.find(
                conn, span=span, with_corrected=corrected, limit=limit, scope=scope, **given
            )
    if as_json:
        print_json({"outcomes": [one.form() for one in page.outcomes], "before": page.before})
        return
    _print(page.outcomes)
    if page.before is not None:
        say(f"more with --before {page.before}")


def _single(given: dict[str, Any]) -> Reported:
    from datetime import UTC

    from tiebeam.economics.returns import Reported

    for name in ("ref", "team", "workflow"):
        if given[name] is None:
            raise click.UsageError(f"Missing option '--{name}', or '--file' with many at once.")
    at: datetime | None = given.pop("at")
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    ended = given.pop("ended")
    return Reported(**given, ended=max(1, given["accepted"]) if ended is None else ended, at=at)


def _print(found: list[Outcome] | tuple[Outcome, ...]) -> None:
    names = ("id", "at", "team", "workflow", "ref", "accepted", "ended", "value_usd", "corrected_by")
    rows = [one.form() for one in found]
    print_table([name.replace("_", " ") for name in names], [[row[name] for name in names] for row in rows])


def _known(value: Any) -> Any:
    return "unknown" if value is None else value
