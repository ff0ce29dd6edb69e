"""Guessing is limited and told, and locks nobody out but the address that guesses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rooms.workforce.access.signing import link, principal
from tests.rooms.workforce.company import Office
from tiebeam.kit import FixedClock
from tiebeam.store import read_journal
from tiebeam.workforce import LinkRefused, TokenRefused, TooManyAttempts


def token_of(office: Office, clock: FixedClock) -> str:
    return office.workforce.access.create_token(
        principal(office, "ada"),
        holder="person:ada",
        name="script",
        scopes=("read",),
        expires_at=clock.now() + timedelta(days=9),
    ).secret


def guess(office: Office, text: str, source: str) -> None:
    with pytest.raises(TokenRefused, match="no token of this installation"):
        office.workforce.access.principal_of_token(text, source=source)


def altered(token: str) -> str:
    """Another secret under the same public id, with a checksum that fits."""
    from tiebeam.kit import credential

    body = f"{token[:14]}{'A' * 43}"
    return f"{body}_{credential._checksum(body)}"


def test_failed_links_are_limited_for_each_address(office: Office, clock: FixedClock) -> None:
    for _ in range(10):
        with pytest.raises(LinkRefused):
            office.workforce.access.redeem_link("guess", source="10.0.0.9")
    token = link(office)
    with pytest.raises(TooManyAttempts, match="wait 15 minutes") as refusal:
        office.workforce.access.redeem_link(token, source="10.0.0.9")
    assert refusal.value.data["retry_after"] == 900
    assert office.workforce.access.redeem_link(token, source="10.0.0.8").person_id == "ada"
    clock.advance(minutes=16)
    assert office.workforce.access.redeem_link(link(office), source="10.0.0.9").person_id == "ada"


def test_failed_tokens_count_with_failed_links(office: Office, clock: FixedClock) -> None:
    token = token_of(office, clock)
    for text in ("", "x", "tb_p_", altered(token), *["guess"] * 6):
        guess(office, text, "10.0.0.9")
    for call in (office.workforce.access.principal_of_token, office.workforce.access.redeem_link):
        with pytest.raises(TooManyAttempts):
            call(token, source="10.0.0.9")
    assert office.workforce.access.principal_of_token(token, source="10.0.0.8").person_id == "ada"


def test_all_addresses_of_one_machine_count_as_one(office: Office) -> None:
    for number in range(10):
        guess(office, "guess", f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyAttempts):
        office.workforce.access.principal_of_token("guess", source="2001:db8:1:2:ffff::1")
    guess(office, "guess", "2001:db8:1:3::1")
    guess(office, "guess", "::ffff:10.0.0.7")


def test_an_attack_from_many_addresses_locks_the_real_holder_out_of_nothing(office: Office, clock: FixedClock) -> None:
    token = token_of(office, clock)
    session = office.workforce.access.redeem_link(link(office), source="10.9.9.9")
    for number in range(30):
        guess(office, altered(token), f"10.0.0.{number}")
    with pytest.raises(TooManyAttempts):
        office.workforce.access.principal_of_token(altered(token), source="10.0.0.1")
    assert office.workforce.access.principal_of_token(token, source="10.9.9.9").person_id == "ada"
    assert office.workforce.access.session(session.secret) is not None
    with office.store.read() as conn:
        (told,) = [e for e in read_journal(conn, "person:ada") if e.kind == "access.guessing-suspected"]
    assert told.payload["attempts"] == 30


def test_guessing_at_the_whole_installation_is_told_once(office: Office) -> None:
    for number in range(501):
        guess(office, "guess", f"10.0.{number // 250}.{number % 250}")
    with pytest.raises(TooManyAttempts):
        office.workforce.access.redeem_link("guess", source="10.0.0.1")
    assert office.workforce.access.redeem_link(link(office), source="10.9.9.9").person_id == "ada"
    with office.store.read() as conn:
        told = [e for e in read_journal(conn, "workspace") if e.kind == "access.guessing-suspected"]
    assert len(told) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_sent_as_a_token_is_refused(office: Office, clock: FixedClock, data: st.DataObject) -> None:
    whole = "tb_p_" + "0" * 8 + "_" + "A" * 43 + "_" + "0" * 6
    text = data.draw(
        st.one_of(
            st.text(max_size=400),
            st.from_regex(r"tb_[psa]_[0-9a-z]{8}_[A-Za-z0-9_-]{43}_[0-9a-z]{6}", fullmatch=True),
            st.builds(lambda at, letter: whole[:at] + letter + whole[at + 1 :], st.integers(0, 70), st.characters()),
        )
    )
    clock.advance(minutes=20)
    guess(office, text, "10.0.0.9")


def test_each_letter_of_a_token_counts(office: Office, clock: FixedClock) -> None:
    token = token_of(office, clock)
    for place in range(len(token)):
        clock.advance(minutes=16)
        other = "a" if token[place] != "a" else "b"
        guess(office, token[:place] + other + token[place + 1 :], "10.0.0.9")
    for text in (f"{token} ", f" {token}", f"{token}\n", token.upper(), token[:-1], f"{token}a"):
        clock.advance(minutes=16)
        guess(office, text, "10.0.0.9")
    assert office.workforce.access.principal_of_token(token, source="10.0.0.9").person_id == "ada"
