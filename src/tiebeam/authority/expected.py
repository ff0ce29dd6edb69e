"""Tables of what a workspace expects of its rules, asked of the rules in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tiebeam.authority.authority import Authority
from tiebeam.authority.principals import Principal, PrincipalKind
from tiebeam.authority.questions import VERBS, Obj
from tiebeam.authority.verdicts import Verdict
from tiebeam.errors import Invalid

_WHO = frozenset({"id", "name", "kind", "roles", "administrator", "vouched_by", "emergency", "scopes", "method"})
_CASE = frozenset({"name", "who", "verb", "kind", "id", "object", "context", "allowed", "rule"})


class WrongTable(Invalid):
    """A table of expected verdicts that cannot be read; the message names the case and the key."""

    code = "wrong_table"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case and what came of it; `rule` is what was expected, empty when any rule will do."""

    name: str
    allowed: bool
    rule: str
    verdict: Verdict

    @property
    def is_met(self) -> bool:
        return self.verdict.allowed is self.allowed and self.rule in {"", self.verdict.rule}


def run_table(authority: Authority, table: Mapping[str, Any]) -> list[Outcome]:
    """Ask every `[[case]]` of a parsed TOML table. Raises WrongTable."""
    cases = table.get("case")
    if not isinstance(cases, Sequence) or not cases or set(table) != {"case"}:
        raise WrongTable("the file holds [[case]] tables and nothing else; see docs/guides/policies.md")
    return [_outcome(authority, case, number) for number, case in enumerate(cases, start=1)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _outcome(authority: Authority, case: Any, number: int) -> Outcome:
    name = str(case.get("name") or f"case {number}") if isinstance(case, Mapping) else f"case {number}"  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    try:
        _known(name, case, _CASE)
        verb, who = case["verb"], case["who"]
        if verb not in VERBS:
            raise WrongTable(f"{name}: there is no verb {verb!r}")
        obj = Obj(case["kind"], str(case.get("id", "one")), dict(case.get("object", {})))
        verdict = authority.may(_principal(name, who), verb, obj, _context(name, verb, case.get("context", {})))
        return Outcome(name, bool(case["allowed"]), str(case.get("rule", "")), verdict)
    except KeyError as missing:
        raise WrongTable(f"{name}: {missing.args[0]!r} is missing") from missing


def _context(name: str, verb: str, given: Mapping[str, Any]) -> dict[str, Any]:
    amounts: dict[str, Any] = {}
    if verb == "task.release_money":
        amounts = {key: _amount(name, key, given.get(key)) for key in ("amount", "limit")}
    return {**given, **amounts}


def _amount(name: str, key: str, value: Any) -> Decimal | None:
    """As TOML has it: text or a number; None where it is not given."""
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite():
        raise WrongTable(f'{name}: {key} is no amount; write one such as "1200.00"')
    return amount


def _principal(name: str, who: Mapping[str, Any]) -> Principal:
    _known(name, who, _WHO)
    scopes = who.get("scopes")
    return Principal(
        str(who.get("id", "somebody")),
        str(who.get("name", who.get("id", "Somebody"))),
        roles=tuple(who.get("roles", ())),
        administrator=bool(who.get("administrator", False)),
        kind=PrincipalKind(who.get("kind", "person")),
        method=str(who.get("method", "none")),
        vouched_by=who.get("vouched_by"),
        scopes=None if scopes is None else frozenset(scopes),
        emergency=tuple(who.get("emergency", ())),
    )


def _known(name: str, given: Any, keys: frozenset[str]) -> None:
    if not isinstance(given, Mapping):
        raise WrongTable(f"{name}: write it as a table")
    if unknown := sorted(set(given) - keys):  # pyright: ignore[reportUnknownArgumentType]
        raise WrongTable(f"{name}: {unknown[0]!r} is not known here; there are {', '.join(sorted(keys))}")
