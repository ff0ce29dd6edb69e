"""Whose use it was: rules from names of the source to teams and workflows of this company."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tiebeam.errors import Invalid

_TARGETS = ("team", "workflow", "agent", "environment")
_OTHER = re.compile(r"[^A-Za-z0-9._/-]+")
_START = re.compile(r"^[^A-Za-z0-9]+")
_LONGEST = 80
_OF_TEAM = ("team", "project", "workspace", "cost_center", "resource_group", "subscription", "app")
_OF_KEY = ("key", "resource", "app")


class UnreadableRules(Invalid):
    """Rules of attribution that nobody can follow."""

    code = "unreadable_attribution"


@dataclass(frozen=True, slots=True)
class Attributed:
    team: str
    workflow: str
    agent: str
    environment: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Every name in `when` fits (`*` stands for any letters) → what `then` says."""

    when: Mapping[str, str]
    then: Mapping[str, str]

    def fits(self, names: Mapping[str, str]) -> bool:
        return all(fnmatchcase(names.get(name, ""), pattern) for name, pattern in self.when.items())


@dataclass(frozen=True, slots=True)
class Attribution:
    """The first rule that fits and says something of team, workflow, agent or environment decides that one.

    Without a rule the source's own names are taken: its team, project, workspace or the like for the team, and its
    key's alias for the key. `otherwise` holds what is taken where there is nothing.
    """

    rules: tuple[Rule, ...] = ()
    otherwise: Mapping[str, str] | None = None

    @classmethod
    def read(cls, file: Path, *, otherwise: Mapping[str, str] | None = None) -> Attribution:
        """`[[rule]]` tables in TOML, such as `project = "proj-*"`, `model = "gpt-4*"`, `team = "finance"`.

        Names of the source that are called like a target stand under `from`: `from = { team = "Fin" }`.
        """
        try:
            found = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise UnreadableRules(f"{file.name!r}: {problem}; write [[rule]] tables in TOML") from problem
        tables = found.get("rule", [])
        if not isinstance(tables, list) or set(found) - {"rule"}:
            raise UnreadableRules(f"{file.name!r} holds more than [[rule]] tables: {sorted(found)}")
        return cls(tuple(_rule(file, table) for table in tables), otherwise)

    def of(self, names: Mapping[str, str], *, model: str, provider: str) -> Attributed:
        known = {**names, "model": model, "provider": provider}
        found = {
            "team": plain_name(next((names[name] for name in _OF_TEAM if names.get(name)), "")),
            **{name: plain_name(names.get(name, "")) for name in _TARGETS[1:]},
        }
        decided: dict[str, str] = {}
        for rule in self.rules:
            if set(rule.then) - decided.keys() and rule.fits(known):
                decided = {**rule.then, **decided}
        fallback = self.otherwise or {}
        made = {name: decided.get(name) or found[name] or fallback.get(name, "") for name in _TARGETS}
        key = plain_name(next((names[name] for name in _OF_KEY if names.get(name)), ""))
        return Attributed(**made, key_id=key)


def plain_name(text: str) -> str:
    """A name with the letters names may have here; others become a hyphen."""
    return _START.sub("", _OTHER.sub("-", text.strip()))[:_LONGEST].rstrip("-")


def _rule(file: Path, table: Any) -> Rule:
    if not isinstance(table, dict):
        raise UnreadableRules(f"{file.name!r}: a rule is a table")
    said = dict(table)
    when = said.pop("from", {})
    if not isinstance(when, dict):
        raise UnreadableRules(f'{file.name!r}: `from` is a table of names, such as {{ team = "Fin" }}')
    then = {name: said.pop(name) for name in _TARGETS if name in said}
    when = {**when, **said}
    if not then or not all(isinstance(value, str) for value in (*when.values(), *then.values())):
        raise UnreadableRules(f"{file.name!r}: the rule {table} needs texts, and at least one of {', '.join(_TARGETS)}")
    for value in then.values():
        if plain_name(value) != value:
            raise UnreadableRules(f"{file.name!r}: {value!r} is no name; use letters, digits and . _ / -")
    return Rule(when, then)
