"""The calculator's answers as spreadsheets: figures follow from the assumptions by the formulas that are used here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tiebeam.economics.calculator.api_side import ApiRow, ApiView, price_figures, shared_figures
from tiebeam.economics.calculator.comparing import Comparison
from tiebeam.economics.calculator.forms import View, flat_table
from tiebeam.economics.calculator.formulas import BATCHED, CROSSED, HOSTED, METERED
from tiebeam.economics.calculator.hosting_side import HostingRow, HostingView, hosted_figures, hosting_question
from tiebeam.economics.calculator.question import Question
from tiebeam.economics.workbook import Calculation, InputCell, LineCell

_ASKED = {
    "input_parts": ("Parts of input in the ratio", "units"),
    "output_parts": ("Parts of output in the ratio", "units"),
    "tokens_per_month": ("Tokens of a month, input and output", "tokens"),
    "per_call": ("Tokens of one call", "tokens"),
    "cached_share": ("Share of the input that is read from the cache", "share"),
    "batch_share": ("Share of the calls that wait for batch", "share"),
    "busy_share": ("Share of its hours that hardware works", "share"),
}
_STATED = {
    "hour_per_gpu": ("One GPU for an hour", "money"),
    "tokens_per_s_per_gpu": ("Output tokens a second and GPU", "units"),
    "gpus_at_once": ("GPUs that are added at once", "units"),
}
_THE_QUESTION = "The question"


def calculator_sheet(view: View) -> Calculation:
    """The whole view: each row's figures follow from its own prices and the shared assumptions."""
    said = f"Prices of {view.day}. Money in {view.currency}, {view.rate.normalize():f} for a US dollar."
    match view:
        case ApiView():
            title, asked, parts = "Models by the token", shared_figures(view.question), _api_parts(view.rows, view)
        case HostingView():
            title, asked, parts = "Models on GPUs", hosting_question(view.question), _hosting_parts(view.rows, view)
            said = " ".join((said, *(f"{note}." for note in view.notes)))
        case Comparison():
            title, asked = "Tokens, GPUs and capacity for one volume", shared_figures(view.question)
            asked |= hosting_question(view.question)
            parts = _crossing_parts(view)
    inputs = [InputCell(name, *_ASKED[name], value, _THE_QUESTION) for name, value in asked.items()]
    lines: list[LineCell] = []
    for more, following in parts:
        inputs += more
        lines += following
    return Calculation(title, view.currency, said, inputs, lines, _tables(view))


_Part = tuple[Sequence[InputCell], Sequence[LineCell]]


def _api_parts(rows: Iterable[ApiRow], view: ApiView | Comparison) -> list[_Part]:
    return [_api_part(row, view.question) for row in rows if row.per_mtok is not None]


def _api_part(row: ApiRow, question: Question) -> _Part:
    assert row.parts is not None
    own = price_figures(row.parts, row.batch_parts, question)
    source = f"{row.source}{f', since {row.since}' if row.since else ''}"
    inputs = [
        InputCell(
            _named(row.model.id, name),
            f"{row.model.title}: {name.replace('_', ' ')}" + ("" if name == "fee_per_call" else " of a million tokens"),
            "money",
            value,
            source,
            checked=row.checked,
        )
        for name, value in own.items()
    ]
    return inputs, _lines_of(BATCHED if row.batch_parts else METERED, row.model.id, row.model.title, own)


def _hosting_parts(rows: Iterable[HostingRow], view: HostingView | Comparison) -> list[_Part]:
    return [_hosting_part(row, view.question) for row in rows if row.cost is not None]


def _hosting_part(row: HostingRow, question: Question) -> _Part:
    assert row.estimate is not None
    figures = hosted_figures(
        row.hour_per_gpu.value, row.estimate.out_tok_s_per_gpu, at_once=row.gpus_at_once or 1, question=question
    )
    own = {name: figures[name] for name in _STATED}
    estimate, title = row.estimate, f"{row.title} on {row.offer.title}"
    spans = {
        "hour_per_gpu": (row.hour_per_gpu.low, row.hour_per_gpu.high, f"{row.term.value}: {'; '.join(row.sources)}"),
        "tokens_per_s_per_gpu": (
            Decimal(f"{estimate.low:.4f}"),
            Decimal(f"{estimate.high:.4f}"),
            f"{estimate.method.value}, {estimate.band}: {estimate.basis}",
        ),
    }
    inputs: list[InputCell] = []
    for name, value in own.items():
        low, high, source = spans.get(name, (None, None, "Whole copies of the model on whole machines"))
        about, unit = _STATED[name]
        inputs.append(InputCell(_named(row.id, name), f"{title}: {about}", unit, value, source, low=low, high=high))
    return inputs, _lines_of(HOSTED, row.id, title, own)


def _crossing_parts(view: Comparison) -> list[_Part]:
    found = view.break_even
    if found is None:
        return []
    api, hosting = _api_part(found.api, view.question), _hosting_part(found.hosting, view.question)
    steps = (
        LineCell(
            "month_per_step",
            "The fewest GPUs one can rent, for a month",
            "money",
            f"{_named(found.hosted, 'month_per_gpu')} * {_named(found.hosted, 'gpus_at_once')}",
        ),
        LineCell(
            "tokens_per_step",
            "What they serve in a month",
            "tokens",
            f"{_named(found.hosted, 'tokens_per_gpu')} * {_named(found.hosted, 'gpus_at_once')}",
        ),
        LineCell("per_mtok", "A million tokens by the token", "money", _named(found.metered, "per_mtok")),
    )
    return [api, hosting, ([], (*steps, *CROSSED))]


def _tables(view: View) -> Mapping[str, Sequence[Sequence[object]]]:
    table = flat_table(view)
    rows: dict[str, Sequence[Sequence[object]]] = {"Rows": [table.head, *table.rows]}
    if isinstance(view, Comparison) and view.break_even is not None:
        points = [(one.tokens, one.metered, one.hosted) for one in view.break_even.curve]
        rows["Curve"] = [("Tokens a month", "By the token", "On GPUs"), *points]
    return rows


def _lines_of(lines: Iterable[LineCell], row: str, title: str, own: Mapping[str, Decimal]) -> list[LineCell]:
    """The formulas with the row's own names in them."""
    names = {*own, *(line.name for line in lines)}
    return [
        LineCell(
            _named(row, line.name),
            f"{title}: {line.about}",
            line.unit,
            re.sub(r"[a-z_]+", lambda word: _named(row, word[0]) if word[0] in names else word[0], line.formula),
        )
        for line in lines
    ]


def _named(row: str, name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", row.lower()).strip("_")
    return f"{plain}__{name}" if plain[:1].isalpha() else f"row_{plain}__{name}"
