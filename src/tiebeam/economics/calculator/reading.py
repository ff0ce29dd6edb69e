"""Questions as the query of an address, both ways: the address holds the whole state of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, cast

from tiebeam.economics.calculator.question import BadQuestion, Question, Sort
from tiebeam.economics.hosting import Method
from tiebeam.kit import decimal_text, parse_amount
from tiebeam.spec import Capability, Precision, ServiceTier, Term

MOST_TOKENS = Decimal(10) ** 14
"""Of a month: more than all providers together serve."""
_MOST_PARTS = Decimal(1000)
_MOST_LENGTH = 10**7
_MOST_ITEMS = 50
_LONGEST = 200

_Choice = TypeVar("_Choice", bound=Enum)
Read = Callable[[str, str], Any]
"""From the parameter's name and its text."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query. `wants` says what it may be, as help and as the fix in an error."""

    name: str
    attribute: str
    about: str
    wants: str
    read: Read
    repeats: bool = False
    """Holds several values, separated by commas or given several times."""


def _amount(low: Decimal, high: Decimal, *, above: bool = False, percent: bool = False) -> Read:
    def read(name: str, text: str) -> Decimal:
        is_percent = percent and text.endswith("%")
        try:
            # Rounded as all arithmetic is, so that the same question comes back from its query.
            value = +parse_amount(text.removesuffix("%") if is_percent else text)
        except ValueError as problem:
            raise _bad(name, text) from problem
        value = value / 100 if is_percent else value
        if not low <= value <= high or (above and value == low):
            raise _bad(name, text)
        return value

    return read


def _count(low: int, high: int) -> Read:
    def read(name: str, text: str) -> int:
        if re.fullmatch(r"\d{1,12}", text) is None or not low <= int(text) <= high:
            raise _bad(name, text)
        return int(text)

    return read


def _one_of(kind: type[_Choice]) -> Callable[[str, str], _Choice]:
    def read(name: str, text: str) -> _Choice:
        try:
            return kind(text.lower().replace("_", "-"))
        except ValueError as problem:
            raise _bad(name, text) from problem

    return read


