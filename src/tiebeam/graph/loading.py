"""Loading a workspace over the library, and checking it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tiebeam import spec
from tiebeam.graph.access import RuleCheck, access_problems
from tiebeam.graph.graph import Graph, Node, build_graph
from tiebeam.graph.layout import Kind
from tiebeam.graph.lint import lint
from tiebeam.graph.problems import GraphBroken, Problem, Severity
from tiebeam.graph.reading import Found, Source, read_model, read_root
from tiebeam.graph.recipe_shape import KnownSteps
from tiebeam.graph.rules import collection_problems

SETTINGS_FILE = "tiebeam.toml"
UNITS_FILE = "units.toml"


def library_root() -> Path:
    """The built-in library, as installed."""
    return Path(str(files("tiebeam"))) / "library"


def load(
    workspace: Path | None,
    *,
    library: Path | None = None,
    known_steps: KnownSteps | None = None,
    known_scorers: Collection[str] | None = None,
    known_kinds: Collection[str] | None = None,
    check_rules: RuleCheck | None = None,
) -> Graph:
    """The library overlaid by the workspace, by id. None loads the library alone.

    `known_steps`, `known_scorers` and `known_kinds` are the registered names recipes, evaluation sets and systems may
    use, `check_rules` reads the rules of access/; None leaves them unchecked. Raises GraphBroken with every
    error found; warnings do not stop a load.
    """
    loaded = _load(
        workspace,
        library=library,
        known_steps=known_steps,
        known_scorers=known_scorers,
        known_kinds=known_kinds,
        check_rules=check_rules,
    )
    if loaded.graph is None:
        raise GraphBroken(loaded.problems)
    return loaded.graph


def check(
    workspace: Path | None,
    *,
    library: Path | None = None,
    known_steps: KnownSteps | None = None,
    known_scorers: Collection[str] | None = None,
    known_kinds: Collection[str] | None = None,
    check_rules: RuleCheck | None = None,
) -> list[Problem]:
    """All problems, errors first, then by file and line. Warnings are looked for once there are no errors."""
    loaded = _load(
        workspace,
        library=library,
        known_steps=known_steps,
        known_scorers=known_scorers,
        known_kinds=known_kinds,
        check_rules=check_rules,
    )
    problems = [*loaded.problems, *loaded.warnings]
    if loaded.graph is not None:
        problems += lint(loaded.graph, loaded.records, settings=loaded.settings_source, root=workspace)
    return sorted(problems, key=lambda problem: (problem.severity is Severity.WARNING, problem))


@dataclass(frozen=True, slots=True)
class _Loaded:
    graph: Graph | None
    records: dict[tuple[Kind, str], Found]
    problems: list[Problem]
    settings_source: Source | None
    warnings: list[Problem]


def _load(
    workspace: Path | None,
    *,
    library: Path | None,
    known_steps: KnownSteps | None,
    known_scorers: Collection[str] | None,
    known_kinds: Collection[str] | None,
    check_rules: RuleCheck | None,
) -> _Loaded:
    root = library or library_root()
    reading = read_root(root, shown="library/", from_library=True)
    records, problems, broken = dict(reading.records), list(reading.problems), set(reading.broken)
    units, unit_problems = _units(root)
    problems += unit_problems
    settings: spec.WorkspaceSettings | None = None
    settings_source: Source | None = None
    if workspace is not None:
        shown = f"{workspace}/"
        own = read_root(workspace, shown=shown, from_library=False)
        records |= own.records
        problems += own.problems
        broken |= own.broken
        found, setting_problems = _settings(workspace, shown=shown)
        problems += setting_problems
        if found is not None:
            settings, settings_source = found
    problems += collection_problems(
        records,
        known_steps=known_steps,
        known_scorers=known_scorers,
        known_kinds=known_kinds,
        broken=broken,
        has_workspace=workspace is not None,
    )
    rule_problems = [] if check_rules is None else access_problems(records, check_rules)
    problems += [problem for problem in rule_problems if problem.severity is Severity.ERROR]
    if problems:
        return _Loaded(None, records, sorted(problems), settings_source, [])
    graph = _built(records, units=units, settings=settings)
    return _Loaded(graph, records, [], settings_source, rule_problems)


def _built(
    records: dict[tuple[Kind, str], Found], *, units: dict[str, spec.Unit], settings: spec.WorkspaceSettings | None
) -> Graph:
    by_kind: dict[Kind, dict[str, spec.Record]] = {}
    shown: dict[Node, str] = {}
    for (kind, record_id), found in records.items():
        by_kind.setdefault(kind, {})[record_id] = found.record
        prefix = "library/" if found.source.from_library else ""
        shown[(kind.value, record_id)] = prefix + found.source.relative
    return build_graph(by_kind, units=units, settings=settings, files=shown)


def _settings(workspace: Path, *, shown: str) -> tuple[tuple[spec.WorkspaceSettings, Source] | None, list[Problem]]:
    source = Source(file=shown + SETTINGS_FILE, relative=SETTINGS_FILE)
    path = workspace / SETTINGS_FILE
    if not path.is_file():
        fix = f"make a workspace with `tiebeam init {workspace} --example empty`."
        return None, [source.problem("file", (), "the folder is no workspace: this file is missing.", fix=fix)]
    return read_model(path, spec.WorkspaceSettings, source, extra={})


def _units(root: Path) -> tuple[dict[str, spec.Unit], list[Problem]]:
    path = root / UNITS_FILE
    if not path.is_file():
        return {}, []
    source = Source(file=f"library/{UNITS_FILE}", relative=UNITS_FILE, from_library=True)
    found, problems = read_model(path, spec.UnitTable, source, extra={})
    if found is None:
        return {}, problems
    table, source = found
    broken = [
        source.problem("reference", ("unit", code, "base"), f"no unit has the code {unit.base!r}.", fix="declare it.")
        for code, unit in table.unit.items()
        if unit.base not in table.unit
    ]
    return dict(table.unit), broken
