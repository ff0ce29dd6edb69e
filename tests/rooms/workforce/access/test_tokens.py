"""Tokens: whose they are, what they reach, when they end. ids: G1"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.rooms.workforce.access.machines import LAST_DAY, declare
from tests.rooms.workforce.access.signing import principal
from tests.rooms.workforce.company import Office
from tiebeam.authority import VERBS, Obj, PrincipalKind
from tiebeam.errors import Invalid, NotFound, Refused
from tiebeam.kit import FixedClock
from tiebeam.spec import Meta, Status
from tiebeam.store import metadata, read_journal
from tiebeam.workforce import NewToken, TokenRefused, TokenState, UnknownToken, known_scopes

DAYS = timedelta(days=30)


def made(
    office: Office,
    clock: FixedClock,
    *scopes: str,
    by: str = "ada",
    holder: str | None = None,
    expires_at: datetime | None = None,
    **more: Any,
) -> NewToken:
    return office.workforce.access.create_token(
        principal(office, by),
        holder=holder or f"person:{by}",
        name=more.get("name", "script"),
        scopes=scopes or ("read",),
        expires_at=expires_at or (clock.now() + DAYS if holder is None else None),
    )


def test_a_token_acts_as_its_person_of_today_within_its_scopes(office: Office, clock: FixedClock) -> None:
    token = made(office, clock, "read", "task.claim")
    who = office.workforce.access.principal_of_token(token.secret)
    assert (who.actor, who.roles, who.method) == ("person:ada", ("ap-analyst",), "token")
    assert (who.subject, who.session_id) == (f"token:{token.token.id}", token.token.id)
    assert who.scopes is not None
    assert {"task.claim", "task.view", "run.view"} <= who.scopes
    assert not who.scopes & {"task.decide", "journal.view", "token.view"}
    office.company.people["ada"]
    office.leave("ada")
    with pytest.raises(TokenRefused, match="does not declare"):
        office.workforce.access.principal_of_token(token.secret)


def test_a_person_s_token_ends_within_366_days(office: Office, clock: FixedClock) -> None:
    ada = principal(office, "ada")
    for wrong in (None, clock.now(), clock.now() + timedelta(days=367)):
        with pytest.raises(Invalid):
            office.workforce.access.create_token(ada, holder="person:ada", name="x", scopes=("read",), expires_at=wrong)
    token = made(office, clock, expires_at=clock.now() + timedelta(days=366))
    clock.advance(days=365)
    assert office.workforce.access.principal_of_token(token.secret).person_id == "ada"
    clock.advance(days=1)
    with pytest.raises(TokenRefused, match="expired at 2027"):
        office.workforce.access.principal_of_token(token.secret)


def test_the_managing_role_makes_and_revokes_tokens_of_its_machines(office: Office, clock: FixedClock) -> None:
    declare(office)
    access = office.workforce.access
    for holder in ("service:erp-feed", "agent:clerk"):
        for stranger in ("ada", "zoe"):
            with pytest.raises(Refused):
                made(office, clock, "read", by=stranger, holder=holder)
        token = made(office, clock, "read", by="mia", holder=holder)
        assert token.warnings
        who = access.principal_of_token(token.secret)
        assert (who.actor, who.managing_role) == (holder, "ap-manager")
        with pytest.raises(UnknownToken):
            access.revoke_token(principal(office, "ada"), token.token.id)
        access.revoke_token(principal(office, "mia"), token.token.id)
        with pytest.raises(TokenRefused, match="was revoked"):
            access.principal_of_token(token.secret)
    assert made(office, clock, "read", by="sam", holder="service:erp-feed").token.created_by == "person:sam"


def test_nobody_makes_a_token_that_acts_as_a_colleague(office: Office, clock: FixedClock) -> None:
    for who in ("ada", "mia", "sam"):
        with pytest.raises(Refused):
            made(office, clock, by=who, holder="person:bob", expires_at=clock.now() + DAYS)


def test_a_token_makes_no_token_and_no_link_whatever_its_scopes(office: Office, clock: FixedClock) -> None:
    access = office.workforce.access
    token = made(office, clock, "token.*", "task.*", "person.*", by="sam")
    who = access.principal_of_token(token.secret)
    with pytest.raises(Refused):
        access.create_token(who, holder="person:sam", name="x", scopes=("read",), expires_at=clock.now() + DAYS)
    for verb in ("token.create", "person.link", "delegation.create", "emergency.open"):
        with pytest.raises(Invalid, match="no token may be for"):
            made(office, clock, verb, by="sam")
        assert not office.workforce.access._authority.may(
            who, verb, Obj("token" if verb.startswith("token") else verb.split(".")[0], "x", {"person": "sam"})
        ).allowed


def test_removing_or_ending_a_record_makes_its_tokens_useless_at_once(office: Office, clock: FixedClock) -> None:
    declare(office, feed={"expires": LAST_DAY})
    access = office.workforce.access
    token = made(office, clock, "read", by="mia", holder="service:erp-feed")
    agent = made(office, clock, "read", by="mia", holder="agent:clerk")
    assert access.principal_of_token(token.secret).kind is PrincipalKind.SERVICE
    clock.advance(days=1)
    with pytest.raises(TokenRefused, match="erp-feed"):
        access.principal_of_token(token.secret)
    declare(office, clerk={"meta": Meta(since=LAST_DAY, reviewed=LAST_DAY, status=Status.RETIRED)})
    assert access.principal_of_token(token.secret).kind is PrincipalKind.SERVICE
    with pytest.raises(TokenRefused):
        access.principal_of_token(agent.secret)
    declare(office, feed=None, clerk=None)
    with pytest.raises(TokenRefused):
        access.principal_of_token(token.secret)
    with office.store.read() as conn:
        assert {one.state for one in access.tokens(conn, principal(office, "sam"))} == {TokenState.ORPHANED}


def test_narrowing_a_record_narrows_its_tokens_at_once(office: Office, clock: FixedClock) -> None:
    declare(office)
    token = made(office, clock, "read", "run.start", by="mia", holder="service:erp-feed")
    before = office.workforce.access.principal_of_token(token.secret).scopes
    declare(office, feed={"scopes": ("run.view",)})
    after = office.workforce.access.principal_of_token(token.secret).scopes
    assert before is not None
    assert "run.start" in before
    assert after == {"run.view"}
    with pytest.raises(Invalid, match=r"may be for run.view, not for run.start"):
        made(office, clock, "run.start", by="mia", holder="service:erp-feed")


def test_decisions_are_named_one_by_one_and_for_people_alone(office: Office, clock: FixedClock) -> None:
    """ids: HO-02"""
    declare(office, feed={"scopes": ("task.decide", "task.*")})
    access = office.workforce.access
    everything = made(office, clock, *(scope for scope in known_scopes() if scope.endswith(".*")))
    assert "task.decide" not in (access.principal_of_token(everything.secret).scopes or ())
    for holder in ("service:erp-feed", "agent:clerk"):
        with pytest.raises(Invalid, match=r"for people alone|may be for"):
            made(office, clock, "task.decide", by="mia", holder=holder)
    task = office.open()
    narrow = access.principal_of_token(made(office, clock, "task.*").secret)
    with pytest.raises(Refused, match=r"not for task\.decide"):
        office.workforce.decide(narrow, task, verb="approve")
    wide = access.principal_of_token(made(office, clock, "task.decide", "task.release_money").secret)
    assert office.workforce.decide(wide, task, verb="approve").person_id == "ada"


def test_a_token_is_told_once_listed_without_its_secret_and_never_stored(office: Office, clock: FixedClock) -> None:
    token = made(office, clock)
    with office.store.read() as conn:
        (listed,) = office.workforce.access.tokens(conn, principal(office, "ada"))
        stored = [str(row) for table in metadata.sorted_tables for row in conn.execute(sa.select(table))]
    assert listed == token.token
    secret = token.secret.split("_", 3)[3]
    assert not any(token.secret in row or secret[:43] in row for row in stored)
    assert secret not in repr(token)


def test_people_see_their_own_tokens_and_those_of_machines_they_manage(office: Office, clock: FixedClock) -> None:
    declare(office)
    access = office.workforce.access
    own = made(office, clock).token.id
    machine = made(office, clock, by="mia", holder="service:erp-feed").token.id
    with office.store.read() as conn:
        seen = {who: {one.id for one in access.tokens(conn, principal(office, who))} for who in ("ada", "mia", "sam")}
        with pytest.raises(Refused):
            access.tokens(conn, principal(office, "bob"), holder="person:ada")
        for absent in ("service:none", "nonsense", "person:", "agent:"):
            with pytest.raises(Refused):
                access.tokens(conn, principal(office, "bob"), holder=absent)
    assert seen == {"ada": {own}, "mia": {machine}, "sam": {own, machine}}
    assert [one.key for one in access.machines(principal(office, "mia"))] == ["service:erp-feed", "agent:clerk"]
    assert access.machines(principal(office, "ada")) == []


def test_its_last_use_is_kept_once_a_minute(office: Office, clock: FixedClock) -> None:
    access, token = office.workforce.access, made(office, clock)
    first = clock.now()
    for _ in range(3):
        access.principal_of_token(token.secret, source="8.8.8.8")
        clock.advance(seconds=25)
    with office.store.read() as conn:
        (listed,) = access.tokens(conn, principal(office, "ada"))
    assert (listed.last_used_at, listed.last_origin) == (first, "internet")
    access.principal_of_token(token.secret, source="::1")
    with office.store.read() as conn:
        (listed,) = access.tokens(conn, principal(office, "ada"))
    assert (listed.last_used_at, listed.last_origin) == (clock.now(), "this machine")


def test_making_ending_and_refused_use_are_on_the_record(office: Office, clock: FixedClock) -> None:
    declare(office)
    access = office.workforce.access
    token = made(office, clock, by="mia", holder="service:erp-feed")
    access.revoke_token(principal(office, "sam"), token.token.id)
    access.revoke_token(principal(office, "sam"), token.token.id)
    for _ in range(3):
        clock.advance(minutes=25)
        with pytest.raises(TokenRefused):
            access.principal_of_token(token.secret, source="8.8.8.8")
    with office.store.read() as conn:
        entries = read_journal(conn, "service:erp-feed")
    assert [(entry.kind, entry.actor) for entry in entries] == [
        ("token.created", "person:mia"),
        ("token.revoked", "person:sam"),
        ("token.refused", "service:erp-feed"),
    ]
    assert entries[2].payload["because"] == "revoked"
    assert all(entry.payload["subject"] == f"token:{token.token.id}" for entry in entries)


def test_a_session_opened_by_somebody_else_makes_tokens_that_say_so(office: Office, clock: FixedClock) -> None:
    access = office.workforce.access
    with office.store.unit() as unit:
        link = access.create_link(unit, "ada", by=office.workforce.principal("sam"))
    vouched = access.principal(access.redeem_link(link))
    token = access.create_token(vouched, holder="person:ada", name="x", scopes=("read",), expires_at=clock.now() + DAYS)
    assert access.principal_of_token(token.secret).vouched_by == "sam"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_token_has_a_name(office: Office, clock: FixedClock, name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        made(office, clock, name=name)


@pytest.mark.parametrize("scope", ["", "everything", "run", "run.", ".*", "rum.*", "run.starts", "*", "READ"])
def test_an_unknown_scope_is_told_with_what_there_is(office: Office, clock: FixedClock, scope: str) -> None:
    with pytest.raises(Invalid, match="no scope is called"):
        made(office, clock, scope)


def test_every_scope_offered_can_be_used(office: Office, clock: FixedClock) -> None:
    assert made(office, clock, *known_scopes()).token.scopes == tuple(sorted(known_scopes()))
    assert set(known_scopes()) >= set(VERBS) - {"token.create", "person.link", "delegation.create", "emergency.open"}


def test_nobody_holds_a_token_who_is_not_declared(office: Office, clock: FixedClock) -> None:
    with pytest.raises(NotFound, match=r"service-accounts/none.toml"):
        made(office, clock, by="sam", holder="service:none")
    for wrong in ("robot:x", "person", "x" * 300):
        with pytest.raises(Invalid, match="a holder is written"):
            made(office, clock, by="sam", holder=wrong)


@pytest.mark.parametrize("verb", ["task.decide", "task.release_money", "journal.redact", "emergency.review"])
def test_what_a_person_answers_for_is_in_no_group(office: Office, clock: FixedClock, verb: str) -> None:
    """ids: G1, B14"""
    access = office.workforce.access
    wide = access.principal_of_token(made(office, clock, f"{verb.partition('.')[0]}.*", "read").secret)
    named = access.principal_of_token(made(office, clock, verb).secret)
    assert verb not in (wide.scopes or ())
    assert named.scopes == {verb}
