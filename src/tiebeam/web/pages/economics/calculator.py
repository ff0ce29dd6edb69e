"""The pages of the calculator. They share what was looked up, so that a slider moves over prices already at hand."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics.calculator import Catalogues
from tiebeam.http import Ask
from tiebeam.web.pages.economics import compared, hosted, metered
from tiebeam.web.pages.economics.asking import Tab
from tiebeam.web.visit import Console, Visit, route

_ASK = Ask("intent.view", "catalogue")


def routes(console: Console) -> list[Route]:
    catalogues = Catalogues()
    return [one for tab in (metered.TAB, hosted.TAB, compared.TAB) for one in _routes(console, tab, catalogues)]


def _routes(console: Console, tab: Tab, catalogues: Catalogues) -> list[Route]:
    def page(visit: Visit) -> Response:
        return tab.shown(visit, catalogues)

    def file(visit: Visit) -> Response:
        return tab.file(visit, catalogues)

    return [
        route(console, tab.path, page, asks=_ASK),
        route(console, tab.path + ".{format}", file, asks=_ASK),
    ]
