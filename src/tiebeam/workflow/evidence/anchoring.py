"""The periodic work of the journal: anchors made and brought elsewhere, and values removed when their time is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tiebeam.connect.anchors import AnchorPlace, FilePlace
from tiebeam.errors import TiebeamError
from tiebeam.spec import RetentionRule
from tiebeam.store import (
    Anchor,
    AnchorTarget,
    Store,
    has_unanchored,
    journal_report,
    last_anchor,
    list_targets,
    make_anchor,
    read_anchors,
    redact_old,
    take_target,
    target_failed,
    target_reached,
)
from tiebeam.verifier import Unreadable

_LOOK_SECONDS = 15.0
_TAKEN = timedelta(minutes=2)
_RETENTION_EVERY = timedelta(hours=1)
_AT_ONCE = 200
_log = logging.getLogger("tiebeam.evidence")


@dataclass(frozen=True, slots=True)
class Anchored:
    """The last anchor, whether anything came after it, and how far each place has come."""

    last: Anchor | None
    has_more: bool
    places: tuple[AnchorTarget, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the verifier found in the database. `place` is where the anchors lie it was compared with, if anywhere."""

    report: Mapping[str, Any]
    place: str | None


class Anchoring:
    """Safe with several workers: one makes an anchor, and one at a time brings anchors to a place."""

    def __init__(
        self,
        store: Store,
        *,
        every: Callable[[], timedelta],
        places: Callable[[], Sequence[AnchorPlace]],
        retention: Callable[[], Sequence[RetentionRule]],
    ) -> None:
        self._store = store
        self._every = every
        self._places = places
        self._retention = retention
        self._next_retention = store.clock.now()

    def anchor(self) -> Anchor | None:
        """Make an anchor now and bring it to every place; None when everything is covered already.

        What a place refuses is kept with it, see `state`.
        """
        with self._store.unit() as unit:
            made = make_anchor(unit)
        self.deliver()
        return made

    def state(self) -> Anchored:
        """Where things stand; places that are no longer configured are left out."""
        names = [place.name for place in self._places()]
        with self._store.read() as conn:
            known = {target.target: target for target in list_targets(conn)}
            last, has_more = last_anchor(conn), has_unanchored(conn)
        now = self._store.clock.now()
        places = [known.get(name) or AnchorTarget(name, 0, None, 0, None, now) for name in names]
        return Anchored(last, has_more, tuple(places))

    def verify(self) -> Verified:
        """Recompute the whole journal, and compare it with the first file of anchors that holds any.

        That file lies on this machine, so whoever administers it too is found out only by an export and anchors that
        are verified elsewhere.
        """
        place, kept, unreadable = self._kept()
        with self._store.read() as conn:
            report = journal_report(conn, external=kept, exported_at=self._store.clock.now())
        if unreadable is not None:
            wrong = {"code": "anchors-unreadable", "where": str(place), "problem": unreadable}
            report |= {"sound": False, "findings": [wrong, *report["findings"]]}
        return Verified(report, place)

    def work(self) -> float:
        """One turn of the worker's loop: what is due. Returns the seconds until the next."""
        with self._store.read() as conn:
            last = last_anchor(conn)
            is_due = has_unanchored(conn) and (last is None or last.at + self._every() <= self._store.clock.now())
        if is_due:
            with self._store.unit() as unit:
                make_anchor(unit, every=self._every())
        self.deliver()
        if self._store.clock.now() >= self._next_retention:
            self.expire()
            self._next_retention = self._store.clock.now() + _RETENTION_EVERY
        return _LOOK_SECONDS

    def deliver(self) -> None:
        """Bring what is missing to every place whose turn it is; a failure is kept with the place and tried again."""
        with self._store.read() as conn:
            last = last_anchor(conn)
            reached = {target.target: target for target in list_targets(conn)}
        if last is None:
            return
        for place in self._places():
            known = reached.get(place.name)
            if known is None or (known.number < last.number and known.next_at <= self._store.clock.now()):
                self._bring(place)

    def expire(self) -> int:
        """Carry out the retention rules; returns how many entries were looked at."""
        total = 0
        for rule in self._retention():
            looked = _AT_ONCE
            while looked >= _AT_ONCE:
                with self._store.unit() as unit:
                    looked = redact_old(
                        unit,
                        kind=rule.kind,
                        fields=rule.fields,
                        after=timedelta(days=rule.after_days),
                        reason=rule.reason,
                        actor="system:retention",
                        limit=_AT_ONCE,
                    )
                total += looked
        return total

    def _kept(self) -> tuple[str | None, Mapping[int, Mapping[str, Any]] | None, str | None]:
        """(place, its anchors, why they cannot be read)"""
        for place in self._places():
            if isinstance(place, FilePlace):
                try:
                    kept = place.kept()
                except (Unreadable, OSError) as problem:
                    return place.name, None, str(problem)
                if kept:
                    return place.name, kept, None
        return None, None, None

    def _bring(self, place: AnchorPlace) -> None:
        with self._store.unit() as unit:
            taken = take_target(unit, place.name, during=_TAKEN)
        if taken is None:
            return
        number = taken.number
        try:
            for reached in place.bring(self._load, written=taken.number):
                number = reached
        except (TiebeamError, OSError) as problem:
            text = problem.message if isinstance(problem, TiebeamError) else str(problem)
            _log.warning("anchors were not brought to %s: %s", place.name, text)
            with self._store.unit() as unit:
                if number > taken.number:
                    target_reached(unit, place.name, number=number)
                target_failed(unit, taken, error=text)
            return
        with self._store.unit() as unit:
            target_reached(unit, place.name, number=number)

    def _load(self, after: int) -> Sequence[Mapping[str, Any]]:
        with self._store.read() as conn:
            return [anchor.as_json() for anchor in read_anchors(conn, after=after, limit=_AT_ONCE)]
