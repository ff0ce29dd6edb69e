"""The pages of the calculator. They share what was looked up, so that a slider moves over prices already at hand."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics.calculator import Catalogues
from tiebeam.http import Ask
from tiebeam.web.pages.economics import metered
from tiebeam.web.visit import Console, Visit, route


def routes(console: Console) -> list[Route]:
    catalogues = Catalogues()
    ask = Ask("intent.view", "catalogue")

    def calculator(visit: Visit) -> Response:
        return metered.TAB.shown(visit, catalogues)

    return [route(console, metered.PATH, calculator, asks=ask)]
