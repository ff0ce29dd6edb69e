"""Conditions in CEL: compiled when a workspace is loaded, unknown names refused, failing closed when they run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from tiebeam.errors import Invalid, TiebeamError
from tiebeam.kit import decimal_text, iso

if TYPE_CHECKING:
    from cel import Program

MAX_LENGTH = 500
MAX_MACROS = 3
MAX_DEPTH = 16
MAX_VALUES = 20_000
_KEYWORDS = frozenset({"in", "true", "false", "null"})
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(")
_TOKEN = re.compile(
    r"""(?P<text>[rRbB]{0,2}(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))|(?P<path>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)|(?P<other>\S)""",
    re.VERBOSE,
)
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


class ConditionBroken(Invalid):
    """The text is not a condition, or names something that is not there."""

    code = "condition_broken"


class ConditionFailed(TiebeamError):
    """The condition could not be decided on this data; whoever asked takes the careful branch."""

    code = "condition_failed"
    status = 500


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `paths` are the dotted names it reads, such as `steps.match.outcome`."""

    text: str
    paths: tuple[str, ...]
    _program: Program

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """True or false; raises ConditionFailed on a missing member, another type, too much data or another result."""
        result = self.value(variables)
        if not isinstance(result, bool):
            raise ConditionFailed(
                f"the condition {self.text!r} gives {result!r} instead of true or false", condition=self.text
            )
        return result

    def value(self, variables: Mapping[str, Any]) -> Any:
        """What the expression gives, as plain JSON-like data. Raises ConditionFailed like `holds`."""
        try:
            result: object = self._program.execute(plain_values(self._read_from(variables)))
        except KeyError as missing:
            raise ConditionFailed(
                f"the condition {self.text!r} reads {missing.args[0]!r}, which is not there", condition=self.text
            ) from missing
        except (RuntimeError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
            raise ConditionFailed(
                f"the condition {self.text!r} cannot be decided: {problem}", condition=self.text
            ) from problem
        return result

    def _read_from(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Only what the condition reads: a run's outputs are large and conditions look at a few members."""
        seen: dict[str, Any] = {}
        for path in self.paths:
            _copy_path(path.split("."), variables, seen)
        return seen


def _copy_path(names: Sequence[str], source: Mapping[str, Any], target: dict[str, Any]) -> None:
    """Copy the member a path leads to, with the levels above it. What is missing stays missing."""
    name, rest = names[0], names[1:]
    if name not in source:
        return
    value = source[name]
    # A last name that is no member is a method such as `size()`, or a missing member: both need the whole.
    if not rest or not isinstance(value, Mapping) or (len(rest) == 1 and rest[0] not in value):
        target[name] = value
        return
    below = target.setdefault(name, {})
    # A shorter path has copied the whole member already.
    if below is not value:
        _copy_path(rest, value, below)


def compile_condition(text: str, names: Iterable[str]) -> Condition:
    """Compile CEL that may read only `names`: whole variables (`input`) or members (`steps.match` and any field of it).

    Raises ConditionBroken with the reason and, for an unknown name, the nearest known one.
    """
    from cel import compile as compile_cel

    if len(text) > MAX_LENGTH:
        raise ConditionBroken(f"the condition has {len(text)} characters; write it with at most {MAX_LENGTH}")
    try:
        program = compile_cel(text)
    except ValueError as problem:
        raise ConditionBroken(f"the condition {text!r} is not CEL: {_first_line(problem)}") from problem
    paths = _paths(text)
    unquoted = _without_texts(text)
    bound = frozenset(_BOUND.findall(unquoted))
    if len(_MACRO.findall(unquoted)) > MAX_MACROS:
        raise ConditionBroken(f"the condition {text!r} walks through more than {MAX_MACROS} lists; split it")
    known = frozenset(names)
    # A walk's own name must not hide a variable: its reads would then escape the check below.
    if hidden := bound & {name.split(".")[0] for name in known}:
        raise ConditionBroken(f"the condition {text!r} reuses the name {min(hidden)!r}; choose another for the walk")
    read = tuple(dict.fromkeys(path for path in paths if path.split(".")[0] not in bound | _KEYWORDS))
    for path in read:
        _require_known(path, known, text)
    return Condition(text=text, paths=read, _program=program)


def step_variable(step_id: str) -> str:
    """How CEL names a step: `call-back` is read as `steps.call_back`."""
    return step_id.replace("-", "_")


def plain_values(variables: Mapping[str, Any]) -> dict[str, Any]:
    """JSON-like values for CEL; decimals and dates as text. Raises ConditionFailed when too deep or too many."""
    counted = [0]
    return {name: _plain(value, 1, counted) for name, value in variables.items()}


def _plain(value: Any, depth: int, counted: list[int]) -> Any:
    counted[0] += 1
    if depth > MAX_DEPTH or counted[0] > MAX_VALUES:
        raise ConditionFailed(f"the data of the condition exceeds {MAX_DEPTH} levels or {MAX_VALUES} values")
    match value:
        case None | bool() | str() | int() | float():
            return value
        case Decimal():
            return decimal_text(value)
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(item, depth + 1, counted) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item, depth + 1, counted) for item in value]
        case _:
            raise ConditionFailed(f"a condition cannot read a {type(value).__name__}")


def _first_line(problem: ValueError) -> str:
    found = re.search(r"Syntax error: (.*)", str(problem))
    return found.group(1) if found else str(problem).splitlines()[0]


def _without_texts(text: str) -> str:
    return _TOKEN.sub(lambda found: "''" if found.group("text") else found.group(), text)


def _paths(text: str) -> list[str]:
    """Dotted names outside quotes that begin an expression; a call's own name is kept only behind a dot."""
    paths: list[str] = []
    before = ""
    tokens = list(_TOKEN.finditer(text))
    for place, token in enumerate(tokens):
        after = tokens[place + 1].group() if place + 1 < len(tokens) else ""
        if token.group("path") and before != ".":
            path = re.sub(r"\s", "", token.group())
            if after != "(" or "." in path:
                paths.append(path)
        before = token.group()
    return paths


def _require_known(path: str, known: Collection[str], text: str) -> None:
    parts = path.split(".")
    if any(".".join(parts[:length]) in known for length in range(1, len(parts) + 1)):
        return
    head = parts[0]
    members = sorted(name for name in known if name.startswith(f"{head}."))
    if not members:
        near = get_close_matches(head, sorted({name.split(".")[0] for name in known}), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {_listed({name.split('.')[0] for name in known})}"
        raise ConditionBroken(f"the condition {text!r} names {head!r}, which is unknown here; {hint}")
    named = ".".join(parts[:2])
    near = get_close_matches(named, members, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {_listed(members)}"
    raise ConditionBroken(f"the condition {text!r} names {named!r}, which is unknown here; {hint}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
