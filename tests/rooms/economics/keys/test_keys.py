"""Keys: made and ended on the record by who answers for the spending, and found without asking the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from tests.builders.authority import authority
from tests.builders.gateway import gateway_workspace

from tiebeam.authority import Principal, PrincipalKind
from tiebeam.economics.keys import (
    ANY_WORKFLOW,
    Following,
    Key,
    Keys,
    KeyState,
    KeyWish,
    UnknownKey,
    WrongKey,
    owners_of,
)
from tiebeam.errors import Conflict, Refused
from tiebeam.graph import Graph, load
from tiebeam.kit import Clock, FixedClock, Ids, sha256_hex
from tiebeam.spec import BudgetWindow
from tiebeam.store import Store, read_journal

# ids: EC-22, EC-24

CFO = Principal("ada", "Ada", roles=("cfo",))
CLERK = Principal("bob", "Bob", roles=("ap-analyst",))
STRANGER = Principal("eve", "Eve")
WISH = KeyWish(team="sales", workflow="enquiries")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return load(gateway_workspace(tmp_path_factory.mktemp("keys") / "work", port=1, workflow_usd="10"))


def keys_of(store: Store, graph: Graph) -> tuple[Keys, Following]:
    """The keys of one process, which looks for changes only when it is told to."""
    following = Following(store)
    return Keys(store, authority=authority(), graph=lambda: graph, following=following), following


@pytest.fixture
def keys(store: Store, graph: Graph) -> Keys:
    made, following = keys_of(store, graph)
    assert following.try_to_look()
    return made


def millis(clock: FixedClock, **later: float) -> int:
    return int((clock.now() + timedelta(**later)).timestamp() * 1000)


def found(keys: Keys, secret: str, clock: FixedClock) -> Key | None:
    return keys.ring.find(secret, millis(clock))


def test_a_key_carries_whose_calls_it_is_for(keys: Keys, clock: FixedClock) -> None:
    wish = replace(WISH, agent="writer", environment="production", cap_usd=Decimal("12.5"), concurrent=3)
    made = keys.create(CFO, wish)
    key = found(keys, made.secret, clock)
    assert key is not None
    assert (key.team, key.workflow, key.agent, key.environment) == ("sales", "enquiries", "writer", "production")
    assert (key.cap_nano, key.cap_window, key.concurrent) == (12_500_000_000, BudgetWindow.MONTH, 3)
    assert made.secret.startswith(f"{key.id}_")
    assert keys.ring.with_caps == {key.id: key}


def test_only_a_hash_of_the_secret_is_stored_and_none_of_it_is_journalled(keys: Keys, store: Store) -> None:
    made = keys.create(CFO, WISH)
    secret = made.secret.rpartition("_")[0].removeprefix(f"{made.key.id}_")
    with store.read() as conn:
        rows = conn.execute(sa.text("SELECT * FROM gateway_key")).mappings().all()
        entries = read_journal(conn, f"key:{made.key.id}")
    assert rows[0]["secret_hash"] == sha256_hex(made.secret)
    assert secret not in f"{rows}{entries}{made}"
    assert [(one.kind, one.actor, one.payload["team"]) for one in entries] == [("key.created", "person:ada", "sales")]


def test_a_revoked_key_opens_nothing_from_the_moment_on(keys: Keys, clock: FixedClock) -> None:
    # complaint: 22
    made = keys.create(CFO, WISH)
    assert found(keys, made.secret, clock) is not None
    assert keys.revoke(CFO, made.key.id).state is KeyState.REVOKED
    assert found(keys, made.secret, clock) is None


def test_another_process_refuses_it_with_its_next_look(
    keys: Keys, store: Store, graph: Graph, clock: FixedClock
) -> None:
    # complaint: 22
    far, following = keys_of(store, graph)
    following.look()
    made = keys.create(CFO, WISH)
    following.look()
    assert found(far, made.secret, clock) is not None
    keys.revoke(CFO, made.key.id)
    following.look()
    assert found(far, made.secret, clock) is None


def test_a_process_that_only_listens_refuses_it_within_a_second(keys: Keys, store: Store, graph: Graph) -> None:
    # complaint: 22
    made = keys.create(CFO, WISH)
    far, following = keys_of(store, graph)
    following.start()
    try:
        now = int(store.clock.now().timestamp() * 1000)
        assert far.ring.find(made.secret, now) is not None
        keys.revoke(CFO, made.key.id)
        since = time.monotonic()
        while far.ring.find(made.secret, now) is not None:
            assert time.monotonic() - since < 1
            time.sleep(0.01)
    finally:
        following.stop()


def test_a_look_that_began_before_does_not_bring_a_revoked_key_back(
    keys: Keys, store: Store, clock: FixedClock
) -> None:
    # complaint: 22
    made = keys.create(CFO, WISH)
    with store.read() as conn:
        before = conn.execute(sa.text("SELECT secret_hash FROM gateway_key")).scalar_one()
        keys.ring.kill([before])
        keys.ring._reread(conn)
    assert found(keys, made.secret, clock) is None


def test_keys_stay_usable_while_the_database_is_away(keys: Keys, clock: FixedClock) -> None:
    made = keys.create(CFO, WISH)
    keys._store.close()
    keys._following._store = _Away()  # pyright: ignore[reportAttributeAccessIssue]
    assert not keys._following.try_to_look()
    assert not keys._following.is_reached
    assert found(keys, made.secret, clock) is not None


class _Away:
    def read(self) -> Iterator[None]:
        raise sa.exc.OperationalError("SELECT 1", {}, OSError("no route to host"))


def test_a_ring_that_was_never_filled_says_so(store: Store, graph: Graph) -> None:
    keys, following = keys_of(store, graph)
    assert not keys.ring.is_loaded
    following.look()
    assert keys.ring.is_loaded


def test_a_rotation_keeps_the_key_and_both_secrets_for_the_overlap(keys: Keys, store: Store, clock: FixedClock) -> None:
    first = keys.create(CFO, replace(WISH, cap_usd=Decimal(3)))
    second = keys.rotate(CFO, first.key.id, overlap=timedelta(hours=2))
    assert second.key.id == first.key.id
    assert second.secret != first.secret
    assert found(keys, first.secret, clock) == found(keys, second.secret, clock)
    assert keys.ring.find(first.secret, millis(clock, hours=2)) is None
    assert keys.ring.find(second.secret, millis(clock, hours=2)) is not None
    third = keys.rotate(CFO, first.key.id)
    assert [found(keys, one.secret, clock) is None for one in (first, second, third)] == [True, True, False]
    with store.read() as conn:
        kinds = [one.kind for one in read_journal(conn, f"key:{first.key.id}")]
    assert kinds == ["key.created", "key.rotated", "key.rotated"]


def test_a_revoked_key_is_not_rotated_and_revoking_again_changes_nothing(keys: Keys, store: Store) -> None:
    made = keys.create(CFO, WISH)
    keys.revoke(CFO, made.key.id)
    keys.revoke(CFO, made.key.id)
    with pytest.raises(Conflict, match="is revoked"):
        keys.rotate(CFO, made.key.id)
    with store.read() as conn:
        assert [one.kind for one in read_journal(conn, f"key:{made.key.id}")] == ["key.created", "key.revoked"]


def test_a_key_ends_with_its_day(keys: Keys, store: Store, clock: FixedClock) -> None:
    made = keys.create(CFO, replace(WISH, expires_at=clock.now() + timedelta(hours=1)))
    assert keys.ring.find(made.secret, millis(clock, hours=1) - 1) is not None
    assert keys.ring.find(made.secret, millis(clock, hours=1)) is None
    clock.advance(hours=2)
    with store.read() as conn:
        assert keys.list(conn, CFO) == []
        (line,) = keys.list(conn, CFO, with_ended=True)
    assert line.state is KeyState.EXPIRED


def test_scopes_say_which_endpoints_and_models(keys: Keys, clock: FixedClock) -> None:
    made = keys.create(CFO, replace(WISH, endpoints=("embeddings",), models=("small", "mid-*")))
    key = found(keys, made.secret, clock)
    assert key is not None
    assert key.may_use("embeddings")
    assert not key.may_use("chat/completions")
    asked = {name: key.may_ask_for(name) for name in ("small", "smaller", "mid-2", "a-mid-2")}
    assert asked == {"small": True, "smaller": False, "mid-2": True, "a-mid-2": False}


def test_the_day_of_the_last_use_is_noted_once(keys: Keys, store: Store, clock: FixedClock) -> None:
    made = keys.create(CFO, WISH)
    assert found(keys, made.secret, clock) is not None
    keys.ring.flush_uses()
    clock.advance(days=1)
    assert found(keys, made.secret, clock) is not None
    with store.read() as conn:
        assert keys.show(conn, CFO, made.key.id).last_used_on == "2026-03-02"
    keys.ring.flush_uses()
    with store.read() as conn:
        assert keys.show(conn, CFO, made.key.id).last_used_on == "2026-03-03"


def test_who_owns_a_budget_of_the_calls_makes_keys_and_nobody_else_does(keys: Keys, store: Store) -> None:
    made = keys.create(CFO, WISH)
    with pytest.raises(Refused, match="who owns a budget that its calls count against"):
        keys.create(CLERK, WISH)
    for other in (CLERK, STRANGER):
        with store.read() as conn:
            assert keys.list(conn, other) == []
        for attempt in (keys.rotate, keys.revoke):
            with pytest.raises(UnknownKey):
                attempt(other, made.key.id)


def test_programs_make_no_keys(keys: Keys) -> None:
    feed = Principal("feed", "Feed", roles=("cfo",), kind=PrincipalKind.SERVICE, scopes=frozenset({"key.create"}))
    agent = replace(feed, kind=PrincipalKind.AGENT)
    for program in (feed, agent):
        with pytest.raises(Refused):
            keys.create(program, WISH)


def test_owners_come_from_every_budget_above(graph: Graph) -> None:
    changed = {**graph.budgets, "sales": graph.budgets["sales"].model_copy(update={"owner_role": "treasury-analyst"})}
    one = replace(graph, budgets=changed)
    assert owners_of(one, "sales", ANY_WORKFLOW) == ("cfo", "treasury-analyst")
    assert owners_of(one, "somebody", "else") == ("cfo",)


@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("team", replace(WISH, team="")),
        ("team", replace(WISH, team="sales\nteam")),
        ("workflow", replace(WISH, workflow="")),
        ("agent", replace(WISH, agent="Ümit")),
        ("endpoints", replace(WISH, endpoints=("files",))),
        ("models", replace(WISH, models=("",))),
        ("cap_usd", replace(WISH, cap_usd=Decimal("-1"))),
        ("cap_usd", replace(WISH, cap_usd=Decimal("NaN"))),
        ("cap_usd", replace(WISH, cap_usd=Decimal("0.0000000001"))),
        ("requests_per_minute", replace(WISH, requests_per_minute=0)),
        ("concurrent", replace(WISH, concurrent=-1)),
    ],
)
def test_a_wrong_part_is_named(keys: Keys, field: str, wish: KeyWish) -> None:
    with pytest.raises(WrongKey) as refused:
        keys.create(CFO, wish)
    assert refused.value.data["field"] == field


def test_a_key_that_would_end_in_the_past_is_not_made(keys: Keys, clock: Clock, ids: Ids) -> None:
    with pytest.raises(WrongKey, match="is past"):
        keys.create(CFO, replace(WISH, expires_at=clock.now()))


def test_a_long_overlap_is_refused(keys: Keys) -> None:
    made = keys.create(CFO, WISH)
    with pytest.raises(WrongKey, match="30 days"):
        keys.rotate(CFO, made.key.id, overlap=timedelta(days=31))


def test_secrets_that_open_nothing(keys: Keys, clock: FixedClock) -> None:
    made = keys.create(CFO, WISH)
    for text in ("", "tb_k_", made.secret[:-1], made.secret.upper(), "x" * 100_000, "\udcff"):
        assert found(keys, text, clock) is None
    assert keys.ring.find(made.secret.encode(), millis(clock)) is not None


def test_a_key_nobody_pays_for_is_made_with_a_warning(store: Store, graph: Graph) -> None:
    without = replace(graph, budgets={"sales": graph.budgets["sales"].model_copy(update={"parent": None})})
    keys, _ = keys_of(store, without)
    root = Principal("root", "Root", administrator=True)
    said = keys.create(root, replace(WISH, team="others")).warnings
    assert any("no budget covers the team 'others'" in one for one in said)


def test_a_revocation_does_not_wait_for_who_writes(keys: Keys, store: Store, graph: Graph) -> None:
    # complaint: 22
    made = keys.create(CFO, WISH)
    far, following = keys_of(store, graph)
    following.write_after_looks(blocked := _Blocked())
    try:
        blocked.free.set()
        following.start()
        blocked.free.clear()
        now = int(store.clock.now().timestamp() * 1000)
        assert blocked.inside.wait(2)
        keys.revoke(CFO, made.key.id)
        since = time.monotonic()
        while far.ring.find(made.secret, now) is not None:
            assert time.monotonic() - since < 1
            time.sleep(0.01)
    finally:
        blocked.free.set()
        following.stop()


class _Blocked:
    """Somebody else holds the file's write lock."""

    def __init__(self) -> None:
        self.free, self.inside = threading.Event(), threading.Event()

    def __call__(self) -> None:
        if not self.free.is_set():
            self.inside.set()
        self.free.wait(5)
