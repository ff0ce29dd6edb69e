"""The pages of the calculator. They share what was looked up, so that a slider moves over prices already at hand."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics.calculator import Catalogues
from tiebeam.http import Ask
from tiebeam.web.pages.economics import choosing, compared, hosted, metered
from tiebeam.web.pages.economics.asking import Tab
from tiebeam.web.visit import Console, Visit, route

_ASK = Ask("intent.view", "catalogue")


def routes(console: Console) -> list[Route]:
    catalogues = Catalogues()

    def comparison(visit: Visit) -> Response:
        return choosing.TAB.shown(visit, catalogues, more=lambda: {"deciding": choosing.deciding(visit)})

    def decision(visit: Visit) -> Response:
        return choosing.record(visit, catalogues)

    deciding = Ask("decision.record", "decision", inside=True)
    return [
        *_tab(console, metered.TAB, catalogues),
        *_tab(console, hosted.TAB, catalogues),
        route(console, compared.PATH, comparison, asks=_ASK),
        route(console, compared.PATH, decision, asks=deciding, methods=("POST",)),
        _files(console, choosing.TAB, catalogues),
    ]


def _tab(console: Console, tab: Tab, catalogues: Catalogues) -> list[Route]:
    def page(visit: Visit) -> Response:
        return tab.shown(visit, catalogues)

    return [route(console, tab.path, page, asks=_ASK), _files(console, tab, catalogues)]


def _files(console: Console, tab: Tab, catalogues: Catalogues) -> Route:
    def file(visit: Visit) -> Response:
        return tab.file(visit, catalogues)

    return route(console, tab.path + ".{format}", file, asks=_ASK)
