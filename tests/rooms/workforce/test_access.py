"""Signing in by a printed link: used once, stored as hashes, and limited."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.rooms.workforce.company import Office
from tiebeam.errors import NotFound
from tiebeam.kit import FixedClock
from tiebeam.store import metadata
from tiebeam.workforce import CsrfRefused, LinkRefused, TooManyAttempts, check_csrf, local_principal


def link(office: Office, who: str = "ada", **more: Any) -> str:
    with office.store.unit() as unit:
        return office.workforce.access.create_link(unit, who, **more)


def test_a_link_signs_in_once(office: Office) -> None:
    token = link(office)
    session = office.workforce.access.redeem_link(token)
    found = office.workforce.access.session(session.secret)
    assert found == session
    assert session.person_id == "ada"
    with pytest.raises(LinkRefused):
        office.workforce.access.redeem_link(token)


def test_two_browsers_with_one_link_get_one_session(office: Office) -> None:
    token, results = link(office), list[object]()
    barrier = threading.Barrier(2)

    def use() -> None:
        barrier.wait()
        try:
            results.append(office.workforce.access.redeem_link(token))
        except LinkRefused as refused:
            results.append(refused)

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(result, LinkRefused) for result in results) == 1


def test_no_token_and_no_secret_is_stored(office: Office) -> None:
    token = link(office)
    secret = office.workforce.access.redeem_link(token).secret
    with office.store.read() as conn:
        stored = [str(row) for table in metadata.sorted_tables for row in conn.execute(sa.select(table))]
    assert not any(token in row or secret in row for row in stored)
    assert secret not in repr(office.workforce.access.session(secret))


def test_a_link_expires_and_nobody_is_linked_who_is_not_there(office: Office, clock: FixedClock) -> None:
    token = link(office, ttl=timedelta(minutes=5))
    clock.advance(minutes=5)
    with pytest.raises(LinkRefused):
        office.workforce.access.redeem_link(token)
    with pytest.raises(NotFound, match="'adda' in this workspace; did you mean 'ada'"):
        link(office, "adda")


def test_failed_attempts_are_limited_for_each_place(office: Office, clock: FixedClock) -> None:
    for _ in range(10):
        with pytest.raises(LinkRefused):
            office.workforce.access.redeem_link("guess", source="10.0.0.9")
    token = link(office)
    with pytest.raises(TooManyAttempts):
        office.workforce.access.redeem_link(token, source="10.0.0.9")
    clock.advance(minutes=16)
    assert office.workforce.access.redeem_link(token, source="10.0.0.9").person_id == "ada"


def test_a_session_ends_when_idle_and_after_a_day_at_most(office: Office, clock: FixedClock) -> None:
    access = office.workforce.access
    idle = access.redeem_link(link(office)).secret
    busy = access.redeem_link(link(office)).secret
    for _ in range(3):
        clock.advance(hours=7)
        assert access.session(busy) is not None
    assert access.session(idle) is None
    clock.advance(hours=3)
    assert access.session(busy) is None


def test_signing_out_signing_in_anew_and_revoking_end_sessions(office: Office) -> None:
    access = office.workforce.access
    first = access.redeem_link(link(office)).secret
    second = access.redeem_link(link(office), former_secret=first).secret
    assert access.session(first) is None
    access.sign_out(second)
    assert access.session(second) is None
    third, unused = access.redeem_link(link(office)).secret, link(office)
    with office.store.unit() as unit:
        assert access.revoke(unit, "ada", actor="person:sam") == 2
    assert access.session(third) is None
    with pytest.raises(LinkRefused):
        access.redeem_link(unused)


def test_the_session_of_somebody_who_left_is_dead(office: Office) -> None:
    secret = office.workforce.access.redeem_link(link(office)).secret
    office.leave("ada")
    assert office.workforce.access.session(secret) is None


def test_a_csrf_token_is_good_for_its_own_session_alone(office: Office) -> None:
    one = office.workforce.access.redeem_link(link(office))
    other = office.workforce.access.redeem_link(link(office))
    check_csrf(one, one.csrf_token)
    for wrong in (None, "", "é", other.csrf_token):
        with pytest.raises(CsrfRefused):
            check_csrf(one, wrong)


def test_the_local_principal_is_a_person_of_the_workspace(office: Office) -> None:
    assert local_principal(office.company, "ada").actor == "person:ada"
    with pytest.raises(NotFound):
        local_principal(office.company, "root")