def _words(name: str, text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable():
        raise _bad(name, text)
    return text


def _many(one: Read) -> Read:
    def read(name: str, text: str) -> tuple[Any, ...]:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if len(parts) > _MOST_ITEMS:
            raise BadQuestion(f"{name} holds {len(parts)} values; give at most {_MOST_ITEMS}", field=name)
        return tuple(dict.fromkeys(one(name, part) for part in parts))

    return read


def _currency(name: str, text: str) -> str:
    if re.fullmatch(r"[A-Z]{3}", text.upper()) is None:
        raise _bad(name, text)
    return text.upper()


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise _bad(name, text) from problem


def _choices(kind: type[Enum]) -> str:
    return "one of " + ", ".join(str(one.value) for one in kind)


_SHARE = "a share from 0 to 1, such as 0.4 or 40%"
_LENGTH = "a whole number from 1 to 10000000"
_VOLUME = f"a number above 0 and at most {MOST_TOKENS:.0f}"
_NAMES = "names separated by commas"
_TOKENS = _amount(Decimal(0), MOST_TOKENS, above=True)
_PART = _amount(Decimal(0), Decimal(1), percent=True)

PARAMETERS: Mapping[str, Parameter] = {
    one.name: one
    for one in (
        Parameter("tokens", "tokens", "Tokens of a month, input and output", _VOLUME, _TOKENS),
        Parameter("calls", "calls", "Calls a month, instead of tokens", _VOLUME, _TOKENS),
        Parameter("per_call", "per_call", "Input and output tokens of one call", _VOLUME, _TOKENS),
        Parameter("cached", "cached", "Share of the input that is read from the cache", _SHARE, _PART),
        Parameter("batch", "batch", "Share of the calls that can wait for batch", _SHARE, _PART),
        Parameter("service", "service", "How calls are served", _choices(ServiceTier), _one_of(ServiceTier)),
        Parameter("region", "region", "Where calls are served, for prices by region", "a name", _words),
        Parameter(
            "busy",
            "busy",
            "Share of its hours that hardware works at its throughput",
            "a share above 0 and at most 1, such as 0.6 or 60%",
            _amount(Decimal(0), Decimal(1), above=True, percent=True),
        ),
        Parameter("concurrency", "concurrency", "Requests in flight on one copy", _LENGTH, _count(1, _MOST_LENGTH)),
        Parameter("input", "input_tokens", "Input tokens of a request on a GPU", _LENGTH, _count(1, _MOST_LENGTH)),
        Parameter("output", "output_tokens", "Output tokens of a request on a GPU", _LENGTH, _count(1, _MOST_LENGTH)),
        Parameter("precision", "precision", "Format of the weights", _choices(Precision), _one_of(Precision)),
        Parameter("backend", "backend", "Serving program", "a name such as vllm, sglang or trtllm", _words),
        Parameter("replica", "replica", "GPUs of one copy of the model", "a whole number to 1024", _count(1, 1024)),
        Parameter("method", "method", "How throughput is estimated", _choices(Method), _one_of(Method)),
        Parameter("term", "term", "How GPUs are rented", _choices(Term), _one_of(Term)),
        Parameter("provider", "providers", "Only models of these providers", _NAMES, _many(_words), repeats=True),
        Parameter(
            "class",
            "classes",
            "Only models of these classes",
            _choices(Capability),
            _many(_one_of(Capability)),
            repeats=True,
        ),
        Parameter("model", "models", "Only these models, by id", _NAMES, _many(_words), repeats=True),
        Parameter("q", "search", "Words of a model's name, also beyond the library", "up to 200 characters", _words),
        Parameter("gpu", "gpus", "Only these GPUs", _NAMES, _many(_words), repeats=True),
        Parameter("host", "hosts", "Only GPUs of these providers", _NAMES, _many(_words), repeats=True),
        Parameter("arch", "architectures", "Models to host; all for every one", _NAMES, _many(_words), repeats=True),
        Parameter("metered", "metered", "The API option to compare", "the id of a row", _words),
        Parameter("rented", "rented", "The hosting option to compare", "the id of a row", _words),
        Parameter("currency", "currency", "Currency of every figure", "three letters such as USD or EUR", _currency),
        Parameter("at", "at", "At the prices of this day", "a day such as 2026-11-21", _day),
    )
}
"""Parameters with one attribute each; `ratio` and `sort` are two in one."""
RATIO_WANTS = "two numbers from 0 to 1000, not both 0, such as 3:1"
SORT_WANTS = f"{_choices(Sort)}, with - before it for the largest first"


def read_question(params: Mapping[str, str] | Iterable[tuple[str, str]], *, also: Collection[str] = ()) -> Question:
    """The question of a query. Empty values stand for the default; `also` names parameters the face reads itself.

    Parameters that hold several values may come several times, as pairs. Raises BadQuestion naming field and fix.
    """
    told = _told(params, also)
    found: dict[str, Any] = {}
    if "ratio" in told:
        found["input_parts"], found["output_parts"] = _ratio(told.pop("ratio"))
    if "sort" in told:
        text = told.pop("sort")
        found["sort"], found["descending"] = _one_of(Sort)("sort", text.removeprefix("-")), text.startswith("-")
    for name, text in told.items():
        found[PARAMETERS[name].attribute] = PARAMETERS[name].read(name, text)
    if "calls" in found and "tokens" in found:
        raise BadQuestion("both tokens and calls are given; a volume is one or the other", field="calls")
    question = Question(**found)
    if question.volume > MOST_TOKENS:
        raise BadQuestion(
            f"calls times per_call is {question.volume:f} tokens a month; it must be at most {MOST_TOKENS:f}",
            field="calls",
        )
    return question


def question_params(question: Question) -> dict[str, str]:
    """The shortest query that reads back as the same question, in the order of the parameters."""
    standard = Question()
    found: dict[str, str] = {}
    if (question.input_parts, question.output_parts) != (standard.input_parts, standard.output_parts):
        found["ratio"] = f"{_text(question.input_parts)}:{_text(question.output_parts)}"
    for one in PARAMETERS.values():
        value = getattr(question, one.attribute)
        if value != getattr(standard, one.attribute) and not (one.name == "tokens" and question.calls is not None):
            found[one.name] = _text(value)
    if (question.sort, question.descending) != (standard.sort, standard.descending):
        found["sort"] = ("-" if question.descending else "") + question.sort.value
    return found


def _told(params: Mapping[str, str] | Iterable[tuple[str, str]], also: Collection[str]) -> dict[str, str]:
    pairs = cast(Mapping[str, str], params).items() if isinstance(params, Mapping) else params
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in also or not value.strip():
            continue
        if name not in PARAMETERS and name not in {"ratio", "sort"}:
            known = ", ".join(sorted((*PARAMETERS, "ratio", "sort")))
            raise BadQuestion(f"the calculator has no figure {name[:40]!r}; there are {known}", field=name[:40])
        is_list = name in PARAMETERS and PARAMETERS[name].repeats
        found[name] = f"{found[name]},{value.strip()}" if is_list and name in found else value.strip()
    return found


def _ratio(text: str) -> tuple[Decimal, Decimal]:
    left, colon, right = text.partition(":")
    part = _amount(Decimal(0), _MOST_PARTS)
    if not colon:
        raise _bad("ratio", text)
    found = part("ratio", left.strip()), part("ratio", right.strip())
    if found == (0, 0):
        raise _bad("ratio", text)
    return found


def _bad(name: str, text: str) -> BadQuestion:
    wanted = {"ratio": RATIO_WANTS, "sort": SORT_WANTS}.get(name) or PARAMETERS[name].wants
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return BadQuestion(f"{name} is {shown!r}; give {wanted}", field=name)


def _text(value: Any) -> str:
    match value:
        case Enum():
            return str(value.value)
        case Decimal():
            return decimal_text(value.normalize())
        case tuple():
            return ",".join(_text(one) for one in value)
        case _:
            return str(value)
