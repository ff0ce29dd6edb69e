"""From a file to a record, or to the problems that stand in the way."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tiebeam.graph.layout import PLACES, Kind, Place, expected_path, id_for
from tiebeam.graph.lines import KeyPath, key_lines, line_of
from tiebeam.graph.problems import Problem
from tiebeam.graph.secrets import secret_problems
from tiebeam.kit import MASK
from tiebeam.spec import Record, is_secret_key

MAX_BYTES = 2_000_000
_TOML_LINE = re.compile(r"\(at line (\d+)")
_SHOWN = 80
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record was read: the file as shown to people, its path below the root, and the line of each key."""

    file: str
    relative: str
    lines: dict[KeyPath, int] = field(default_factory=dict[KeyPath, int])
    from_library: bool = False

    def problem(self, rule: str, path: KeyPath, message: str, *, fix: str) -> Problem:
        return Problem(file=self.file, line=line_of(self.lines, path), rule=rule, message=message, fix=fix)


@dataclass(frozen=True, slots=True)
class Found:
    """One record with its source."""

    place: Place
    record: Record
    source: Source


@dataclass(slots=True)
class Reading:
    """Everything read from one root."""

    records: dict[tuple[Kind, str], Found] = field(default_factory=dict[tuple[Kind, str], Found])
    problems: list[Problem] = field(default_factory=list[Problem])
    broken: set[tuple[Kind, str]] = field(default_factory=set[tuple[Kind, str]])
    """Records that are declared but have problems of their own: references to them are no further problem."""


def read_root(root: Path, *, shown: str, from_library: bool) -> Reading:
    """All records below `root`; folders beginning with `_` or `.` are passed over."""
    reading = Reading()
    for place in PLACES:
        folder = root / place.folder
        for path in sorted(folder.rglob("*.toml")):
            below = PurePosixPath(path.relative_to(folder).as_posix())
            if any(part[0] in "_." for part in below.parts):
                continue
            relative = f"{place.folder}/{below}"
            source = Source(file=f"{shown}{relative}", relative=relative, from_library=from_library)
            _read_record(reading, place, path, below, source)
    return reading


def _read_record(reading: Reading, place: Place, path: Path, below: PurePosixPath, source: Source) -> None:
    record_id = id_for(place, below)
    if record_id is None:
        reading.problems.append(
            source.problem(
                "path",
                (),
                f"the path does not name a {place.noun}.",
                fix=f"move it to {expected_path(place)}, in lower case with hyphens.",
            )
        )
        return
    found, problems = read_model(path, place.model, source, extra={"id": record_id})
    reading.problems.extend(problems)
    if found is None:
        reading.broken.add((place.kind, record_id))
        return
    record, source = found
    if (earlier := reading.records.get((place.kind, record_id))) is not None:
        reading.problems.append(
            source.problem(
                "path",
                (),
                f"the {place.noun} {record_id!r} is also declared in {earlier.source.file}.",
                fix="rename one of the two files.",
            )
        )
        return
    reading.records[(place.kind, record_id)] = Found(place=place, record=record, source=source)


def read_model(
    path: Path, model: type[Model], source: Source, *, extra: dict[str, Any]
) -> tuple[tuple[Model, Source] | None, list[Problem]]:
    """One file as one model; `extra` holds fields that the path says and the file must not."""
    text, content, problem = _content(path, source)
    if problem is not None:
        return None, [problem]
    located = Source(source.file, source.relative, key_lines(text), source.from_library)
    if written := list(secret_problems(text, content, located.lines, file=source.file)):
        # Alone: other problems of the file might repeat the value.
        return None, written
    if said := sorted(set(extra) & set(content)):
        return None, [
            located.problem("shape", (said[0],), f"{said[0]!r} comes from the file's path.", fix="remove the line.")
        ]
    try:
        return (model.model_validate({**content, **extra}), located), []
    except ValidationError as refused:
        return None, [_explained(model, error, located) for error in refused.errors(include_url=False)]


def _content(path: Path, source: Source) -> tuple[str, dict[str, Any], Problem | None]:
    try:
        raw = path.read_bytes()
    except OSError as problem:
        return "", {}, source.problem("file", (), f"cannot be read: {problem.strerror}.", fix="check its permissions.")
    if len(raw) > MAX_BYTES:
        return "", {}, source.problem("file", (), f"has more than {MAX_BYTES} bytes.", fix="split it.")
    try:
        text = raw.decode("utf-8")
        return text, tomllib.loads(text, parse_float=Decimal), None
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        return "", {}, Problem(source.file, line, "toml", "is not UTF-8 text.", "save the file as UTF-8.")
    except tomllib.TOMLDecodeError as problem:
        found = _TOML_LINE.search(str(problem))
        line = int(found.group(1)) if found else raw.count(b"\n") + 1
        reason = _TOML_LINE.split(str(problem))[0].strip(" (")
        return "", {}, Problem(source.file, line, "toml", f"is not TOML: {reason}.", "correct the line.")
    except (RecursionError, ValueError):
        # Nested deeper than our stack, or a number of more digits than Python converts.
        return (
            "",
            {},
            Problem(source.file, 1, "toml", "is nested too deep, or a number is too long.", "simplify it."),
        )


def _explained(model: type[BaseModel], error: ErrorDetails, source: Source) -> Problem:
    path: KeyPath = tuple(error["loc"])
    shown = _dotted(path)
    if error["type"] == "missing":
        rule = "WF-10" if path in {("owner",), ("owner_kind",)} and model.__name__ == "Adoption" else "shape"
        return source.problem(rule, path, f"{shown} is missing.", fix=f"add {_to_add(model, path)} here.")
    if error["type"] == "extra_forbidden":
        owner = _model_at(model, path[:-1])
        near = get_close_matches(str(path[-1]), list(owner.model_fields) if owner else [], n=1)
        fix = f"did you mean {near[0]!r}?" if near else "remove the line."
        return source.problem("shape", path, f"{shown} is not known here.", fix=fix)
    if not path:
        # A rule on the record as a whole; all of it would say nothing.
        return source.problem(
            "shape", path, f"{error['msg'].removeprefix('Value error, ').rstrip('.')}.", fix="correct the record."
        )
    given = repr(error["input"])
    given = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}…"
    if path and is_secret_key(str(path[-1])):
        given = MASK
    context = error.get("ctx", {})
    fix = "write a value of that form."
    if "expected" in context:
        fix = f"write one of {context['expected']}."
    elif "pattern" in context:
        fix = f"write text of the form {context['pattern']}."
    return source.problem("shape", path, f"{shown} = {given}: {error['msg']}.", fix=fix)


def _to_add(model: type[BaseModel], path: KeyPath) -> str:
    """How a missing member is written: a line, or a table with the lines it cannot be without."""
    name, table = str(path[-1]), _model_at(model, path)
    if table is None or any(isinstance(part, int) for part in path):
        return f"`{name} = …`"
    above = _model_at(model, path[:-1]) or model
    is_list = above.model_fields[name].annotation is not table
    head = f"[[{'.'.join(map(str, path))}]]" if is_list else f"[{'.'.join(map(str, path))}]"
    needed = [
        f"`{field} = {'YYYY-MM-DD' if info.annotation is date else '…'}`"
        for field, info in table.model_fields.items()
        if info.is_required()
    ]
    return f"a table `{head}`" + (f" with {' and '.join(needed)}" if needed else "")


def _dotted(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return repr(text)


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int):
            continue
        info = current.model_fields.get(part) if current else None
        current = _nested(info.annotation) if info else None
    return current


def _nested(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _nested(part))), None)
