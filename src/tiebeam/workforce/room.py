"""The room's verbs in one object, bound to a store, an engine and the people of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal, PrincipalKind, Verdict, Visible
from tiebeam.engine import Engine
from tiebeam.spec import HandoffProtocol
from tiebeam.store import DatabaseBusy, Store, Unit
from tiebeam.workforce import decisions, handling, ladder, opening, questions, recount, rungs, tables, views
from tiebeam.workforce.access import Access, Principals
from tiebeam.workforce.approval import Approval, who_approves
from tiebeam.workforce.calendar import Calendar
from tiebeam.workforce.desk import Desk, Hooks, tell
from tiebeam.workforce.directory import Directory, Holder
from tiebeam.workforce.drafts import KeptDraft, draft_of, keep_draft
from tiebeam.workforce.editing import WrongInput
from tiebeam.workforce.identities import Identities
from tiebeam.workforce.refusals import Refusals
from tiebeam.workforce.standing import BREAK_GLASS, Delegations, Emergencies, note_use
from tiebeam.workforce.task import Decision, Message, Task, load_task

T = TypeVar("T")
_ATTEMPTS = 3
_GIVE_WAY = frozenset({"40P01", "40001"})
"""PostgreSQL's deadlock and serialization failure."""


def _none(_intent: str) -> Mapping[str, Any]:
    return {}


