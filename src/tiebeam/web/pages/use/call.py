"""One call: every attempt at a provider, what each used and cost, at which price, and which budgets it counted in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics.metering import CLASSES
from tiebeam.economics.totals import Call, read_call
from tiebeam.http import Ask, seen_use
from tiebeam.kit import usd_of_nano
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.use.asking import ledger_link
from tiebeam.web.pages.use.charges import PATH, file_columns, file_row, state_of
from tiebeam.web.pages.use.executions import execution_href
from tiebeam.web.table import Empty, Table
from tiebeam.web.views import AttemptCard, CallPage, Commands, Fact, Kpi, Link, TokenClass
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, duration, moment, sentence, usd

_CLASSES = {
    "input": "Input, fresh",
    "cached": "Input from the cache",
    "cache_write": "Written to the cache",
    "cache_write_1h": "Written to the cache for an hour",
    "output": "Output",
    "reasoning": "Reasoning",
    "audio_input": "Sound heard",
    "audio_output": "Sound spoken",
}
_RATES = {"cached": "cached_input", "reasoning": "output"}
"""Classes that are charged at a rate of another name."""


def one_call(visit: Visit) -> Response:
    return visit.page("pages/use/call.html", call=_page(visit, _read(visit)))


def call_json(visit: Visit) -> Response:
    return JSONResponse(_read(visit).form())


def call_csv(visit: Visit) -> Response:
    found = _read(visit)
    rows = tuple(file_row(one) for one in (*found.attempts, *found.corrections))
    table = Table("call", file_columns(), rows, len(rows), Empty("", ""))
    return table_file(table, "csv", name="call")


def _read(visit: Visit) -> Call:
    with visit.app.store.read() as conn:
        return read_call(conn, visit.path("call_id"), scope=seen_use(visit.caller))


def _page(visit: Visit, call: Call) -> CallPage:
    first, lines = call.attempts[0] if call.attempts else call.corrections[0], (*call.attempts, *call.corrections)
    millis = sum(one["millis"] for one in call.attempts)
    corrected = sum(one["usd_nano"] for one in call.corrections)
    worst = max((one["worst_nano"] for one in call.attempts), default=0)
    estimated = any(one["estimated"] for one in call.attempts)
    return CallPage(
        id=call.call_id,
        kpis=(
            Kpi("Cost", usd(usd_of_nano(call.usd_nano)), "estimated" if estimated else "as the provider states"),
            Kpi("Attempts", str(len(call.attempts)), "at providers"),
            Kpi("Held for it", usd(usd_of_nano(worst)), "what an attempt might have cost at worst"),
            Kpi("Took", duration(Decimal(millis) / 1000), "all attempts together"),
            Kpi("Corrected by", usd(usd_of_nano(corrected)) if call.corrections else NONE),
        ),
        facts=_facts(visit, call, first),
        attempts=tuple(_attempt(visit, call, one, number) for number, one in enumerate(lines, start=1)),
        commands=Commands(
            f"tiebeam ledger lines --of use --call {call.call_id}", f"GET /api/v1/ledger/calls/{_quoted(call.call_id)}"
        ),
        files=f"{PATH}/calls/{_quoted(call.call_id)}",
    )


def _facts(visit: Visit, call: Call, first: Mapping[str, Any]) -> tuple[Fact, ...]:
    day = {"from": first["day"], "to": first["day"]}
    facts = [
        Fact("At", moment(first["at"], visit.zone, visit.now)),
        Fact("Team", call.team or "none named", href=ledger_link({"team": call.team, **day})),
        Fact("Workflow", call.workflow or "none named", href=ledger_link({"workflow": call.workflow, **day})),
    ]
    facts += [
        Fact(label, first[name], href=ledger_link({option: first[name], **day}))
        for label, name, option in (
            ("Key", "key_id", "key"),
            ("Agent", "agent", "agent"),
            ("Environment", "environment", "environment"),
        )
        if first[name]
    ]
    if call.execution:
        facts.append(Fact("Execution", call.execution, href=execution_href(call.execution)))
    if call.execution and visit.caller.sees("run", call.execution):
        anchor = f"#step-{quote(call.step_id)}" if call.step_id else ""
        facts.append(Fact("Run", call.step_id or "see the run", href=f"/runs/{_quoted(call.execution)}{anchor}"))
    elif call.step_id:
        facts.append(Fact("Step", call.step_id))
    facts.append(Fact("From", first["source"], href=ledger_link({"source": first["source"], **day})))
    return tuple(facts)


def _attempt(visit: Visit, call: Call, one: Mapping[str, Any], number: int) -> AttemptCard:
    is_correction = one["corrects"] is not None
    ended = "ended the call" if one["concluded"] else "did not end the call"
    title = f"{number}. {one['model']} at {one['upstream'] or one['provider']}"
    return AttemptCard(
        id=one["id"],
        title=f"Correction of {one['corrects']}" if is_correction else title,
        state=state_of(one),
        note=one["route"] if is_correction else f"{moment(one['at'], visit.zone, visit.now)}, {ended}",
        cost=usd(usd_of_nano(one["usd_nano"])),
        facts=() if is_correction else _attempt_facts(one),
        tokens=_tokens(one, call.prices.get(one["price"]) or {}),
        budgets=tuple(_budget(visit, node, start) for node, start in one["nodes"] or ()),
    )


def _attempt_facts(one: Mapping[str, Any]) -> tuple[Fact, ...]:
    beyond = "let through beyond what was leased" if one["unenforced"] else ""
    known = (
        ("Model", one["model"], f"asked for as {one['asked']}" if one["asked"] not in {"", one["model"]} else ""),
        ("Provider", one["provider"], " ".join(part for part in (one["region"], one["service"]) if part)),
        ("Upstream", one["upstream"], ""),
        ("Endpoint", one["endpoint"], ""),
        ("Class of task", one["task_class"], ""),
        ("Route", one["route"], ""),
        ("Held", usd(usd_of_nano(one["worst_nano"])), beyond),
        ("Took", f"{one['millis']:,} ms" if one["millis"] else "", _first_byte(one)),
        ("Provider’s status", str(one["status"]) if one["status"] else "", ""),
        ("Charged", "an estimate" if one["estimated"] else "", "by what was seen, or at worst, until reconciled"),
    )
    return tuple(Fact(label, value, note=note) for label, value, note in known if value)


def _first_byte(one: Mapping[str, Any]) -> str:
    return f"first byte after {one['first_byte_millis']:,} ms" if one["first_byte_millis"] else ""


def _tokens(one: Mapping[str, Any], price: Mapping[str, Any]) -> tuple[TokenClass, ...]:
    return tuple(
        TokenClass(_CLASSES.get(name, sentence(name)), f"{one[f'{name}_tokens']:,}", _rate(price, name))
        for name in CLASSES
        if one[f"{name}_tokens"]
    )


def _rate(price: Mapping[str, Any], name: str) -> str:
    """The rate of the price's first tier; the charge itself goes by the tier the prompt falls in."""
    stated = price.get(f"{_RATES.get(name, name)}_usd_per_mtok")
    if stated is None:
        return NONE
    return f"{usd(Decimal(stated))} a million" + (" at first" if price.get("tiers") else "")


def _budget(visit: Visit, node: str, start: int) -> Link:
    """A budget, a key's own ceiling, or that of one execution under a budget."""
    since = f"since {moment(datetime.fromtimestamp(start / 1000, visit.zone), visit.zone, visit.now)}" if start else ""
    budget = node.rpartition("@")[2] if node.startswith("run:") else node
    known = visit.graph.budgets.get(budget)
    if node.startswith("key:"):
        return Link(f"The key’s own ceiling, {node.removeprefix('key:')}", "/economics/keys", since)
    if known is None:
        return Link(node, "/economics/budgets", since)
    title = f"One execution under {known.title}" if node.startswith("run:") else known.title
    return Link(title, f"/economics/budgets/{_quoted(budget)}", since)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def routes(console: Console) -> list[Route]:
    seen = Ask("ledger.view", "ledger")
    one = PATH + "/calls/{call_id:path}"
    return [
        route(console, one + ".json", call_json, asks=seen),
        route(console, one + ".csv", call_csv, asks=seen),
        route(console, one, one_call, asks=seen),
    ]
