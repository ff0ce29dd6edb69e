"""Who asks, over one request or command: every question to the authority goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from tiebeam.app import App
from tiebeam.authority import Obj, Principal, Verdict, Visible, look_around
from tiebeam.errors import NotFound, Refused
from tiebeam.graph import Node
from tiebeam.http.objects import BUILDERS, EVERYTHING, journal_object
from tiebeam.spec import Record
from tiebeam.workflow.intake import streams_of_batches
from tiebeam.workflow.promotion import NotAdopted
from tiebeam.workflow.runs import run_intents, streams_of_runs
from tiebeam.workforce import Refusal, UnknownTask

_SEEN_BY = {
    "run": "run.view",
    "batch": "run.view",
    "evidence": "run.view",
    "task": "task.view",
    "document": "document.view",
    "intent": "intent.view",
    "recipe": "intent.view",
    "record": "intent.view",
    "catalogue": "intent.view",
    "budget": "budget.view",
    "event": "event.view",
    "trigger": "intent.view",
}
"""The verb by which an object of a kind is seen. What one may not see does not exist for one."""
_OWN = {
    "person": "person.view",
    "session": "session.view",
    "token": "token.view",
    "delegation": "delegation.view",
    "emergency": "emergency.view",
    "decision": "decision.view",
    "key": "key.view",
    "route": "route.view",
}
"""What everybody has some of: who may not even look at their own has no business with others'."""
_KINDS = {
    "trigger": "intent",
    "batch": "run",
    "evidence": "run",
    "recipe": "intent",
    "record": "intent",
    "catalogue": "intent",
}
"""Names of objects that are of another kind to the rules."""
_LISTED = {"run.view": "run", "task.view": "task", "document.view": "document", "ledger.view": "ledger"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a route, a page or a command asks before it does anything.

    `key` names the parameter that holds the object's id; without one the question is about the list, whose lines are
    then filtered. `inside`: the verb is asked by what carries it out, in its own unit of work and with what is true
    there; before that only whether the caller may see the object at all.
    """

    verb: str
    kind: str
    key: str = ""
    inside: bool = False


@dataclass(slots=True)
class Caller:
    """A principal at a face (`api`, `web`, `cli`). Made anew for each request, so what it remembers is never old."""

    app: App
    principal: Principal
    face: str
    _around: dict[str, Visible] = field(default_factory=dict[str, Visible], repr=False)

    def may(self, verb: str, obj: Obj, context: Mapping[str, Any] | None = None) -> Verdict:
        """An answer that leaves no trace, for what a page offers."""
        return self.app.authority.may(self.principal, verb, obj, context)

    def require(self, verb: str, obj: Obj, context: Mapping[str, Any] | None = None) -> Verdict:
        """Raises Refused."""
        return self.app.authority.require(self.principal, verb, obj, context)

    def answer(self, ask: Ask, parameters: Mapping[str, Any]) -> None:
        """Let the caller pass, or raise Refused, or NotFound where they may not know of the object.

        An absent object and one the caller may not see give the same answer.
        """
        if not ask.key:
            self._answer_of_all(ask)
            return
        object_id = str(parameters[ask.key])
        seeing = _SEEN_BY.get(ask.kind)
        if seeing is None:
            with self.app.store.read() as conn:
                self.require(ask.verb, BUILDERS[ask.kind](self.app, conn, object_id))
            return
        obj = self._seen(ask, seeing, object_id)
        if ask.verb != seeing and not ask.inside:
            self.require(ask.verb, obj)

    def see(self, kind: str, object_id: str) -> Obj:
        """The object, when it exists for this caller. Raises NotFound otherwise, and Refused where they see none."""
        return self._seen(Ask(_SEEN_BY[kind], kind), _SEEN_BY[kind], object_id)

    def known(self, kind: str, object_id: str) -> None:
        """Raises NotFound where the object does not exist for this caller, whatever a token lets them do with it."""
        self._seen(Ask("", kind), _SEEN_BY[kind], object_id)

    def object(self, kind: str, object_id: str, conn: sa.Connection) -> Obj:
        """Raises NotFound."""
        return BUILDERS[kind](self.app, conn, object_id)

    def sees(self, kind: str, object_id: str) -> bool:
        """Whether an object exists for this caller, for what a page links to."""
        try:
            with self.app.store.read() as conn:
                obj = self.object(kind, object_id, conn)
            return self.may(_SEEN_BY[kind], replace(obj, kind=_KINDS.get(kind, obj.kind))).allowed
        except NotFound:
            return False

    def visible(self, verb: str) -> Visible:
        """What lists of this verb may show. Worked out once, with a few questions for each intent."""
        known = self._around.get(verb)
        if known is None:
            with self.app.store.read() as conn:
                intents = {*self.app.graph().adoptions, *run_intents(conn)}
            if verb == "task.view":
                # Tasks of no run, such as requests for a larger budget, are of no intent.
                intents.add("")
            known = self._around[verb] = look_around(
                lambda facts: (
                    self.may(
                        verb, Obj(_LISTED[verb], f"{facts['intent']}/*", {**facts, "intent": facts["intent"] or None})
                    ).allowed
                ),
                actor=self.principal.actor,
                roles=self.principal.all_roles,
                intents={intent: self.app.intent_facts(intent) for intent in sorted(intents)},
            )
        return known

    def intents(self) -> frozenset[str]:
        """The intents that exist for this caller, of all the graph knows."""
        facts = self.app.intent_facts
        return frozenset(
            intent
            for intent in self.app.graph().intents
            if self.may("intent.view", Obj("intent", intent, facts(intent))).allowed
        )

    def records(self, kind: str) -> list[tuple[str, Record]]:
        """The declared records of a kind this caller may see, by id. Raises Invalid on an unknown kind."""
        found = self.app.graph().records(kind)
        return [
            (record_id, record) for record_id, record in found.items() if self.sees("record", f"{kind}/{record_id}")
        ]

    def seen_nodes(self, nodes: Iterable[Node]) -> list[Node]:
        """Of these records the ones this caller may see."""
        return [(kind, record_id) for kind, record_id in nodes if self.sees("record", f"{kind}/{record_id}")]

    def audits(self) -> bool:
        """Whether some part of the journal is for this caller."""
        with self.app.store.read() as conn:
            return self.may("journal.view", journal_object(self.app, conn, "*")).allowed

    def streams(self) -> sa.SelectBase | None:
        """The journal streams this caller may see, for those who filter the journal; None = all of them."""
        with self.app.store.read() as conn:
            if self.may("journal.view", journal_object(self.app, conn, EVERYTHING)).allowed:
                return None
            known = {*self.app.graph().adoptions, *run_intents(conn)}
        facts = self.app.intent_facts
        owned = [
            intent
            for intent in sorted(known)
            if self.may("journal.view", Obj("journal", intent, {"audit_owner": facts(intent)["audit_owner"]})).allowed
        ]
        # Not their own `person:` stream: a refusal in it would tell that what they may not see exists.
        forecasts = (sa.select(sa.literal(f"forecast:{intent}")) for intent in owned)
        return sa.union_all(streams_of_runs(owned), streams_of_batches(owned), *forecasts)

    def note(self, error: Exception) -> None:
        """Put a refusal on the record, also one that was told as something absent."""
        refused = error if isinstance(error, Refused) else error.__cause__
        if not isinstance(refused, Refused) or "rule" not in refused.data:
            return
        data = {name: str(value) for name, value in refused.data.items()}
        self.app.workforce.refusals.note(
            Refusal(
                actor=self.principal.actor,
                verb=data.get("verb", ""),
                object=f"{data.get('kind', '')}:{data.get('object', '')}"[:200],
                rule=data["rule"],
                reason=data.get("reason", refused.message),
                policy_version=data.get("policy_version", self.app.authority.version),
                face=self.face,
            )
        )

    def _answer_of_all(self, ask: Ask) -> None:
        if not ask.inside:
            self.require(ask.verb, self._all_of(ask))
            return
        principal = replace(self.principal, scopes=None)
        if (own := _OWN.get(ask.kind)) is not None:
            self.app.authority.require(principal, own, Obj(ask.kind, "*", {"person": principal.person_id}))
        elif (seeing := _SEEN_BY.get(ask.kind) or _listing(ask.kind)) is not None:
            self.app.authority.require(principal, seeing, self._all_of(ask))
        else:
            self.app.authority.require(principal, ask.verb, self._all_of(ask))

    def _all_of(self, ask: Ask) -> Obj:
        if ask.kind in {"journal", "workspace", "settings", "policy", "person", "session", "token"}:
            with self.app.store.read() as conn:
                return BUILDERS[ask.kind](self.app, conn, "*")
        return Obj(_KINDS.get(ask.kind, ask.kind), "*")

    def _seen(self, ask: Ask, seeing: str, object_id: str) -> Obj:
        # Whether something exists is no matter of what a token may do with it.
        principal = self.principal if ask.verb == seeing else replace(self.principal, scopes=None)
        authority = self.app.authority
        authority.require(principal, seeing, Obj(_KINDS.get(ask.kind, ask.kind), "*"))
        try:
            with self.app.store.read() as conn:
                obj = BUILDERS[ask.kind](self.app, conn, object_id)
            authority.require(principal, seeing, replace(obj, kind=_KINDS.get(ask.kind, obj.kind)))
        except (NotFound, Refused) as reason:
            raise _missing(ask.kind, object_id) from reason
        return obj


def _listing(kind: str) -> str | None:
    """The verb by which lists of a kind are seen."""
    return next((verb for verb, listed in _LISTED.items() if listed == kind), None)


def _missing(kind: str, object_id: str) -> NotFound:
    """The same words for what is absent and for what is somebody else's."""
    named = object_id[:200]
    match kind:
        case "task":
            return UnknownTask(
                f"there is no review task {named!r} that you may see; 'tiebeam inbox' lists yours", task=named
            )
        case "recipe":
            return NotAdopted(f"no recipe that you may see is adopted as {named!r}; 'tiebeam workflows' lists yours")
        case "run" | "evidence":
            return NotFound(
                f"there is no run {named!r} that you may see; list them with 'tiebeam runs list'", run=named
            )
        case _:
            return NotFound(f"there is no {kind} {named!r} that you may see")
