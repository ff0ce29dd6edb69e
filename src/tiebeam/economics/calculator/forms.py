"""Answers for other programs: flat rows for tables and CSV, and one JSON object with what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from tiebeam.economics.calculator.api_side import ApiRow, ApiView
from tiebeam.economics.calculator.comparing import Comparison, Option
from tiebeam.economics.calculator.crossing import CurvePoint
from tiebeam.economics.calculator.hosting_side import HostingRow, HostingView
from tiebeam.economics.calculator.reading import question_params
from tiebeam.economics.capacity import rounded
from tiebeam.kit import plain

View = ApiView | HostingView | Comparison


@dataclass(frozen=True, slots=True)
class FlatTable:
    """Figures are Decimals of at most nine places. None where there is no figure; `problem` then says why."""

    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def flat_table(view: View) -> FlatTable:
    """One row each, in the view's order; money is in the view's currency."""
    match view:
        case ApiView():
            found = [_api(row) for row in view.rows]
        case HostingView():
            found = [_hosting(row) for row in view.rows]
        case Comparison():
            found = [_option(one) for one in view.options]
    head = tuple(found[0]) if found else ("id",)
    return FlatTable(head, tuple(tuple(_cell(value) for value in row.values()) for row in found))


def form(view: View) -> dict[str, Any]:
    """What the API and `--json` give: decimals as text, and the question that asks for the same again."""
    table = flat_table(view)
    found: dict[str, Any] = {
        "question": question_params(view.question),
        "tokens_per_month": view.question.volume,
        "at": view.day,
        "currency": view.currency,
        "usd_rate": rounded(view.rate),
    }
    rows = [dict(zip(table.head, row, strict=True)) for row in table.rows]
    match view:
        case ApiView():
            found |= {"beyond_library": view.found, "rows": rows}
        case HostingView():
            found |= {"notes": view.notes, "other_terms": view.other_terms, "rows": rows}
        case Comparison():
            found |= {
                "notes": view.notes,
                "cheapest": view.cheapest and view.cheapest.id,
                "without_figures": view.without_figures,
                "break_even": _break_even(view),
                "options": rows,
            }
    return plain(found)


def _api(row: ApiRow) -> dict[str, Any]:
    model, parts, batch = row.model, row.parts, row.batch_parts
    return {
        "id": model.id,
        "title": model.title,
        "provider": model.provider,
        "model": model.model,
        "class": model.capability,
        "class_basis": model.capability_basis,
        "context_tokens": model.context_tokens,
        "input_per_mtok": parts and parts.input,
        "cached_input_per_mtok": parts and parts.cached_input,
        "output_per_mtok": parts and parts.output,
        "batch_input_per_mtok": batch and batch.input,
        "batch_output_per_mtok": batch and batch.output,
        "fee_per_call": parts and parts.fee_per_call,
        "per_mtok": row.per_mtok,
        "per_month": row.per_month,
        "per_call": row.per_call,
        "source": row.source,
        "since": row.since,
        "checked": row.checked,
        "quality": model.quality,
        "quality_source": model.quality_source,
        "notes": row.notes,
        "problem": row.problem and row.problem.code,
        "message": row.problem and row.problem.message,
    }


def _hosting(row: HostingRow) -> dict[str, Any]:
    offer, estimate, cost = row.offer, row.estimate, row.cost
    return {
        "id": row.id,
        "title": offer.title,
        "provider": offer.provider,
        "gpu": offer.accelerator,
        "memory_gb": offer.memory_gb,
        "gpus_per_instance": offer.gpus_per_instance,
        "term": row.term,
        "terms": row.terms,
        "architecture": row.architecture,
        "hour_per_gpu": row.hour_per_gpu.value,
        "hour_per_gpu_low": row.hour_per_gpu.low,
        "hour_per_gpu_high": row.hour_per_gpu.high,
        "month_per_gpu": row.month_per_gpu.value,
        "replica": row.replica,
        "tokens_per_s_per_gpu": estimate and _measured(estimate.out_tok_s_per_gpu),
        "tokens_per_s_per_gpu_low": estimate and _measured(estimate.low),
        "tokens_per_s_per_gpu_high": estimate and _measured(estimate.high),
        "method": estimate and estimate.method,
        "band": estimate and estimate.band,
        "basis": estimate and estimate.basis,
        "output_per_mtok": cost and cost.output_per_mtok.value,
        "per_mtok": cost and cost.per_mtok.value,
        "per_mtok_low": cost and cost.per_mtok.low,
        "per_mtok_high": cost and cost.per_mtok.high,
        "gpus": cost and cost.gpus,
        "used_share": cost and cost.used_share,
        "per_month": cost and cost.per_month.value,
        "per_month_low": cost and cost.per_month.low,
        "per_month_high": cost and cost.per_month.high,
        "source": row.sources,
        "notes": row.notes,
        "problem": row.problem and row.problem.code,
        "message": row.problem and row.problem.message,
    }


def _option(one: Option) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.id,
        "title": one.title,
        "per_month": one.per_month,
        "per_month_low": one.low_per_month,
        "per_month_high": one.high_per_month,
        "per_mtok": one.per_mtok,
        "used_share": one.used_share,
        "detail": one.detail,
        "source": one.source,
    }


def _break_even(view: Comparison) -> dict[str, Any]:
    found = view.break_even
    if found is None:
        return {"missing": view.missing}
    return {
        "metered": found.metered,
        "rented": found.hosted,
        "metered_per_mtok": rounded(found.metered_per_mtok),
        "tokens_per_step": rounded(found.tokens_per_step),
        "month_per_step": rounded(found.month_per_step),
        "gpus_per_step": found.gpus_per_step,
        "first_tokens_per_month": found.crossing.first and rounded(found.crossing.first),
        "for_good_tokens_per_month": found.crossing.for_good and rounded(found.crossing.for_good),
        "windows": [
            {"steps": one.steps, "from_tokens": rounded(one.from_tokens), "to_tokens": rounded(one.to_tokens)}
            for one in found.crossing.windows
        ],
        "curve": [_point(one) for one in found.curve],
    }


def _point(one: CurvePoint) -> dict[str, Decimal]:
    return {"tokens": rounded(one.tokens), "metered": rounded(one.metered), "rented": rounded(one.hosted)}


def _measured(tokens_per_s: float) -> Decimal:
    return Decimal(f"{tokens_per_s:.2f}")


def _cell(value: Any) -> Any:
    match value:
        case Decimal():
            return rounded(value)
        case tuple():
            return "; ".join(str(plain(one)) for one in cast(Sequence[Any], value))
        case _:
            return plain(value)
