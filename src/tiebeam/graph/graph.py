"""The resolved graph: every record by kind and id, its edges and its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tiebeam import spec
from tiebeam.errors import Invalid, NotFound
from tiebeam.graph.layout import PLACES, Kind, kind_of, place_of
from tiebeam.graph.references import references_of
from tiebeam.kit import digest_of

Node = tuple[str, str]
"""(kind, id), such as ("recipes", "finance.invoice-processing-matching/three-way-match")."""


@dataclass(frozen=True)
class Graph:
    """All declared records of a workspace over the library. Equal content has an equal `digest`."""

    intents: Mapping[str, spec.Intent]
    recipes: Mapping[str, spec.Recipe]
    roles: Mapping[str, spec.Role]
    patterns: Mapping[str, spec.Pattern]
    people: Mapping[str, spec.Person]
    teams: Mapping[str, spec.Team]
    calendars: Mapping[str, spec.HolidayCalendar]
    handoffs: Mapping[str, spec.HandoffProtocol]
    agents: Mapping[str, spec.Agent]
    service_accounts: Mapping[str, spec.ServiceAccount]
    access_rules: Mapping[str, spec.AccessRule]
    budgets: Mapping[str, spec.Budget]
    frames: Mapping[str, spec.BudgetFrame]
    prices: Mapping[str, spec.Price]
    pricing: Mapping[str, spec.PricingModel]
    models: Mapping[str, spec.ModelOffer]
    upstreams: Mapping[str, spec.Upstream]
    served: Mapping[str, spec.ServedModel]
    routes: Mapping[str, spec.RoutePolicy]
    approvals: Mapping[str, spec.Approval]
    allocations: Mapping[str, spec.Allocation]
    accelerators: Mapping[str, spec.Accelerator]
    gpus: Mapping[str, spec.GpuOffer]
    architectures: Mapping[str, spec.Architecture]
    measurements: Mapping[str, spec.Measurement]
    proposals: Mapping[str, spec.Proposal]
    studies: Mapping[str, spec.Study]
    systems: Mapping[str, spec.System]
    policies: Mapping[str, spec.MatchingPolicy]
    evaluations: Mapping[str, spec.EvaluationSet]
    tracks: Mapping[str, spec.TrainingTrack]
    adoptions: Mapping[str, spec.Adoption]
    """By intent id."""
    event_sources: Mapping[str, spec.EventSource]
    units: Mapping[str, spec.Unit]
    """By code of UN/ECE Recommendation 20."""
    settings: spec.WorkspaceSettings | None
    """None when only the library was loaded."""
    files: Mapping[Node, str] = field(compare=False, repr=False)

    def records(self, kind: Kind | str) -> Mapping[str, spec.Record]:
        return getattr(self, _known_kind(kind).value)

    def of(self, kind: Kind | str, record_id: str) -> spec.Record:
        """The record; raises NotFound naming the nearest ids."""
        known = _known_kind(kind)
        records = self.records(known)
        if (record := records.get(record_id)) is not None:
            return record
        noun = place_of(known).noun
        near = get_close_matches(record_id, records, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {len(records)} of this kind."
        raise NotFound(f"no {noun} is called {record_id!r}; {hint}", kind=known.value, id=record_id, near=near)

    def depends_on(self, kind: Kind | str, record_id: str) -> list[Node]:
        """What the record names, directly, in file order."""
        self.of(kind, record_id)
        return list(self._edges.get((_known_kind(kind).value, record_id), ()))

    def used_by(self, kind: Kind | str, record_id: str) -> list[Node]:
        """Which records name it, directly, sorted."""
        self.of(kind, record_id)
        target = (_known_kind(kind).value, record_id)
        return sorted(source for source, targets in self._edges.items() if target in targets)

    def file_of(self, kind: Kind | str, record_id: str) -> str:
        """The file that declares it, below the workspace or (`library/…`) the library."""
        self.of(kind, record_id)
        return self.files[(_known_kind(kind).value, record_id)]

    def people_with(self, role_id: str) -> list[spec.Person]:
        return [person for person in self.people.values() if role_id in person.roles]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of all content; independent of files and of their order."""
        return digest_of(self.content())

    def content(self) -> dict[str, Any]:
        """JSON-ready content, from which `graph_from_content` rebuilds an equal graph."""
        records = {
            place.kind.value: {
                record_id: spec.as_data(record) for record_id, record in self.records(place.kind).items()
            }
            for place in PLACES
        }
        settings = None if self.settings is None else spec.as_data(self.settings)
        return {
            **records,
            "units": {code: spec.as_data(unit) for code, unit in self.units.items()},
            "settings": settings,
        }

    @cached_property
    def _edges(self) -> dict[Node, tuple[Node, ...]]:
        edges: dict[Node, tuple[Node, ...]] = {}
        for place in PLACES:
            for record_id, record in self.records(place.kind).items():
                found = dict.fromkeys(
                    (kind.value, reference.target)
                    for reference in references_of(place.kind, record)
                    for kind in reference.kinds
                    if reference.target in self.records(kind)
                )
                edges[(place.kind.value, record_id)] = tuple(found)
        return edges


def build_graph(
    records: Mapping[Kind, Mapping[str, spec.Record]],
    *,
    units: Mapping[str, spec.Unit],
    settings: spec.WorkspaceSettings | None,
    files: Mapping[Node, str],
) -> Graph:
    """A graph of records that were already checked, each kind sorted by id."""
    parts: dict[str, Any] = {
        place.kind.value: MappingProxyType(dict(sorted(records.get(place.kind, {}).items()))) for place in PLACES
    }
    return Graph(
        **parts,
        units=MappingProxyType(dict(sorted(units.items()))),
        settings=settings,
        files=MappingProxyType(dict(files)),
    )


def graph_from_content(content: Mapping[str, Any], *, files: Mapping[Node, str]) -> Graph:
    """The inverse of `Graph.content`. Raises pydantic's ValidationError on content of another shape."""
    records: dict[Kind, dict[str, spec.Record]] = {
        place.kind: {
            record_id: place.model.model_validate(data) for record_id, data in content.get(place.kind.value, {}).items()
        }
        for place in PLACES
    }
    settings = content["settings"]
    return build_graph(
        records,
        units={code: spec.Unit.model_validate(data) for code, data in content["units"].items()},
        settings=None if settings is None else spec.WorkspaceSettings.model_validate(settings),
        files=files,
    )


def _known_kind(kind: Kind | str) -> Kind:
    try:
        return kind_of(kind)
    except ValueError as problem:
        raise Invalid(str(problem)) from problem
