"""What is said in a unit leaves after it, once for certain, however places fail (ids: EC-21, EC-27)."""

from __future__ import annotations

import pytest

from tiebeam.connect.notify import NotTold, Told
from tiebeam.kit import FixedClock
from tiebeam.store import Store
from tiebeam.workflow.telling import DeliveryState, Telling, UnknownMessage


class Hook:
    """A place that keeps what it is told, and fails when told to."""

    def __init__(self, name: str = "webhook:one") -> None:
        self.name = name
        self.told: list[Told] = []
        self.fails = False

    def tell(self, told: Told) -> None:
        if self.fails:
            raise NotTold(f"{self.name} answered 503")
        self.told.append(told)


def _say(telling: Telling, store: Store, key: str = "budget:ap:80") -> bool:
    with store.unit() as unit:
        return telling.say(
            unit,
            key=key,
            kind="budget.warning",
            subject="80 %",
            text="spent",
            facts={"percent": 80},
            to=("a@b.example",),
        )


def _deliveries(telling: Telling, store: Store) -> list[tuple[str, str, int]]:
    with store.read() as conn:
        found = telling.messages(conn)
    return [(one.place, str(one.state), one.tries) for message in found for one in message.deliveries]


def test_the_same_is_told_once_at_every_place(store: Store) -> None:
    one, other = Hook("webhook:one"), Hook("smtp:mail:25")
    telling = Telling(store, places=lambda: (one, other))
    assert _say(telling, store)
    assert not _say(telling, store)
    telling.work()
    telling.work()
    assert [told.facts for told in one.told] == [told.facts for told in other.told] == [{"percent": 80}]
    assert one.told[0].to == ("a@b.example",)


def test_a_unit_that_fails_tells_nobody(store: Store) -> None:
    hook = Hook()
    telling = Telling(store, places=lambda: (hook,))

    def fail() -> None:
        with store.unit() as unit:
            telling.say(unit, key="k", kind="x", subject="s", text="t", facts={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    telling.work()
    assert hook.told == []


def test_a_place_that_fails_is_tried_again_later_and_holds_nobody_else_up(store: Store, clock: FixedClock) -> None:
    one, other = Hook("webhook:one"), Hook("webhook:two")
    one.fails = True
    telling = Telling(store, places=lambda: (one, other))
    _say(telling, store)
    telling.work()
    telling.work()
    assert _deliveries(telling, store) == [("webhook:one", "waiting", 1), ("webhook:two", "told", 1)]
    one.fails = False
    clock.advance(seconds=31)
    telling.work()
    assert len(one.told) == len(other.told) == 1


def test_after_a_day_it_is_given_up_and_a_person_may_ask_again(store: Store, clock: FixedClock) -> None:
    hook = Hook()
    hook.fails = True
    telling = Telling(store, places=lambda: (hook,))
    _say(telling, store)
    for _ in range(40):
        telling.work()
        clock.advance(hours=1)
    assert _deliveries(telling, store) == [("webhook:one", str(DeliveryState.GIVEN_UP), 30)]
    hook.fails = False
    with store.read() as conn:
        message = telling.messages(conn)[0]
    assert message.deliveries[0].error == "webhook:one answered 503"
    with store.unit() as unit:
        assert telling.again(unit, message.told.id, actor="person:ann") == 1
    telling.work()
    assert len(hook.told) == 1


def test_a_worker_that_died_while_telling_leaves_it_to_another(store: Store, clock: FixedClock) -> None:
    class Dies(Hook):
        def tell(self, told: Told) -> None:
            raise KeyboardInterrupt

    telling = Telling(store, places=lambda: (Dies(),))
    _say(telling, store)
    with pytest.raises(KeyboardInterrupt):
        telling.work()
    hook = Hook()
    other = Telling(store, places=lambda: (hook,))
    other.work()
    assert hook.told == []
    clock.advance(minutes=3)
    other.work()
    assert len(hook.told) == 1


def test_without_a_place_messages_are_kept_to_be_read(store: Store) -> None:
    telling = Telling(store, places=tuple)
    _say(telling, store, "a")
    _say(telling, store, "b")
    telling.work()
    with store.read() as conn:
        assert [message.told.subject for message in telling.messages(conn)] == ["80 %", "80 %"]


def test_a_message_for_a_test_says_at_once_what_became_of_it(store: Store) -> None:
    good, bad = Hook("webhook:good"), Hook("webhook:bad")
    bad.fails = True
    made = Telling(store, places=lambda: (good, bad)).try_out(actor="person:ann")
    assert [(one.place, str(one.state), one.error) for one in made.deliveries] == [
        ("webhook:bad", "waiting", "webhook:bad answered 503"),
        ("webhook:good", "told", None),
    ]


def test_an_unknown_message_cannot_be_told_again(store: Store) -> None:
    with pytest.raises(UnknownMessage, match="tiebeam messages list"), store.unit() as unit:
        Telling(store, places=tuple).again(unit, "msg_none", actor="person:ann")
