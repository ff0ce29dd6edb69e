"""What holds whoever asks what: forbids win, tokens only shrink, a workspace's forbid never opens a door."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from cedarpy import PolicySet, is_authorized
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders.authority import authority, built_in_policies
from tiebeam.authority import VERBS, Authority, Obj, Policies, Principal, PrincipalKind, Rule, compile_policies
from tiebeam.authority.facts import request_of
from tiebeam.authority.questions import Question
from tiebeam.authority.rules import read_rule

# ids: B14, C5

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SHAPE = built_in_policies().shape
names = st.sampled_from(("ada", "bob", "sam"))
roles = st.lists(st.sampled_from(("ap-analyst", "ap-manager", "auditor")), max_size=2, unique=True).map(tuple)

limits = st.none() | st.decimals(allow_nan=False, allow_infinity=False)


@st.composite
def principals(draw: st.DrawFn) -> Principal:
    return Principal(
        draw(names),
        "Somebody",
        roles=draw(roles),
        administrator=draw(st.booleans()),
        kind=draw(st.sampled_from(list(PrincipalKind))),
        deputising=tuple(draw(st.lists(st.tuples(st.sampled_from(("ap-analyst", "auditor")), names), max_size=2))),
        method=draw(st.sampled_from(("none", "token", "oidc"))),
        vouched_by=draw(st.none() | names),
        emergency=draw(roles),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, Obj, dict[str, Any]]:
    verb = draw(st.sampled_from(sorted(VERBS)))
    kind = draw(st.sampled_from(SHAPE.kinds_of(verb)))
    facts: dict[str, Any] = {}
    for attribute in SHAPE.kinds[kind][1]:
        if attribute.name in {"id", "acting_roles", "owning_roles"} or draw(st.booleans()):
            continue
        match attribute.type:
            case "Set<String>":
                facts[attribute.name] = draw(roles | st.lists(names, max_size=2).map(tuple))
            case "decimal":
                facts[attribute.name] = draw(st.decimals(allow_nan=True, allow_infinity=True))
            case _:
                facts[attribute.name] = draw(names | st.sampled_from(("ap-analyst", "auditor", "finance.x")))
    context = {"reason": draw(st.text(max_size=3))}
    if verb == "task.release_money":
        context |= {
            "amount": draw(st.none() | st.decimals()),
            "limit": draw(st.none() | st.decimals(allow_nan=False, allow_infinity=False)),
        }
    return verb, Obj(kind, draw(st.text(min_size=1, max_size=5) | st.just("*")), facts), context


def with_rule(text: str, *, rule_id: str = "ours") -> Policies:
    return compile_policies([our_rule(text, rule_id=rule_id)])


def our_rule(text: str, *, rule_id: str = "ours") -> Rule:
    return read_rule(text, SHAPE, source="access/ours.toml", line=1, rule_id=rule_id, because="so we decided")


EVERYTHING = PolicySet.from_str("\n".join(rule.text for rule in built_in_policies().rules))
OPEN = with_rule("permit (principal, action, resource);")
SHUT = with_rule('forbid (principal, action, resource) when { principal.id == "ada" };')


@QUICK
@given(principals(), questions())
def test_every_question_that_fits_the_schema_gets_an_answer_with_words(
    who: Principal, question: tuple[str, Obj, dict[str, Any]]
) -> None:
    verdict = authority().may(who, *question)
    assert verdict.rule != "not-decidable"
    assert verdict.reason
    assert verdict.policy_version == authority().version


@QUICK
@given(principals(), questions())
def test_cedar_itself_finds_every_question_to_fit_the_schema_and_all_rules_together_say_the_same(
    who: Principal, question: tuple[str, Obj, dict[str, Any]]
) -> None:
    verb, obj, context = question
    request, entities = request_of(Question(who, verb, obj, context), SHAPE, voucher_counts=True)
    whole = is_authorized(request, EVERYTHING, entities, SHAPE.parsed)
    assert whole.diagnostics.errors == []
    assert whole.allowed is authority().may(who, *question).allowed


@QUICK
@given(principals(), questions())
def test_a_forbid_overrides_whatever_a_workspace_permits(
    who: Principal, question: tuple[str, Obj, dict[str, Any]]
) -> None:
    forbidden = any(said.effect == "forbid" for said in authority().explain(who, *question).spoke)
    assert Authority(lambda: OPEN).may(who, *question).allowed is not forbidden


@QUICK
@given(principals(), questions())
def test_a_forbid_of_a_workspace_never_allows_more(who: Principal, question: tuple[str, Obj, dict[str, Any]]) -> None:
    after = Authority(lambda: SHUT).may(who, *question).allowed
    assert after <= authority().may(who, *question).allowed
    assert not (after and who.person_id == "ada")


@QUICK
@given(principals(), questions(), st.frozensets(st.sampled_from(sorted(VERBS)), max_size=6))
def test_a_token_only_takes_away(
    who: Principal, question: tuple[str, Obj, dict[str, Any]], scopes: frozenset[str]
) -> None:
    # Machines start runs only with a token that says so; people never gain by one.
    holder = replace(who, kind=PrincipalKind.PERSON)
    narrowed = authority().may(replace(holder, scopes=scopes), *question).allowed
    assert narrowed <= authority().may(holder, *question).allowed
    assert not (narrowed and question[0] not in scopes)


@QUICK
@given(principals(), questions(), st.text(max_size=12))
def test_an_unknown_verb_is_denied(who: Principal, question: tuple[str, Obj, dict[str, Any]], verb: str) -> None:
    if verb not in VERBS:
        assert not Authority(lambda: OPEN).may(who, verb, question[1]).allowed


@QUICK
@given(st.none() | st.decimals(), limits)
def test_no_amount_slips_past_a_limit_by_being_rounded(amount: Decimal | None, limit: Decimal | None) -> None:
    who = Principal("ada", "Ada", roles=("ap-analyst",))
    task = Obj("task", "t", {"role": "ap-analyst"})
    allowed = authority().may(who, "task.release_money", task, {"amount": amount, "limit": limit}).allowed
    if allowed and limit is not None:
        assert amount is not None
        assert amount <= limit
