"""Signing in by a printed link: used once, and stored as hashes."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.rooms.workforce.access.signing import link, signed_in
from tests.rooms.workforce.company import Office
from tiebeam.errors import NotFound
from tiebeam.kit import FixedClock
from tiebeam.store import metadata, read_journal
from tiebeam.workforce import LinkRefused


def test_a_link_signs_in_once(office: Office) -> None:
    token = link(office)
    session = office.workforce.access.redeem_link(token)
    assert office.workforce.access.session(session.secret) == session
    assert (session.person_id, session.method, session.vouched_by) == ("ada", "link", None)
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
    parts = [token, *secret.split(".")]
    assert not any(part in row for row in stored for part in parts)
    assert secret not in repr(office.workforce.access.session(secret))


def test_a_link_expires_and_nobody_is_linked_who_is_not_there(office: Office, clock: FixedClock) -> None:
    token = link(office, ttl=timedelta(minutes=5))
    clock.advance(minutes=5)
    with pytest.raises(LinkRefused):
        office.workforce.access.redeem_link(token)
    with pytest.raises(NotFound, match="'adda' in this workspace; did you mean 'ada'"):
        link(office, "adda")


@pytest.mark.parametrize("text", ["", "guess", "é" * 50, "x" * 5000, "\ud800", "a\x00b"])
def test_whatever_is_sent_as_a_link_is_refused_alike(office: Office, text: str) -> None:
    with pytest.raises(LinkRefused):
        office.workforce.access.redeem_link(text)


def test_whoever_makes_a_link_for_a_colleague_vouches_for_that_session(office: Office) -> None:
    """ids: HO-02"""
    access = office.workforce.access
    session = access.redeem_link(link(office, by=office.workforce.principal("sam")))
    assert session.vouched_by == "sam"
    assert access.principal(session).vouched_by == "sam"
    with office.store.read() as conn:
        made, opened = read_journal(conn, "person:ada")
    assert (made.kind, made.actor, made.payload["vouched_by"]) == ("access.link-created", "person:sam", "sam")
    assert (opened.kind, opened.payload["vouched_by"]) == ("access.signed-in", "sam")


def test_a_chain_of_links_names_the_human_being_at_its_beginning(office: Office) -> None:
    """Sam opens a session as Ada, and from there one as Bob, and one as Sam: Sam answers for Bob's, not Ada."""
    access = office.workforce.access
    as_ada = access.principal(access.redeem_link(link(office, by=office.workforce.principal("sam"))))
    assert access.redeem_link(link(office, "bob", by=as_ada)).vouched_by == "sam"
    assert access.redeem_link(link(office, "ada", by=as_ada)).vouched_by == "sam"
    assert access.redeem_link(link(office, "sam", by=as_ada)).vouched_by is None


def test_somebody_who_left_cannot_use_their_link(office: Office) -> None:
    token = link(office)
    office.leave("ada")
    with pytest.raises(LinkRefused):
        office.workforce.access.redeem_link(token)


def test_a_link_made_by_a_signed_in_person_for_themselves_is_not_vouched_for(office: Office) -> None:
    access = office.workforce.access
    again = access.redeem_link(link(office, by=access.principal(signed_in(office))))
    assert again.vouched_by is None
