"""The schema of the policies, read from its file: the kinds, what is known of each, and which verb fits which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

PRINCIPAL_TYPES: Mapping[str, str] = MappingProxyType(
    {"person": "Person", "agent": "Agent", "service": "Service", "system": "System"}
)
_KIND_OF_TYPE = {"PersonRecord": "person"}
"""A person who acts and a person's record that is acted upon are two types of one kind."""

_ENTITIES = re.compile(r"^entity ([\w, ]+) = \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
_RECORDS = re.compile(r"^type (\w+) = \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
_ATTRIBUTE = re.compile(r"^  (\w+)(\??): ([\w<>]+),$", re.MULTILINE)
_VERB = re.compile(
    r'^action "([\w.]+)"(?: in \[([^\]]*)\])? appliesTo \{ principal: \[[^\]]*\], resource: \[([^\]]+)\], '
    r"context: (\w+) \};$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`type` is one of String, Set<String>, Bool, decimal."""

    name: str
    type: str
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """`parsed` is Cedar's own form. Keys of `kinds` are the kinds of objects, of `verbs` the verbs.

    `verbs` maps to the entity types a verb fits and the name of its context.
    """

    text: str
    parsed: Any
    principal: tuple[Attribute, ...]
    kinds: Mapping[str, tuple[str, tuple[Attribute, ...]]]
    verbs: Mapping[str, tuple[frozenset[str], str]]
    groups: Mapping[str, frozenset[str]]
    contexts: Mapping[str, tuple[Attribute, ...]]
    parents: Mapping[str, list[dict[str, str]]]
    """The groups of each verb, as Cedar names them."""

    def kinds_of(self, verb: str) -> list[str]:
        """The kinds a verb may be asked of."""
        types = self.verbs[verb][0]
        return [kind for kind, (entity_type, _) in self.kinds.items() if entity_type in types]


def read_schema() -> Shape:
    """The built-in schema, as installed."""
    from cedarpy import Schema

    text = (files("tiebeam.authority") / "cedar" / "schema.cedarschema").read_text(encoding="utf-8")
    entities: list[tuple[list[str], tuple[Attribute, ...]]] = [
        (names.split(", "), _attributes(body)) for names, body in _ENTITIES.findall(text)
    ]
    verbs: dict[str, tuple[frozenset[str], str]] = {}
    groups: dict[str, set[str]] = {}
    for verb, parents, types, context in _VERB.findall(text):
        verbs[verb] = (frozenset(types.split(", ")), context)
        for group in re.findall(r'"([^"]+)"', parents):
            groups.setdefault(group, set()).add(verb)
    return Shape(
        text=text,
        parsed=Schema.from_str(text),
        principal=next(attributes for names, attributes in entities if "Person" in names),
        kinds={
            _KIND_OF_TYPE.get(name) or name.lower(): (name, attributes)
            for names, attributes in entities
            for name in names
            if name not in PRINCIPAL_TYPES.values()
        },
        verbs=verbs,
        groups={group: frozenset(members) for group, members in groups.items()},
        parents={
            verb: [{"type": "Action", "id": group} for group, members in groups.items() if verb in members]
            for verb in verbs
        },
        contexts={name: _attributes(body) for name, body in _RECORDS.findall(text)},
    )


def _attributes(body: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, kind, bool(optional)) for name, optional, kind in _ATTRIBUTE.findall(body))
