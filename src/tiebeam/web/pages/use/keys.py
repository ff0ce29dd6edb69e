"""Economics → Keys: whose calls each key of the gateway carries, and making, replacing and ending them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.authority import Obj
from tiebeam.economics.keys import KeyLine, KeyState, KeyWish, NewKey, WrongKey
from tiebeam.http import Ask
from tiebeam.spec import BudgetWindow, Endpoint
from tiebeam.web.pages.exports import table_file
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, KeyActions, KeysPage, Kpi
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import usd

_PATH = "/economics/keys"
_MOST = 500
_OVERLAP_DAYS = 7
_TONES = {KeyState.ACTIVE: "ok", KeyState.EXPIRED: "neutral", KeyState.REVOKED: "neutral"}
_COLUMNS = (
    Column("name", "Key"),
    Column("team", "Team"),
    Column("workflow", "Workflow"),
    Column("agent", "Agent"),
    Column("environment", "Environment"),
    Column("cap_usd", "Ceiling", is_number=True),
    Column("limits", "Limits"),
    Column("models", "Models"),
    Column("state", "State"),
    Column("expires_at", "Expires"),
    Column("last_used_on", "Last used"),
)
_EMPTY = Empty(
    "No keys yet",
    "A key says which team and workflow a program's calls count against. Any client of the OpenAI or Anthropic API "
    "works with it, pointed at this server.",
    command="tiebeam keys create --team marketing --workflow product_texts",
)
_FIELDS = ("team", "workflow", "name", "agent", "environment", "models", "cap_usd", "cap_window", "expires")


def keys(visit: Visit) -> Response:
    return _shown(visit)


def keys_file(visit: Visit) -> Response:
    return table_file(_table(visit, _lines(visit), everything=True), visit.path("format"), name="keys")


def create(visit: Visit) -> Response:
    try:
        made = visit.app.keys.create(visit.principal, _wish(visit))
    except WrongKey as problem:
        return _shown(visit, problem=problem.message, status=problem.status)
    return _shown(visit, made=made)


def rotate(visit: Visit) -> Response:
    overlap = timedelta(days=_OVERLAP_DAYS) if visit.said("overlap") else timedelta()
    return _shown(visit, made=visit.app.keys.rotate(visit.principal, visit.said("key"), overlap=overlap))


def revoke(visit: Visit) -> Response:
    key = visit.app.keys.revoke(visit.principal, visit.said("key"))
    return visit.back_to(_PATH, saying=f"{key.name} is revoked: no gateway takes it any more.")


def _wish(visit: Visit) -> KeyWish:
    """Raises WrongKey."""
    window = visit.said("cap_window") or BudgetWindow.MONTH.value
    if window not in list(BudgetWindow):
        raise WrongKey(f"{window[:40]!r} is no window; there are {', '.join(BudgetWindow)}", field="cap_window")
    models = tuple(one for one in visit.said("models").replace(",", " ").split() if one)
    return KeyWish(
        team=visit.said("team"),
        workflow=visit.said("workflow"),
        name=visit.said("name"),
        agent=visit.said("agent"),
        environment=visit.said("environment"),
        endpoints=tuple(str(one) for one in visit.form.getlist("endpoint")),
        models=models,
        cap_usd=_amount(visit.said("cap_usd")),
        cap_window=BudgetWindow(window),
        requests_per_minute=_count(visit, "requests_per_minute"),
        concurrent=_count(visit, "concurrent"),
        expires_at=_end(visit),
    )


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise WrongKey(f"{text[:40]!r} is no amount in US dollars such as 25.00", field="cap_usd") from None


def _count(visit: Visit, name: str) -> int | None:
    text = visit.said(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise WrongKey(f"{name} is {text[:40]!r}; give a whole number", field=name)
    return int(text)


def _end(visit: Visit) -> datetime | None:
    """The end of the day that was chosen, where the company is."""
    text = visit.said("expires")
    try:
        day = datetime.fromisoformat(text).date() if text else None
    except ValueError:
        raise WrongKey(f"{text[:40]!r} is no day such as 2027-01-31", field="expires") from None
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), visit.zone)


def _lines(visit: Visit) -> list[KeyLine]:
    with_ended = bool(visit.params.get("ended"))
    with visit.app.store.read() as conn:
        return visit.app.keys.list(conn, visit.principal, with_ended=with_ended, limit=_MOST)


def _shown(visit: Visit, *, made: NewKey | None = None, problem: str = "", status: int = 200) -> Response:
    lines = _lines(visit)
    endpoint = f"{visit.request.base_url}v1"
    page = KeysPage(
        kpis=_kpis(visit, lines),
        secret="" if made is None else made.secret,
        secret_name="" if made is None else made.key.name,
        warnings=() if made is None else made.warnings,
        endpoint=endpoint,
        actions=tuple(_actions(visit, one) for one in lines if one.state is KeyState.ACTIVE),
        teams=tuple((one, team.title) for one, team in sorted(visit.graph.teams.items())),
        workflows=_workflows(visit),
        endpoints=tuple(one.value for one in Endpoint),
        windows=tuple(one.value for one in BudgetWindow),
        typed={name: visit.said(name) if problem else "" for name in _FIELDS},
        problem=problem,
        has_ended=bool(visit.params.get("ended")),
        overlap_days=_OVERLAP_DAYS,
        commands=Commands("tiebeam keys list --json", "GET /api/v1/keys"),
    )
    table = _table(visit, lines, everything=False)
    return visit.page("pages/use/keys.html", status=status, keys=page, table=table)


def _workflows(visit: Visit) -> tuple[tuple[str, str], ...]:
    intents = visit.graph.intents
    known = [one for one in sorted(visit.graph.adoptions) if one in intents and visit.caller.sees("intent", one)]
    return tuple((one, intents[one].title) for one in known)


def _kpis(visit: Visit, lines: list[KeyLine]) -> tuple[Kpi, ...]:
    active = [one for one in lines if one.state is KeyState.ACTIVE]
    soon = [one for one in active if one.expires_at and one.expires_at < visit.now + timedelta(days=14)]
    month_ago = (visit.now - timedelta(days=30)).date().isoformat()
    idle = [one for one in active if (one.last_used_on or one.created_at.date().isoformat()) < month_ago]
    return (
        Kpi("Keys in use", str(len(active)), f"of {len({one.team for one in active})} teams"),
        Kpi("With a ceiling of their own", str(sum(one.cap_usd is not None for one in active))),
        Kpi("Expire within 14 days", str(len(soon)), tone="warn" if soon else ""),
        Kpi("Unused for 30 days", str(len(idle)), "revoke what nobody uses", tone="warn" if idle else ""),
    )


def _actions(visit: Visit, line: KeyLine) -> KeyActions:
    with visit.app.store.read() as conn:
        obj: Obj = visit.app.keys.object_of(conn, line.id)
    return KeyActions(
        line.id,
        line.name,
        f"{line.team} · {line.workflow}",
        may_rotate=visit.allows("key.rotate", obj),
        may_revoke=visit.allows("key.revoke", obj),
        former_until=line.former_until,
    )


def _table(visit: Visit, lines: list[KeyLine], *, everything: bool) -> Table:
    rows = tuple(_row(one) for one in lines)
    teams = tuple((one, one) for one in sorted({line.team for line in lines}))
    query = TableQuery.from_params(visit.params, filters=("team",))
    table = Table("key-list", _COLUMNS, rows, len(rows), _EMPTY, filters=(Filter("team", "Team", teams),), base=_PATH)
    return arrange(table, query, everything=everything)


def _row(one: KeyLine) -> Row:
    limits = [f"{one.requests_per_minute:,} a minute"] if one.requests_per_minute is not None else []
    limits += [f"{one.concurrent:,} at once"] if one.concurrent is not None else []
    cap = Cell("none", is_soft=True)
    if one.cap_usd is not None:
        cap = Cell(usd(one.cap_usd), sub=f"by the {one.cap_window}", raw=one.cap_usd)
    cells = (
        Cell(one.name, sub=one.id),
        Cell(one.team),
        Cell("named by each call" if one.workflow == "*" else one.workflow),
        Cell(one.agent),
        Cell(one.environment),
        cap,
        Cell(", ".join(limits) or "none", is_soft=True),
        Cell(", ".join(one.models) or "all", is_soft=True),
        Cell(one.state.value.capitalize(), tone=_TONES[one.state], raw=one.state.value),
        Cell(when=one.expires_at) if one.expires_at else Cell("never", is_soft=True),
        Cell(one.last_used_on or "never", is_soft=one.last_used_on is None),
    )
    return Row(one.id, cells, {"team": one.team})


def routes(console: Console) -> list[Route]:
    seen = Ask("key.view", "key")

    def back(visit: Visit) -> Response:
        # The page that shows a new key was an answer to a form; read again, it is the list.
        return visit.back_to(_PATH)

    return [
        *(route(console, f"{_PATH}/{form}", back, asks=seen) for form in ("create", "rotate", "revoke")),
        route(console, _PATH, keys, asks=seen),
        route(console, _PATH + ".{format}", keys_file, asks=seen),
        route(console, _PATH + "/create", create, methods=("POST",), asks=Ask("key.create", "key", inside=True)),
        route(console, _PATH + "/rotate", rotate, methods=("POST",), asks=Ask("key.rotate", "key", inside=True)),
        route(console, _PATH + "/revoke", revoke, methods=("POST",), asks=Ask("key.revoke", "key", inside=True)),
    ]
