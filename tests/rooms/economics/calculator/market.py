"""A small market whose figures are easy to reckon with: three models, two offers of one GPU, one model to host."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tiebeam.economics import Prices
from tiebeam.economics.calculator import ApiRow, ApiView, Catalogue, Question, api_view, read_question
from tiebeam.graph import Graph, load
from tiebeam.kit import FixedClock
from tiebeam.spec import GpuOffer, Measurement, ModelOffer, Price

DAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
META = {"since": "2026-01-01", "reviewed": "2026-01-01"}
LLAMA, GPU = "llama-3-1-70b", "h100-sxm"


@lru_cache(maxsize=1)
def library() -> Graph:
    return load(None)


def own(model: str, *, service: str = "standard", provider: str = "works", **changes: Any) -> Price:
    point: dict[str, Any] = {
        "since": "2026-01-01",
        "input_usd_per_mtok": "3",
        "output_usd_per_mtok": "15",
        "source": "contract 17",
        "checked": "2026-11-01",
        **changes,
    }
    named = {"id": f"{provider}-{model}-{service}", "provider": provider, "model": model, "service": service}
    return Price.model_validate({**named, "meta": META, "price": [point]})


def listed(
    model: str, *, capability: str = "standard", provider: str = "works", usd_in: str = "3", **changes: Any
) -> ModelOffer:
    """A model of the library; its price is only used where the workspace has none."""
    price = {"input_usd_per_mtok": usd_in, "output_usd_per_mtok": "15", "source": "a list", "checked": "2026-11-01"}
    return ModelOffer.model_validate(
        {
            "id": f"{provider}.{model}",
            "meta": META,
            "title": f"{model.title()} at {provider}",
            "provider": provider,
            "model": model,
            "capability": capability,
            "capability_basis": "for this test",
            "price": [price],
            **changes,
        }
    )


def offer(name: str, *prices: tuple[str, str, str], gpus: int = 1, accelerator: str = GPU) -> GpuOffer:
    """`prices` are (term, dollars an hour, year stated)."""
    stated = [
        {"term": term, "usd_per_gpu_hour": usd, "source": f"{name} said", "stated": year} for term, usd, year in prices
    ]
    named = {"id": f"{name}.gpu", "title": f"{name.title()} GPU", "provider": name.title(), "meta": META}
    return GpuOffer.model_validate({**named, "accelerator": accelerator, "gpus_per_instance": gpus, "price": stated})


def measured(tokens_per_s_per_gpu: str) -> Measurement:
    """The workspace's own benchmark at exactly what a question asks by default, on one GPU."""
    point = {
        "name": "own-1",
        "input_tokens": 1500,
        "output_tokens": 500,
        "concurrency": 8,
        "gpus": 1,
        "tensor_parallel": 1,
        "output_tokens_per_s_per_gpu": tokens_per_s_per_gpu,
    }
    named = {"id": "own", "meta": META, "architecture": LLAMA, "accelerator": GPU, "origin": "own"}
    rest = {"precision": "fp8", "backend": "vllm", "source": "our benchmark", "point": [point]}
    return Measurement.model_validate({**named, **rest})


def catalogue(
    *records: ModelOffer | Price | GpuOffer | Measurement, currency: str = "USD", day: date = DAY, **rates: str
) -> Catalogue:
    graph = replace(
        library(),
        models={one.id: one for one in records if isinstance(one, ModelOffer)},
        prices={one.id: one for one in records if isinstance(one, Price)},
        gpus={one.id: one for one in records if isinstance(one, GpuOffer)},
        measurements={one.id: one for one in records if isinstance(one, Measurement)},
    )
    book = Prices(
        graph.prices,
        FixedClock(NOW),
        currency=currency,
        rates={name: Decimal(rate) for name, rate in rates.items()},
        listed=graph.models,
    )
    return Catalogue(graph, book, day=day)


def asked(**params: str) -> Question:
    """`of` stands for `class`, which is a word of the language."""
    return read_question({{"of": "class"}.get(name, name): value for name, value in params.items()})


def viewed(*records: ModelOffer | Price, **params: str) -> ApiView:
    return api_view(catalogue(*records), asked(**params))


def row(view: ApiView, row_id: str) -> ApiRow:
    return next(one for one in view.rows if one.model.id == row_id)
