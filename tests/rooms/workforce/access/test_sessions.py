"""Sessions: their secret changes, they end, and a secret that comes back gives its thief away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.rooms.workforce.access.signing import link, principal, signed_in
from tests.rooms.workforce.company import Office
from tiebeam.errors import Refused
from tiebeam.kit import FixedClock
from tiebeam.store import read_journal
from tiebeam.workforce import CsrfRefused, LinkRefused, Session, UnknownSession, check_csrf


def kinds(office: Office, person: str = "ada") -> list[str]:
    with office.store.read() as conn:
        return [entry.kind for entry in read_journal(conn, f"person:{person}")]


def rotated(office: Office, clock: FixedClock) -> tuple[Session, Session]:
    """A session before and after its hour."""
    old = signed_in(office)
    clock.advance(hours=1)
    found = office.workforce.access.session(old.secret)
    assert found is not None
    assert found.rotated is not None
    new = office.workforce.access.session(found.rotated)
    assert new is not None
    return old, new


def test_a_session_ends_when_idle_and_after_a_day_at_most(office: Office, clock: FixedClock) -> None:
    access = office.workforce.access
    idle, busy = signed_in(office).secret, signed_in(office).secret
    for _ in range(3):
        clock.advance(hours=7)
        found = access.session(busy)
        assert found is not None
        busy = found.rotated or busy
    assert access.session(idle) is None
    clock.advance(hours=3)
    assert access.session(busy) is None


def test_a_session_gets_a_new_secret_each_hour_and_keeps_all_else(office: Office, clock: FixedClock) -> None:
    old, new = rotated(office, clock)
    assert new.secret != old.secret
    assert new == old
    assert new.csrf_token == old.csrf_token


def test_requests_under_way_with_the_old_secret_are_answered_for_a_minute(office: Office, clock: FixedClock) -> None:
    old, new = rotated(office, clock)
    clock.advance(seconds=59)
    late = office.workforce.access.session(old.secret)
    assert late is not None
    assert late.rotated is None
    assert office.workforce.access.session(new.secret) is not None


def test_a_secret_that_comes_back_later_ends_the_session_as_suspected_theft(office: Office, clock: FixedClock) -> None:
    old, new = rotated(office, clock)
    clock.advance(seconds=61)
    assert office.workforce.access.session(old.secret) is None
    assert office.workforce.access.session(new.secret) is None
    assert kinds(office)[-1] == "access.theft-suspected"
    assert office.workforce.access.session(old.secret) is None
    assert kinds(office).count("access.theft-suspected") == 1


def test_the_thief_who_uses_the_new_secret_first_is_found_by_the_owner_s_next_request(
    office: Office, clock: FixedClock
) -> None:
    stolen = signed_in(office).secret
    clock.advance(hours=1)
    taken = office.workforce.access.session(stolen)
    assert taken is not None
    assert office.workforce.access.session(taken.rotated or "") is not None
    clock.advance(minutes=5)
    assert office.workforce.access.session(stolen) is None
    assert office.workforce.access.session(taken.rotated or "") is None


def test_an_answer_that_never_arrived_signs_nobody_out(office: Office, clock: FixedClock) -> None:
    """The old secret retires only when the new one was used: until then the browser may not have it."""
    access, secret = office.workforce.access, signed_in(office).secret
    for _ in range(3):
        clock.advance(hours=2)
        found = access.session(secret)
        assert found is not None
        assert found.rotated is not None
    assert access.session(found.rotated or "") is not None
    clock.advance(minutes=2)
    assert access.session(secret) is None


def test_parallel_requests_get_one_new_secret(office: Office, clock: FixedClock) -> None:
    secret = signed_in(office).secret
    clock.advance(hours=1)
    found = [office.workforce.access.session(secret) for _ in range(5)]
    assert sum(one is not None and one.rotated is not None for one in found) == 1


def test_signing_out_signing_in_anew_and_revoking_end_sessions_on_the_record(office: Office) -> None:
    access = office.workforce.access
    first = signed_in(office).secret
    second = signed_in(office, former_secret=first).secret
    assert access.session(first) is None
    access.sign_out(second)
    access.sign_out(second)
    assert access.session(second) is None
    assert kinds(office).count("access.signed-out") == 2
    third, unused = signed_in(office).secret, link(office)
    assert access.revoke_sessions(principal(office, "sam"), "ada") == 2
    assert access.session(third) is None
    with pytest.raises(LinkRefused):
        access.redeem_link(unused)
    assert kinds(office)[-1] == "access.revoked"


def test_one_may_end_all_other_sessions_and_keep_this_one(office: Office) -> None:
    access = office.workforce.access
    here, there = signed_in(office), signed_in(office)
    assert access.revoke_sessions(access.principal(here), "ada", keep=here.id) == 1
    assert access.session(here.secret) is not None
    assert access.session(there.secret) is None


def test_everybody_sees_their_own_sessions_and_administrators_everybody_s(office: Office) -> None:
    access = office.workforce.access
    ada = signed_in(office, source="8.8.8.8", user_agent="Firefox\n  1.0")
    bob, sam = signed_in(office, "bob"), access.principal(signed_in(office, "sam", source="10.1.2.3"))
    with office.store.read() as conn:
        (mine,) = access.sessions(conn, access.principal(ada))
        everybody = {one.person_id: one.origin for one in access.sessions(conn, sam)}
        with pytest.raises(Refused):
            access.sessions(conn, access.principal(bob), person_id="ada")
    assert (mine.id, mine.origin, mine.user_agent, mine.state) == (ada.id, "internet", "Firefox 1.0", "open")
    assert everybody == {"ada": "internet", "bob": "this machine", "sam": "private network"}


def test_a_foreign_session_cannot_be_ended_nor_found_out_about(office: Office) -> None:
    access, ada = office.workforce.access, signed_in(office)
    bob = principal(office, "bob")
    for unknown in (ada.id, "session_none"):
        with pytest.raises(UnknownSession, match="there is no session"):
            access.revoke_session(bob, unknown)
    assert access.session(ada.secret) is not None
    access.revoke_session(principal(office, "sam"), ada.id)
    assert access.session(ada.secret) is None
    assert kinds(office)[-1] == "access.session-ended"


def test_the_session_of_somebody_who_left_is_dead(office: Office) -> None:
    session = signed_in(office)
    office.leave("ada")
    assert office.workforce.access.session(session.secret) is None
    assert not office.workforce.access.is_open(session.id)


def test_a_csrf_token_is_good_for_its_own_session_alone(office: Office) -> None:
    one, other = signed_in(office), signed_in(office)
    check_csrf(one, one.csrf_token)
    for wrong in (None, "", "é", other.csrf_token):
        with pytest.raises(CsrfRefused):
            check_csrf(one, wrong)


def test_what_an_identity_provider_adds_lasts_as_long_as_its_session(office: Office) -> None:
    access = office.workforce.access
    with office.store.unit() as unit:
        session = access.start_session(
            unit, "ada", method="oidc", subject="https://id.example|7", roles=("ap-manager",), administrator=True
        )
    found = access.session(session.secret)
    assert found is not None
    who = access.principal(found)
    assert (who.roles, who.administrator, who.subject) == (("ap-analyst", "ap-manager"), True, "https://id.example|7")
    assert access.added_by(who) == (("ap-manager",), True)
    access.revoke_session(who, session.id)
    assert access.added_by(who) == ((), False)


def test_the_owner_of_the_machine_has_one_session_a_day_on_the_record(office: Office, clock: FixedClock) -> None:
    access = office.workforce.access
    first = access.machine_session("sam", "root")
    assert access.machine_session("sam", "root").id == first.id
    assert access.machine_session("sam", "other").id != first.id
    assert access.principal(first).subject == "machine:root"
    assert access.session("") is None
    clock.advance(hours=25)
    assert access.machine_session("sam", "root").id != first.id
    assert kinds(office, "sam").count("access.signed-in") == 3


def test_what_ended_long_ago_is_forgotten(office: Office, clock: FixedClock) -> None:
    access = office.workforce.access
    signed_in(office)
    clock.advance(days=40)
    now = access.principal(signed_in(office))
    with office.store.read() as conn:
        assert len(access.sessions(conn, now, only_open=False)) == 1
    assert access.session("x" * 5000) is None
    assert timedelta(0) < signed_in(office).expires_at - clock.now() <= timedelta(hours=24)
