"""A small market of models to route among: two providers, three served models and one policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from tests.builders.gateway import gateway_workspace

from tiebeam.graph import Graph, load
from tiebeam.spec import Approval, RoutePolicy, ServedModel, Upstream

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
META = {"since": date(2026, 1, 1), "reviewed": date(2026, 1, 1)}
MOSAIC: Mapping[str, Any] = MappingProxyType(
    {
        "name": "mosaic",
        "default_class": "classify",
        "task_class": (
            {
                "name": "classify",
                "capability": "saturated-task",
                "models": ("small", "mid"),
                "output_token_cap": 200,
                "tokens_per_day": 100_000,
            },
            {"name": "reason", "capability": "frontier", "models": ("frontier",), "workflows": ("legal.review",)},
        ),
    }
)


@cache
def base() -> Graph:
    with TemporaryDirectory() as folder:
        return load(gateway_workspace(Path(folder) / "work", port=1))


def market(
    *models: ServedModel,
    upstreams: tuple[Upstream, ...] | None = None,
    approvals: tuple[Approval, ...] = (),
    policy: RoutePolicy | None = None,
) -> Graph:
    """`models` replace those of the same id."""
    graph = base()
    places = upstreams or (upstream("far"), upstream("near"))
    rules = policy or RoutePolicy.model_validate({"id": "mosaic", "meta": META, **MOSAIC})
    return replace(
        graph,
        upstreams={one.id: one for one in places},
        served={**graph.served, **{one.id: one for one in models}},
        approvals={one.id: one for one in approvals},
        routes={rules.id: rules},
    )


def upstream(name: str, **said: Any) -> Upstream:
    return Upstream.model_validate(
        {"id": name, "meta": META, "title": name, "provider": name, "base_url": "http://127.0.0.1:1/v1", **said}
    )


def served(name: str, *places: tuple[str, str], **said: Any) -> ServedModel:
    """`places` are (upstream, the provider's name)."""
    given = base().served[name].model_dump() | {
        "serving": [{"upstream": where, "model": model} for where, model in places],
        **said,
    }
    return ServedModel.model_validate(given)


def approval(provider: str, **said: Any) -> Approval:
    return Approval.model_validate(
        {
            "id": f"{provider}-approved",
            "meta": META,
            "title": provider,
            "provider": provider,
            "owner_role": "cfo",
            **said,
        }
    )


def policy(base_of: Mapping[str, Any], **said: Any) -> RoutePolicy:
    """A policy with parts changed; `classify={…}` changes that class."""
    changes = said.pop("classify", {})
    classes = [{**one, **changes} if one["name"] == "classify" else one for one in base_of["task_class"]]
    return RoutePolicy.model_validate({"id": "mosaic", "meta": META, **base_of, **said, "task_class": classes})