class Workforce:
    """People at work. `people` is asked anew at each use, so a re-applied graph takes effect at once.

    `facts_of` gives the attributes all objects of an intent share; without it a task is seen by its own roles alone.
    `emergency_roles` are those whose holders may open emergency access, besides administrators.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        *,
        people: Callable[[], Principals],
        authority: Authority,
        facts_of: Callable[[str], Mapping[str, Any]] = _none,
        emergency_roles: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self.access = Access(store, people=people, person=self.principal, authority=authority)
        self.identities = Identities(store, people=people, access=self.access, authority=authority)
        self.delegations = Delegations(
            store,
            people=people,
            authority=authority,
            tell=tell,
            changed=lambda unit, role: recount.role_changed(self._desk, unit, role),
        )
        self.emergencies = Emergencies(store, people=people, authority=authority, openers=emergency_roles, tell=tell)
        self._store = store
        self.refusals = Refusals(store, engine)
        self._desk = Desk(store, engine, people, Hooks(), authority, facts_of, self.access.added_by)
        engine.on_timer(rungs.RUNG_TIMER, lambda unit, timer: ladder.fire_rung(self._desk, unit, timer))
        engine.on_timer(recount.RECOUNT_TIMER, lambda unit, timer: recount.carry_on(self._desk, unit, timer))
        engine.on_timer(rungs.WAKE_TIMER, lambda unit, timer: ladder.wake(self._desk, unit, timer))

    def on_decided(self, hook: Callable[[Unit, Task, Decision], None]) -> None:
        """Call `hook` within the unit of every final decision, before the run's continuation is enqueued."""
        self._desk.hooks.decided.append(hook)

    def on_endorsed(self, hook: Callable[[Unit, Task, Decision], None]) -> None:
        """Call `hook` within the unit of every endorsement; its review minutes cost money too."""
        self._desk.hooks.endorsed.append(hook)

    def on_edit(self, check: Callable[[Task, Mapping[str, Any]], Iterable[str]]) -> None:
        """Ask `check(task, changed payload)` of every edit; each problem it names refuses the edit with WrongInput."""
        self._desk.hooks.edited.append(check)

    def on_ask(self, hook: Callable[[Unit, Task, Message], None]) -> None:
        """Call `hook` within the unit of every question, to send it as an idempotent effect keyed by its id."""
        self._desk.hooks.asked.append(hook)

    def on_record(self, grounds: Callable[[Unit, Task], Mapping[str, Any]]) -> None:
        """Ask `grounds` what else the record of each decision and endorsement must name, within their unit."""
        self._desk.hooks.grounds.append(grounds)

    def principal(self, person_id: str) -> Principal:
        """The person with today's roles, those of absent colleagues they stand in for included. Raises NotFound."""
        return self._desk.principal(person_id, now=self._store.clock.now())

    def people_changed(self, unit: Unit, before: Directory, after: Directory) -> int:
        """Bring open tasks to what a newly applied graph says of people, teams and calendars, in the unit applying it.

        Returns how many were looked at; beyond a batch, units of their own carry on.
        """
        return recount.people_changed(self._desk, unit, before, after)

    def hours(self, team: str) -> Calendar:
        """The working hours and holidays of a team as declared now; a standard week in UTC for an unknown one."""
        return self._desk.calendar(team)

    def note_use(self, by: Principal, verdict: Verdict, *, verb: str, obj: Obj) -> None:
        """Keep what is done under an emergency, for its review. Nothing is written where none was needed.

        Raises Refused when it ended a moment ago.
        """
        if verdict.rule.startswith(BREAK_GLASS):
            with self._store.unit() as unit:
                note_use(unit, by, verdict, verb=verb, obj=obj)

    def open_task(
        self,
        unit: Unit,
        *,
        run_id: str,
        intent: str = "",
        started_by: str = "",
        seq: int,
        step_id: str,
        handoff: HandoffProtocol,
        title: str,
        summary: str,
        payload: dict[str, Any],
        context: dict[str, Any],
        role: str,
        team: str,
        excluded_people: Sequence[str] = (),
        amount: Decimal | None = None,
        currency: str | None = None,
        needs_authority: bool = False,
        person: str | None = None,
        answer: Mapping[str, Any] | None = None,
        routed_because: str,
    ) -> str:
        """The id of the new task. Raises IncompleteContext, BrokenProtocol or NobodyHoldsRole.

        `person` is asked by name: the task is theirs as if they had claimed it; UnknownApprover (a NobodyHoldsRole)
        when they may not decide in the role. `answer` is the JSON Schema of what an approval or an edit may leave.
        `amount` in `currency` must be comparable with the limits of roles: convert before. With `needs_authority`
        the decider's limit must cover it; an unknown amount is covered by unlimited roles alone.
        """
        what: dict[str, Any] = {"title": title, "summary": summary, "payload": payload, "context": context}
        whom: dict[str, Any] = {"role": role, "person": person, "team": team, "routed_because": routed_because}
        new = opening.NewTask(
            run_id=run_id,
            intent=intent,
            started_by=started_by,
            seq=seq,
            step_id=step_id,
            handoff=handoff,
            excluded_people=tuple(sorted(set(excluded_people))),
            amount=amount,
            currency=currency,
            needs_authority=needs_authority,
            answer_schema=None if answer is None else dict(answer),
            **what,
            **whom,
        )
        return opening.open_task(self._desk, unit, new)

    def decide(
        self,
        principal: Principal,
        task_id: str,
        *,
        verb: str,
        payload_hash: str | None = None,
        input: Mapping[str, Any] | None = None,  # noqa: A002 - the word of the API and the CLI
        minutes: Decimal | None = None,
    ) -> Decision:
        """Decide in one transaction. `input`: `comment`; for edit `changes`; for ask `text`, `to`, `subject`.

        Wrong input is kept as this person's draft and told by field; the task stays open and is asked again.

        The result's `standing` says whether it is final, an endorsement (the task moved up) or a question.
        Raises Refused, NoAuthority (403), WrongInput (422), PayloadChanged, AlreadyDecided, TaskClosed (409).
        """
        try:
            return self._giving_way(
                lambda unit: decisions.decide(
                    self._desk,
                    unit,
                    principal,
                    task_id,
                    verb=verb,
                    payload_hash=payload_hash,
                    given=input or {},
                    minutes=minutes,
                )
            )
        except WrongInput as wrong:
            # In a unit of its own: the refused decision's unit is gone.
            if principal.kind is PrincipalKind.PERSON and input and "by_field" in wrong.data:
                problems = wrong.data["by_field"]
                with self._store.unit() as unit:
                    keep_draft(unit, task_id, principal.person_id, verb=verb, given=input, problems=problems)
            raise

    def _giving_way(self, work: Callable[[Unit], T]) -> T:
        """`work` in a unit, and again where its run, just then, held what it wanted and wanted what it held."""
        for _ in range(_ATTEMPTS - 1):
            try:
                with self._store.unit() as unit:
                    return work(unit)
            except DatabaseBusy as busy:
                if getattr(busy.orig, "sqlstate", None) not in _GIVE_WAY:
                    raise
        with self._store.unit() as unit:
            return work(unit)

    def draft(self, conn: sa.Connection, principal: Principal, task_id: str) -> KeptDraft | None:
        """What this person entered last and was refused; None when nothing waits to be corrected."""
        return draft_of(conn, task_id, principal.person_id)

    def ask(
        self, principal: Principal, task_id: str, *, text: str, to: str | None = None, subject: str = ""
    ) -> Message:
        """Ask somebody outside; the task waits for the answer but may still be decided."""
        given = {"text": text, "to": to, "subject": subject}
        message = self.decide(principal, task_id, verb="ask", input=given).message
        assert message is not None
        return message

    def answer(self, unit: Unit | None, task_id: str, *, text: str, sender: str) -> Task:
        """Put an answer into the task's context and give the task back to its people. Opens a unit when given None."""
        if unit is not None:
            return questions.answer(self._desk, unit, task_id, text=text, sender=sender)
        with self._store.unit() as own:
            return questions.answer(self._desk, own, task_id, text=text, sender=sender)

    def viewed(self, principal: Principal, task_id: str) -> None:
        """Note the person's first look, from which their review minutes are measured."""
        with self._store.read() as conn:
            if handling.has_viewed(conn, principal, task_id):
                return
        with self._store.unit() as unit:
            handling.viewed(self._desk, unit, principal, task_id)

    def claim(self, principal: Principal, task_id: str) -> Task:
        with self._store.unit() as unit:
            return handling.claim(self._desk, unit, principal, task_id)

    def release(self, principal: Principal, task_id: str) -> Task:
        with self._store.unit() as unit:
            return handling.release(self._desk, unit, principal, task_id)

    def reassign(
        self,
        principal: Principal,
        task_id: str,
        *,
        role: str | None = None,
        person: str | None = None,
        reason: str = "",
    ) -> Task:
        with self._store.unit() as unit:
            return handling.reassign(self._desk, unit, principal, task_id, role=role, person=person, reason=reason)

    def snooze(self, principal: Principal, task_id: str, *, until: datetime) -> Task:
        with self._store.unit() as unit:
            return handling.snooze(self._desk, unit, principal, task_id, until=until)

    def cancel_tasks(
        self,
        unit: Unit,
        run_id: str,
        *,
        reason: str,
        actor: str = "system:workflow",
        steps: Collection[str] | None = None,
    ) -> int:
        """Close the active tasks of a run, or of these steps of it. Call it before journalling on the run's stream."""
        return handling.cancel_tasks(self._desk, unit, run_id, reason=reason, actor=actor, steps=steps)

    def tasks(
        self,
        conn: sa.Connection,
        *,
        state: str | Collection[str] | None = None,
        role: str | None = None,
        person: str | None = None,
        run_id: str | None = None,
        query: str = "",
        sort: str = "due",
        page: int = 1,
        size: int = 50,
        with_snoozed: bool = True,
        visible: Visible | None = None,
    ) -> views.Page[views.TaskView]:
        """A page of the inbox; see `views.tasks` for the filters."""
        return views.tasks(
            self._desk,
            conn,
            state=state,
            role=role,
            person=person,
            run_id=run_id,
            query=query,
            sort=sort,
            page=page,
            size=size,
            with_snoozed=with_snoozed,
            visible=visible,
        )

    def task(self, conn: sa.Connection, task_id: str) -> views.TaskView:
        return views.task(self._desk, conn, task_id)

    def task_object(self, conn: sa.Connection, task_id: str) -> Obj:
        """The task as authority rules see it. Raises UnknownTask."""
        return self._desk.obj(load_task(conn, task_id), self._store.clock.now())

    def counts(self, conn: sa.Connection, principal: Principal, *, visible: Visible | None = None) -> views.TaskCounts:
        return views.counts(self._desk, conn, principal, visible=visible)

    def decisions(self, conn: sa.Connection, run_id: str) -> list[Decision]:
        """Every final decision of a run, oldest first."""
        return views.decisions_of_run(conn, run_id)

    def notices(self, conn: sa.Connection, person_id: str, *, unseen_only: bool = True) -> list[views.Notice]:
        return views.notices(conn, person_id, unseen_only=unseen_only)

    def tell(self, unit: Unit, people: Iterable[str], kind: str, text: str) -> None:
        """A line in the notices of each of these people."""
        tell(unit, people, kind, text)

    def see_notices(self, unit: Unit, person_id: str) -> None:
        """Mark a person's notices as seen."""
        mine = (tables.notice.c.person_id == person_id, tables.notice.c.seen_at.is_(None))
        unit.conn.execute(sa.update(tables.notice).where(*mine).values(seen_at=unit.now))

    def approvers(self, conn: sa.Connection, task_id: str) -> list[Holder]:
        """Who may decide this task today (WF-07)."""
        return self._desk.acting(load_task(conn, task_id), self._store.clock.now(), given=self._desk.given_by(conn))

    def who_approves(
        self,
        *,
        role: str,
        team: str,
        amount: Decimal | None = None,
        needs_authority: bool = False,
        excluded_people: Collection[str] = (),
    ) -> Approval:
        """The same answer for a step before any task exists: role, people and why (WF-07). Raises NobodyHoldsRole."""
        day = self._desk.calendar(team).day_of(self._store.clock.now())
        with self._store.read() as conn:
            given = self._desk.given_by(conn)
            return who_approves(
                self._desk.people(),
                role=role,
                day=day,
                amount=amount,
                needs_authority=needs_authority,
                excluded=excluded_people,
                given=lambda chosen: given(chosen, day),
            )
