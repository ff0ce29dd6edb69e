"""Finding what installed packages add, by their entry points."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from tiebeam.connect.connectors import BUILT_IN_KINDS, Connector
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.workflow.evaluations import Scorer
from tiebeam.workflow.promotion import Gate
from tiebeam.workflow.steps import StepCode

EXTENSIONS_VARIABLE = "TIEBEAM_EXTENSIONS"
"""`all` (the default), `none`, or the names of the packages that may add something, separated by commas."""

STEPS, CONNECTORS, SCORERS, GATES = "tiebeam.steps", "tiebeam.connectors", "tiebeam.scorers", "tiebeam.gates"
GROUPS = (STEPS, CONNECTORS, SCORERS, GATES)


class ExtensionRefused(Invalid):
    """What an entry point leads to is not what its group holds, or takes a name that is in use."""

    code = "extension_refused"


@dataclass(frozen=True, slots=True)
class Provided:
    """One thing a package adds: `name` is what recipes, systems and evaluation sets call it."""

    group: str
    name: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """One installed package and what it adds. A thing with a problem is left out; the rest of it works."""

    package: str
    version: str
    provides: tuple[Provided, ...]


@dataclass(frozen=True, slots=True)
class Extensions:
    """Everything installed packages add, ready to be used beside what this version provides itself."""

    found: tuple[Extension, ...] = ()
    steps: tuple[StepCode, ...] = ()
    connectors: tuple[Connector, ...] = ()
    scorers: tuple[tuple[str, Scorer], ...] = ()
    gates: tuple[Gate, ...] = ()


def find_extensions(
    *,
    taken_steps: Collection[str],
    taken_scorers: Collection[str],
    taken_gates: Collection[str],
    points: Iterable[EntryPoint] | None = None,
    allowed: str | None = None,
) -> Extensions:
    """Load the entry points of the four groups, those of one package after another.

    A package whose code does not load, or that takes a name in `taken_…` or of another package, never keeps the rest
    from working: the problem is kept with what it concerns. `points` and `allowed` stand in for the installed packages
    and the environment's variable.
    """
    wanted = os.environ.get(EXTENSIONS_VARIABLE, "all") if allowed is None else allowed
    every = [point for group in GROUPS for point in entry_points(group=group)] if points is None else list(points)
    chosen = [point for point in every if _may_load(point, wanted)]
    taken: dict[str, set[str]] = {
        STEPS: set(taken_steps),
        SCORERS: set(taken_scorers),
        GATES: set(taken_gates),
        CONNECTORS: set(BUILT_IN_KINDS),
    }
    things: dict[str, list[Any]] = {group: [] for group in GROUPS}
    packages: dict[tuple[str, str], list[Provided]] = {}
    for point in sorted(chosen, key=lambda point: (*_package_of(point), point.group, point.name)):
        provided = packages.setdefault(_package_of(point), [])
        provided.extend(_taken_up(point, things[point.group], taken[point.group]))
    return Extensions(
        found=tuple(Extension(name, version, tuple(provides)) for (name, version), provides in packages.items()),
        steps=tuple(things[STEPS]),
        connectors=tuple(things[CONNECTORS]),
        scorers=tuple(things[SCORERS]),
        gates=tuple(things[GATES]),
    )


def _package_of(point: EntryPoint) -> tuple[str, str]:
    return ("", "") if point.dist is None else (point.dist.name, point.dist.version)


def _may_load(point: EntryPoint, wanted: str) -> bool:
    names = {name.strip().lower().replace("_", "-") for name in wanted.split(",")}
    return names == {"all"} or _package_of(point)[0].lower().replace("_", "-") in names - {"none", ""}


def _taken_up(point: EntryPoint, things: list[Any], taken: set[str]) -> list[Provided]:
    """What one entry point adds; a list or tuple adds each of its members."""
    try:
        loaded = point.load()
    except Exception as problem:  # noqa: BLE001 - a stranger's code may raise anything at import
        return [Provided(point.group, point.name, f"{type(problem).__name__}: {problem}"[:500])]
    members: list[Any] = list(cast("Iterable[Any]", loaded)) if isinstance(loaded, list | tuple) else [loaded]
    return [_one(point, member, things, taken) for member in members]


def _one(point: EntryPoint, member: Any, things: list[Any], taken: set[str]) -> Provided:
    try:
        name, thing = _READ[point.group](point, member)
        if name in taken:
            raise ExtensionRefused(f"{name!r} is taken already; give it a name of its own")
    except TiebeamError as problem:
        return Provided(point.group, point.name, problem.message)
    taken.add(name)
    things.append(thing)
    return Provided(point.group, name)


def _read_step(point: EntryPoint, member: Any) -> tuple[str, Any]:
    if not isinstance(member, StepCode):
        raise ExtensionRefused(f"{point.value!r} is no step: decorate the function with `step`")
    name, version = _package_of(point)
    return member.uses, replace(member, origin=f"{name} {version}")


def _read_connector(point: EntryPoint, member: Any) -> tuple[str, Any]:
    if not isinstance(member, Connector):
        raise ExtensionRefused(f"{point.value!r} is no Connector")
    return member.kind, member


def _read_scorer(point: EntryPoint, member: Any) -> tuple[str, Any]:
    if not callable(member):
        raise ExtensionRefused(f"{point.value!r} is no function from a case's `given` to what was made of it")
    return point.name, (point.name, member)


def _read_gate(point: EntryPoint, member: Any) -> tuple[str, Any]:
    if not isinstance(member, Gate):
        raise ExtensionRefused(f"{point.value!r} is no Gate")
    return member.id, member


_READ: dict[str, Callable[[EntryPoint, Any], tuple[str, Any]]] = {
    STEPS: _read_step,
    CONNECTORS: _read_connector,
    SCORERS: _read_scorer,
    GATES: _read_gate,
}
