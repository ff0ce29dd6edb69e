"""The one way in: no call of a model is made, over HTTP or by a step, but through here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

import msgspec

from tiebeam.economics.admission.attempts import attempt_of
from tiebeam.economics.admission.bounding import choices_of, input_bound, output_bound, output_for
from tiebeam.economics.admission.call import Admitted, Call, Charged, Outcome, Priced, Running
from tiebeam.economics.admission.problems import BudgetsBehind, CostUnbounded, OutsideKey
from tiebeam.economics.keys import Busy, Key, Limits, Slot
from tiebeam.economics.metering import ChargeJournal, Ended, PriceBook, Settlement, Unpriced, Usage
from tiebeam.economics.routing import Facts, Route, Router, Tallies, Target
from tiebeam.economics.spending import NEVER, Hold, Level, NoBudget, Path, Short, Spending, Why
from tiebeam.economics.tokens import Asked, OutputBounds
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.kit import Clock, Ids
from tiebeam.spec import ServiceTier

LEAST_OUTPUT = 256
"""Tokens of an answer worth asking for, where nothing was learned about how long answers are."""
ROOMY = 4
"""So many times what answers usually need is the limit put in where room is short; the rest stays for others."""
_A_LITTLE = 64
"""Tokens by which an answer that outgrew its bound may go on where there is no room for twice as many."""
_NOTHING = Usage()
_FREE = frozenset({Ended.REFUSED, Ended.UNREACHED})
_TIERS = frozenset(one.value for one in ServiceTier)


class Admission:
    """Lets calls in, holds what they may cost, settles what they did cost. No I/O but the charge journal's appends.

    One for each process; used from the event loop and from threads. A call goes `admit`, then for each attempt `begin`
    and `end`, then `close`.
    """

    def __init__(
        self,
        *,
        router: Callable[[], Router],
        book: PriceBook,
        spending: Spending,
        journal: ChargeJournal,
        limits: Limits,
        tallies: Tallies,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._router = router
        self._book = book
        self._spending = spending
        self._journal = journal
        self._limits = limits
        self._tallies = tallies
        self._clock = clock
        # A fresh random id for each call would cost more than holding its budget.
        self._stem = ids.new("call")
        self._numbers = count(1)
        self._learned = OutputBounds()
        self._learning = threading.Lock()

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self._clock.now().timestamp() * 1000)

    def admit(self, call: Call) -> Admitted:
        """Let a call in, at no cost yet. Close it, however it goes on.

        Raises OutsideKey, NoBudget, CostUnbounded, TakesNoImages, TooManyChoices, TooMany, what routing refuses with,
        and why a model has no price.
        """
        now = self.now()
        asked, key = call.asked, call.key
        if key is not None:
            _check_scope(key, asked)
        path = self._path(call)
        if asked.unbounded and path.is_hard:
            raise _unbounded(asked, path)
        choices = choices_of(asked)
        route = self._route(call, now)
        places = self._places(asked, route, now)
        is_costly = path.warn_nano is not None and places[0].worst(places[0].outputs * choices) >= path.warn_nano
        return Admitted(
            id=f"{self._stem}-{next(self._numbers)}",
            call=call,
            route=route,
            path=path,
            places=places,
            at=now,
            choices=choices,
            slot=None if key is None else self._enter(key, now),
            is_costly=is_costly,
        )

    def begin(self, admitted: Admitted, place: Priced, *, is_last: bool = False) -> Running | Short:
        """Hold what an attempt may cost at worst and put it on record; the upstream may then be called.

        Short says where there is no room: wait with `Spending.when_room` and begin again, the last time with `is_last`.
        Where the client set no limit of its own and the longest possible answer does not fit, a shorter one is held
        for. Raises JournalUnwritable, ClassExhausted, and NoBudget when the call's budgets are gone.
        """
        now = self.now()
        outputs = place.outputs if admitted.shortened is None else min(place.outputs, admitted.shortened)
        found = self._hold(admitted, place, outputs, now)
        if isinstance(found, Short) and admitted.call.asked.output_limit is None:
            shorter = self._shorter(admitted, place, found, now, is_last=is_last)
            if shorter:
                admitted.shortened = outputs = shorter
                found = self._hold(admitted, place, outputs, now)
        return found if isinstance(found, Short) else self._record(admitted, place, found, outputs, now)

    def may_go_on(self, running: Running, outputs: int) -> Short | None:
        """None where an answer that came to so many tokens may go on; else where there is no room for more.

        An answer outgrows its bound where the provider keeps to no limit. Short may pass, as in `begin`.
        """
        if outputs <= running.outputs or running.is_ended:
            return None
        place, admitted = running.place, running.admitted
        hold: Hold | Short | None = None
        for more in (2 * outputs, outputs + _A_LITTLE):
            extra = place.worst(more) - place.worst(running.outputs)
            hold = self._within(admitted, running.worst + extra) or self._spending.reserve(
                admitted.path, extra, self.now()
            )
            if isinstance(hold, Hold):
                self._outgrow(running, hold, outputs=more)
                return None
        return hold

    def _outgrow(self, running: Running, hold: Hold, *, outputs: int) -> None:
        """Put the higher worst case on record too: it is what a process that dies now is charged."""
        worst = running.worst + hold.nano
        is_unenforced = running.attempt.unenforced or hold.unenforced
        attempt = msgspec.structs.replace(running.attempt, worst=worst, unenforced=is_unenforced)
        try:
            self._journal.attempt(attempt)
        except BaseException:
            self._spending.settle(hold, 0)
            raise
        running.attempt = attempt
        running.holds.append(hold)
        running.worst = worst
        running.outputs = outputs

    def end(self, running: Running, outcome: Outcome) -> Charged:
        """Charge an attempt for what it used. The second time changes nothing."""
        if running.is_ended:
            return Charged(nano=0, usage=_NOTHING, estimated=False, mark=0)
        running.is_ended = True
        nano, usage, estimated = _cost(running, outcome)
        mark = self._journal.settle(
            Settlement(
                attempt_id=running.id,
                at=outcome.at,
                nano=nano,
                usage=usage,
                ended=outcome.ended,
                estimated=estimated,
                concluded=outcome.concluded,
                status=outcome.status,
                millis=max(0, outcome.at - running.began),
                first_byte_millis=outcome.first_byte_millis,
                fingerprint=outcome.fingerprint,
            )
        )
        first, *more = running.holds
        self._spending.settle(first, nano, also=more)
        running.admitted.spent += nano
        if running.tally is not None:
            self._tallies.settle(running.tally, usage.all_input + usage.all_output)
        if outcome.ended is Ended.OK and outcome.usage is not None and running.place.outputs:
            self._learn(running, outcome.usage)
        return Charged(nano=nano, usage=usage, estimated=estimated, mark=mark)

    def forgo(self, admitted: Admitted, place: Priced) -> None:
        """Put on record that a call which was tried before is tried no more: the line it counts as a request by.

        Nothing is charged. Where not even that is let in, because its budgets are gone, there is no line.
        """
        now = self.now()
        hold = self._spending.reserve(admitted.path, 0, now)
        if isinstance(hold, Hold):
            self.end(self._record(admitted, place, hold, 0, now), Outcome(ended=Ended.REFUSED, at=now))

    def close(self, admitted: Admitted, *, counts: bool) -> None:
        """The call is over. `counts` False where it was turned away or cancelled, which uses up no limit of its key."""
        if admitted.slot is not None:
            admitted.slot.leave(counts=counts)

    def _path(self, call: Call) -> Path:
        key_id = "" if call.key is None else call.key.id
        found = self._spending.path(team=call.team, workflow=call.workflow, key_id=key_id, execution=call.execution)
        if isinstance(found, NoBudget):
            raise found
        cap = None if call.key is None else call.key.cap_nano
        if cap is not None and not any(node.level is Level.KEY and node.cap_nano >= cap for node in found.lasting):
            raise BudgetsBehind(
                f"the ceiling of the key {key_id!r} is being read; try again in a moment", retry_after=1
            )
        return found

    def _route(self, call: Call, now: int) -> Route:
        asked = call.asked
        facts = Facts(
            endpoint=asked.endpoint,
            now_ms=now,
            input_bound=asked.input_bound,
            has_images=asked.images > 0,
            draw=call.execution,
        )
        return self._router().route(asked.model, facts=facts, task_class=call.task_class, workflow=call.workflow)

    def _places(self, asked: Asked, route: Route, now: int) -> tuple[Priced, ...]:
        """Those of the route's targets whose price is known. Raises why the first has none where no other has one."""
        found: list[Priced] = []
        problem: TiebeamError | None = None
        for target in route.targets:
            priced = self._priced(asked, route, target, now)
            if isinstance(priced, Priced):
                found.append(priced)
            else:
                problem = problem or priced
        if not found and problem is not None:
            raise problem
        return tuple(found)

    def _priced(self, asked: Asked, route: Route, target: Target, now: int) -> Priced | TiebeamError:
        upstream, served = target.upstream, target.served
        service = asked.service_tier or upstream.service.value
        # Batches are not answered at once: whoever asks for one here is served, and charged, as usual.
        if service not in _TIERS or (service == ServiceTier.BATCH and upstream.service is not ServiceTier.BATCH):
            known = ", ".join(sorted(_TIERS - {ServiceTier.BATCH.value}))
            return Invalid(f"the service tier {service[:40]!r} has no price; leave it out, or use one of {known}")
        rates = self._book.rates(
            target.model,
            provider=upstream.provider,
            at=now,
            service=service,
            region=upstream.region or "",
            conservative=served.conservative,
        )
        if isinstance(rates, Unpriced):
            return rates.problem
        longest = output_bound(asked, served, upstream)
        return Priced(
            target=target,
            rates=rates,
            service=service,
            inputs=input_bound(asked, served),
            outputs=longest if route.output_cap is None else min(longest, route.output_cap),
            longest=max(longest, asked.output_limit or 0),
            audio=asked.audio,
            keeps_an_hour=asked.keeps_an_hour,
        )

    def _enter(self, key: Key, now: int) -> Slot:
        slot = self._limits.enter(key, now)
        if isinstance(slot, Busy):
            raise slot.error()
        return slot

    def _hold(self, admitted: Admitted, place: Priced, outputs: int, now: int) -> Hold | Short:
        worst = place.worst(outputs * admitted.choices)
        return self._within(admitted, worst) or self._spending.reserve(admitted.path, worst, now)

    def _within(self, admitted: Admitted, nano: int) -> Short | None:
        """None where a call may cost so much by the ceiling of a single execution, of which it names none."""
        left, limit = _left_of_one(admitted), admitted.path.limit
        return None if limit is None or nano <= left else Short(limit, 0, NEVER, Why.CAP, nano, left)

    def _shorter(self, admitted: Admitted, place: Priced, short: Short, now: int, *, is_last: bool) -> int:
        """How long each answer may be so that the call fits into what is left; 0 where waiting is better."""
        if not place.outputs or short.why is Why.STORE_AWAY or (short.why is Why.NEEDS_LEASE and not is_last):
            return 0
        usual = self._learned.expected(_work(admitted, place), hard=place.outputs)
        is_learned = usual < place.outputs
        if short.why is Why.HOLDS_IN_FLIGHT and not is_last and not is_learned:
            return 0
        room = min(self._spending.room(admitted.path, now), _left_of_one(admitted))
        fits = output_for(room, place, choices=admitted.choices, most=place.outputs)
        if fits < min(usual if is_learned else LEAST_OUTPUT, place.outputs):
            return 0
        return min(fits, ROOMY * usual) if is_learned else fits

    def _record(self, admitted: Admitted, place: Priced, hold: Hold, outputs: int, now: int) -> Running:
        """Put an attempt on record; where that fails nothing stays held."""
        admitted.attempts += 1
        attempt = attempt_of(admitted, place, hold, now)
        tally = None
        try:
            if admitted.route.daily is not None:
                tokens = place.inputs + outputs * admitted.choices
                tally = self._tallies.reserve(admitted.route.daily, tokens, now)
            mark = self._journal.attempt(attempt)
        except BaseException:
            self._spending.settle(hold, 0)
            if tally is not None:
                self._tallies.settle(tally, 0)
            raise
        return Running(
            id=attempt.id,
            attempt=attempt,
            admitted=admitted,
            place=place,
            holds=[hold],
            worst=hold.nano,
            output_limit=outputs if outputs < place.longest else None,
            outputs=outputs * admitted.choices,
            began=now,
            mark=mark,
            tally=tally,
        )

    def _learn(self, running: Running, usage: Usage) -> None:
        admitted, place = running.admitted, running.place
        outputs = -(-usage.all_output // admitted.choices)
        is_cut = running.output_limit is not None and outputs >= running.output_limit
        with self._learning:
            self._learned.saw(_work(admitted, place), outputs, hard=place.outputs, cut=is_cut)


def _left_of_one(admitted: Admitted) -> int:
    """What a call that names no execution, and so is one of its own, may still cost; its attempts count together."""
    path = admitted.path
    if path.limit is None or path.run is not None:
        return NEVER
    return max(0, path.limit.cap_nano - admitted.spent)


def _check_scope(key: Key, asked: Asked) -> None:
    if not key.may_use(asked.endpoint.value):
        raise OutsideKey(
            f"the key {key.id!r} may not call /v1/{asked.endpoint.value}; it may call "
            f"{', '.join(f'/v1/{one}' for one in sorted(key.endpoints))}. Ask who made it for another",
            key=key.id,
        )
    if not key.may_ask_for(asked.model):
        raise OutsideKey(
            f"the key {key.id!r} may not ask for the model {asked.model[:100]!r}; it may ask for "
            f"{', '.join(key.models[:20])}. Ask who made it for another",
            key=key.id,
        )


def _unbounded(asked: Asked, path: Path) -> CostUnbounded:
    ceiling = next((node.title for node in path.nodes if node.hard), path.nodes[0].title)
    return CostUnbounded(
        f"what this call costs at most cannot be told before it, because of {'; '.join(asked.unbounded)}; "
        f"{ceiling!r} is a hard ceiling, so leave that out, or have the call covered by budgets that only tell",
        reasons=list(asked.unbounded),
    )


def _work(admitted: Admitted, place: Priced) -> tuple[str, str, str]:
    return admitted.call.team, admitted.call.workflow, place.target.model


def _cost(running: Running, outcome: Outcome) -> tuple[int, Usage, bool]:
    """Nano-dollars, tokens, and whether they are an estimate of ours."""
    usage, seen = outcome.usage, outcome.seen
    if usage is not None:
        charged = running.place.rates.charge(usage, worst=running.worst)
        return charged.nano, usage, charged.estimated
    if outcome.ended in _FREE:
        return 0, _NOTHING, False
    if seen is None:
        return running.worst, _NOTHING, True
    # What was seen is counted rather too high, and never beyond what was held.
    return min(running.worst, running.place.rates.charge(seen, worst=running.worst).nano), seen, True
