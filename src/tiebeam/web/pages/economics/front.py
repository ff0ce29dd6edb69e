"""`/economics` leads to the first tab, the calculator."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.http import Ask
from tiebeam.web.visit import Console, Visit, route


def economics(visit: Visit) -> Response:
    return visit.back_to("/economics/calculator" + visit.query())


def routes(console: Console) -> list[Route]:
    return [route(console, "/economics", economics, asks=Ask("intent.view", "catalogue"))]
