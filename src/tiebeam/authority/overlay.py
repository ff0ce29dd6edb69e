"""The workspace's own rules, laid over the built-in ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tiebeam.authority.policies import Policies, PolicyBroken, compile_policies
from tiebeam.authority.rules import BUILT_IN, Rule, RuleUnreadable, read_rule, statements
from tiebeam.authority.schema import Shape, read_schema
from tiebeam.spec import AccessRule

_SHUT = """@id("rules-unusable")
@because({because})
forbid (principal, action, resource)
unless {{ principal.administrator && action in [Action::"workspace.apply", Action::"policy.view"] }};"""


def overlay(records: Mapping[str, AccessRule], shape: Shape, *, files: Mapping[str, str]) -> list[Rule]:
    """The rules of the records in order of their ids; `files` maps ids to files. Raises PolicyBroken."""
    found: list[Rule] = []
    for record_id, record in sorted(records.items()):
        file = files.get(record_id, f"access/{record_id}.toml")
        try:
            found += [rule for _, rule in rules_of(record, shape, source=file)]
        except RuleUnreadable as wrong:
            raise PolicyBroken(f"access rule {record_id!r}: {wrong}", rule=record_id) from wrong
    return found


def rules_of(record: AccessRule, shape: Shape, *, source: str) -> Iterator[tuple[int, Rule]]:
    """Each rule of one record with its line in the text. A rule alone may go without `@id`. Raises RuleUnreadable."""
    cuts = list(statements(record.cedar))
    if not cuts:
        raise RuleUnreadable("the text holds no policy")
    given = record.id if len(cuts) == 1 else ""
    for line, text in cuts:
        yield line, read_rule(text, shape, source=source, line=line, rule_id=given, because=record.because)


def compile_workspace(
    records: Mapping[str, AccessRule], *, files: Mapping[str, str], voucher_counts: bool = True
) -> Policies:
    """The built-in rules with the workspace's. Where these no longer fit, nothing but putting them right is allowed."""
    shape = read_schema()
    try:
        return compile_policies(overlay(records, shape, files=files), voucher_counts=voucher_counts, shape=shape)
    except PolicyBroken as wrong:
        reason = f"{wrong.message}; correct it below access/ and run 'tiebeam apply'"
        because = json.dumps(reason.replace("{", "{{").replace("}", "}}"), ensure_ascii=False)
        shut = read_rule(_SHUT.format(because=because), shape, source=BUILT_IN, line=1)
        return compile_policies([shut], voucher_counts=voucher_counts, shape=shape)
