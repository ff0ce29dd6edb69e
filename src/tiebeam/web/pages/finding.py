"""Ctrl-K: pages, objects by id or name, and verbs; the same as a page for those without scripts."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.authority import Obj
from tiebeam.http import Ask
from tiebeam.web.views import PaletteEntry
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import in_words, money
from tiebeam.workflow.runs import RunFilter, list_runs

_PAGES = (
    ("Home", "g h", "/"),
    ("Inbox", "g i", "/inbox"),
    ("Runs", "g r", "/runs"),
    ("Workflow", "g w", "/workflows"),
    ("Economics", "g e", "/economics/calculator"),
    ("Intents", "g l", "/library/intents"),
    ("Settings", "g s", "/settings"),
    ("Policy", "who may do what", "/settings/policy"),
)
_MOST = 8


def entries(visit: Visit, text: str) -> list[PaletteEntry]:
    """Best first within each group; everything when nothing was typed."""
    wanted = text.strip()[:100]
    found = [PaletteEntry("Go to", label, note, href) for label, note, href in _places(visit) if _fits(wanted, label)]
    with visit.app.store.read() as conn:
        tasks = visit.app.workforce.tasks(
            conn, state="active", query=wanted, size=_MOST, visible=visit.caller.visible("task.view")
        ).rows
        wanted_runs = RunFilter(query=wanted or None, sort="-updated_at")
        runs = list_runs(conn, wanted_runs, size=_MOST, visible=visit.caller.visible("run.view")).items
    found += [PaletteEntry("Waiting", one.title, one.role_title, f"/inbox/{one.id}") for one in tasks]
    found += [
        PaletteEntry(
            "Runs",
            one.subject,
            f"{in_words(one.state)} {money(one.amount, one.currency or '') if one.amount else ''}".strip(),
            f"/runs/{one.id}",
        )
        for one in runs
    ]
    fitting = [one for one in visit.graph.intents.values() if _fits(wanted, f"{one.title} {one.id}")]
    for intent in fitting:
        if intent.id in visit.graph.adoptions and visit.caller.sees("recipe", intent.id):
            found.append(PaletteEntry("Workflow", intent.title, "adopted", f"/workflows/{intent.id}"))
        if visit.caller.sees("catalogue", intent.id):
            found.append(PaletteEntry("Library", intent.title, "intent", f"/library/intents/{intent.id}"))
    return found


def _places(visit: Visit) -> list[tuple[str, str, str]]:
    places = list(_PAGES)
    if visit.caller.audits():
        places.append(("Audit", "g a", "/audit"))
    if visit.allows("settings.view", Obj("settings", "")):
        places.append(("Operations", "workers, queues, backups", "/operations"))
    places.append(("Add invoices", "upload", "/upload"))
    return places


def _fits(wanted: str, text: str) -> bool:
    return all(word in text.casefold() for word in wanted.casefold().split())


def palette_json(visit: Visit) -> Response:
    found = entries(visit, visit.params.get("q", ""))
    return JSONResponse([{"group": e.group, "label": e.label, "note": e.note, "href": e.href} for e in found])


def palette_page(visit: Visit) -> Response:
    text = visit.params.get("q", "")
    return visit.page("pages/palette.html", text=text, entries=entries(visit, text))


def routes(console: Console) -> list[Route]:
    ask = Ask("run.view", "run")
    return [
        route(console, "/palette.json", palette_json, asks=ask),
        route(console, "/palette", palette_page, asks=ask),
    ]
