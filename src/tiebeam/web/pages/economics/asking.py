"""A question of the calculator as an address states it, and its answer as a page, as a part of one, or as words."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, JSONResponse, Response

from tiebeam.economics import workbook
from tiebeam.economics.calculator import (
    Catalogue,
    Catalogues,
    Question,
    View,
    calculator_sheet,
    flat_table,
    form,
    question_params,
    read_question,
)
from tiebeam.errors import NotFound, TiebeamError
from tiebeam.kit import csv_text
from tiebeam.web.pages.economics.dials import Dial
from tiebeam.web.render import Here, Shell
from tiebeam.web.table import Row, Table, TableQuery
from tiebeam.web.views import Answers, Choice, Commands, Controls
from tiebeam.web.visit import Visit
from tiebeam.web.wording import NONE

PAGE_SIZE = 20
_OWN = ("page", "part")
_PART = "answers"
_Found = TypeVar("_Found")
_FILES = {
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_SMALL, _LARGE = Decimal("0.001"), Decimal(1_000_000)


More = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of the calculator, and the same as a file."""

    path: str
    template: str
    dials: tuple[Dial, ...]
    choices: Callable[[Visit, Catalogue], tuple[Choice, ...]]
    """What the form offers, whatever the address says."""
    view: Callable[[Catalogue, Question], View]
    build: Callable[[Visit, Catalogue, Question], Answers]
    is_searchable: bool = False

    def shown(self, visit: Visit, catalogues: Catalogues, *, status: int = 200, more: More | None = None) -> Response:
        """The page, or only its answers where `part` asks for them. What cannot be answered is told in their place.

        `more` is what the page holds besides.
        """
        wrong = ""
        try:
            question = asked(visit)
            answers = self.build(visit, catalogue_of(visit, catalogues, question), question)
        except TiebeamError as problem:
            status, wrong = problem.status, str(problem.data.get("field", ""))
            answers = Answers(problem=problem.message[:1].upper() + problem.message[1:])
        if visit.params.get("part") == _PART:
            return _part(visit, answers, status)
        choices = self.choices(visit, catalogue_of(visit, catalogues, Question()))
        held = {one.name for one in (*self.dials, *choices)} | {"sort", *_OWN, *(("q",) if self.is_searchable else ())}
        controls = Controls(
            sliders=tuple(one.slider(visit.params, wrong=wrong) for one in self.dials),
            choices=choices,
            sort=visit.params.get("sort", "")[:20],
            search=chosen(visit, "q") if self.is_searchable else None,
            kept=tuple((name, value[:200]) for name, value in visit.params.items() if name not in held),
        )
        return visit.page(self.template, status=status, controls=controls, answers=answers, **(more() if more else {}))

    def file(self, visit: Visit, catalogues: Catalogues) -> Response:
        """Every row. Raises BadQuestion, and NotFound for a kind of file that there is not."""
        kind = visit.path("format")
        if kind not in _FILES:
            raise NotFound(f"the calculator's answers come as {', '.join(_FILES)}, not {kind!r}")
        question = asked(visit)
        view = self.view(catalogue_of(visit, catalogues, question), question)
        if kind == "json":
            return JSONResponse(form(view))
        headers = {"content-disposition": f'attachment; filename="{self.path.rpartition("/")[2]}.{kind}"'}
        if kind == "xlsx":
            return Response(workbook(calculator_sheet(view)), media_type=_FILES[kind], headers=headers)
        table = flat_table(view)
        return Response(csv_text(table.head, table.rows), media_type=_FILES[kind], headers=headers)


def asked(visit: Visit) -> Question:
    """Raises BadQuestion."""
    return read_question(visit.request.query_params.multi_items(), also=_OWN)


def catalogue_of(visit: Visit, catalogues: Catalogues, question: Question) -> Catalogue:
    """At the prices of the day that is asked for."""
    return catalogues.of(visit.graph, visit.app.economics.prices, day=question.at or today(visit))


def today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()


def _part(visit: Visit, answers: Answers, status: int) -> Response:
    here = Here(visit.request.url.path, tuple((name, value) for name, value in visit.params.items() if name != "part"))
    shell = Shell(here=here, now=visit.now, zone=visit.zone)
    text = visit.console.renderer.text("pages/economics/answers.html", shell=shell, answers=answers)
    return HTMLResponse(text, status_code=status)


def chosen(visit: Visit, name: str) -> str:
    """What a choice of the form stands at; nonsense is told by the answers."""
    return visit.params.get(name, "").strip()[:200]


class Addresses:
    """Addresses at one question, in their shortest form."""

    def __init__(self, question: Question) -> None:
        self._told = question_params(question)

    def __call__(self, path: str, **changes: str) -> str:
        """`changes` apply to the question; an empty text takes a parameter away."""
        found = {name: value for name, value in {**self._told, **changes}.items() if value}
        query = urlencode(found, safe=":,/")
        return f"{path}?{query}" if query else path


def files(path: str, question: Question) -> tuple[tuple[str, str], ...]:
    """(name, address) of the same as a file."""
    at = Addresses(question)
    return tuple((kind.upper(), at(f"{path}.{kind}")) for kind in _FILES)


def commands(verb: str, path: str, question: Question) -> Commands:
    """The same at the command line and over HTTP."""
    told = question_params(question).items()
    given = " ".join(f"--{name.replace('_', '-')} {shlex.quote(value)}" for name, value in told)
    return Commands(
        cli=f"tiebeam calculator {verb} {given}".strip(),
        api=f"GET {Addresses(question)(f'/api/v1/economics/calculator/{path}')}",
    )


def amount(value: Decimal | None) -> str:
    """Three figures that matter, and cents from 1 on: 4,000.00, 0.075, 0.00875. The currency stands in the head."""
    if value is None:
        return NONE
    size = abs(value)
    if not size or size >= _LARGE:
        return f"{value:,.0f}"
    if size >= 1:
        return f"{value:,.2f}"
    if size < _SMALL:
        return f"{value:.2e}"
    text = f"{Decimal(f'{value:.3g}'):f}".rstrip("0")
    return text + "0" * (4 - len(text)) if len(text) < 4 else text


def paged(visit: Visit, table: Table, found: Sequence[_Found], row: Callable[[_Found], Row]) -> Table:
    """Only the page that is asked for is made into rows; a page beyond the last is the last."""
    wanted = TableQuery.from_params(visit.params)
    page = min(wanted.page, max(1, -(-len(found) // PAGE_SIZE)))
    start = (page - 1) * PAGE_SIZE
    return replace(
        table,
        rows=tuple(map(row, found[start : start + PAGE_SIZE])),
        total=len(found),
        query=replace(wanted, page=page),
        page_size=PAGE_SIZE,
    )
