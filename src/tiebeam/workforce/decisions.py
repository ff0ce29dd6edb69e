"""Deciding a task: one transaction from the question of authority to the run's continuation; the first wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.authority import APPROVAL_LIMIT, ESCALATION, Obj, Principal, PrincipalKind, Verdict, refusal
from tiebeam.errors import Conflict, Refused
from tiebeam.kit import digest_of
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.desk import HUMAN_QUEUE, RUN_KIND, Desk, change, notify, record
from tiebeam.workforce.directory import approval_limit, role_that_covers
from tiebeam.workforce.drafts import forget_drafts
from tiebeam.workforce.editing import Problems, Proposal, WrongInput, difference, read_input, wrong_input
from tiebeam.workforce.handling import TaskClosed, active_task, closed_error, move, review_minutes
from tiebeam.workforce.opening import ABORT, keep_payload
from tiebeam.workforce.questions import ask
from tiebeam.workforce.rungs import cancel_rungs
from tiebeam.workforce.standing import note_use
from tiebeam.workforce.task import Decision, Standing, Task, TaskState, changes_json

NEEDS_NO_LIMIT = frozenset({"reject", "ask", ABORT})
"""Verbs that release no money."""


class PayloadChanged(Conflict):
    """The proposed action is not the one the person was shown; `data["changes"]` names what changed."""

    code = "payload_changed"


class NoAuthority(Refused):
    """The amount is above the person's limit, and no role that somebody holds covers it."""

    code = "no_authority"


def decide(
    desk: Desk,
    unit: Unit,
    principal: Principal,
    task_id: str,
    *,
    verb: str,
    payload_hash: str | None = None,
    given: Mapping[str, Any],
    minutes: Decimal | None = None,
) -> Decision:
    """Everything happens in `unit`, or nothing. See `Workforce.decide` for the errors."""
    task = active_task(unit, task_id)
    actor = desk.fresh(principal, now=unit.now, conn=unit.conn)
    verdict = _authorised(unit, desk, actor, task)
    _check_verb(actor, task, verb)
    if payload_hash is not None and payload_hash != task.payload_hash:
        raise _stale(unit.conn, task, payload_hash)
    proposal = read_input(task, verb=verb, given=given)
    if verb == "edit":
        _check_edit(desk, task, proposal)
    spent = (
        (Decimal(0), "no-person")
        if actor.kind is PrincipalKind.SYSTEM
        else review_minutes(unit, actor, task_id, given=minutes)
    )
    voucher = _voucher(desk, actor)
    decision = _drawn_up(unit, task, actor, verb=verb, proposal=proposal, verdict=verdict, spent=spent, voucher=voucher)
    if proposal.draft is not None:
        note_use(unit, actor, verdict, verb="task.decide", obj=desk.obj(task, unit.now))
        message = ask(desk, unit, task, proposal.draft, actor=actor.actor, person_id=actor.person_id, rule=verdict.rule)
        return replace(decision, standing=Standing.ASKED, message=message)
    if task.needs_authority and verb not in NEEDS_NO_LIMIT:
        limit = approval_limit(desk.people(), actor.all_roles | {*actor.emergency})
        if not _may_release(desk, actor, desk.obj(task, unit.now), amount=proposal.amount, limit=limit):
            basis = _basis(desk, unit, task, actor, verdict)
            return _endorse(
                desk, unit, task, actor=actor, proposal=proposal, decision=decision, limit=limit, basis=basis
            )
    return _settle(desk, unit, task, actor, decision, basis=_basis(desk, unit, task, actor, verdict))


def _authorised(unit: Unit, desk: Desk, actor: Principal, task: Task) -> Verdict:
    obj = desk.obj(task, unit.now)
    if actor.person_id not in task.excluded_people:
        return desk.authority.require(actor, "task.decide", obj)
    # Name the earlier decision: "you may not" without the reason sends people to the help desk.
    statement = (
        sa.select(tables.task_decision)
        .where(tables.task_decision.c.run_id == task.run_id, tables.task_decision.c.person_id == actor.person_id)
        .order_by(tables.task_decision.c.at.desc())
        .limit(1)
    )
    row = unit.conn.execute(statement).one_or_none()
    context = {} if row is None else {"earlier": f"already chose {row.verb!r} on step {row.step_id!r} of this run"}
    return desk.authority.require(actor, "task.decide", obj, context)


def _voucher(desk: Desk, actor: Principal) -> tuple[str, ...]:
    """Who opened the session this person acts in, where that counts as taking part."""
    return (actor.vouched_by,) if actor.vouched_by is not None and desk.authority.voucher_counts else ()


def _may_release(desk: Desk, actor: Principal, obj: Obj, *, amount: Decimal | None, limit: Decimal | None) -> bool:
    """False above the limit, where an endorsement is left to give. Raises Refused when another rule is in the way."""
    verdict = desk.authority.may(actor, "task.release_money", obj, {"amount": amount, "limit": limit})
    if not verdict.allowed and verdict.rule != APPROVAL_LIMIT:
        raise refusal(actor, "task.release_money", obj, verdict)
    return verdict.allowed


def _check_verb(actor: Principal, task: Task, verb: str) -> None:
    if verb in task.protocol.verbs or (actor == ESCALATION and verb == ABORT):
        return
    raise WrongInput(
        f"handoff {task.handoff!r} does not offer {verb!r}; choose one of {', '.join(task.protocol.verbs)}",
        task=task.id,
        verbs=list(task.protocol.verbs),
    )


def _check_edit(desk: Desk, task: Task, proposal: Proposal) -> None:
    problems = Problems()
    for check in desk.hooks.edited:
        for problem in check(task, proposal.payload):
            problems.add("changes", problem)
    if problems:
        raise wrong_input(task, "edit", problems)


def _stale(conn: sa.Connection, task: Task, shown_hash: str) -> PayloadChanged:
    statement = sa.select(tables.task_payload.c.payload).where(
        tables.task_payload.c.task_id == task.id, tables.task_payload.c.payload_hash == shown_hash
    )
    shown = conn.execute(statement).scalar_one_or_none()
    changes = () if shown is None else tuple(difference(shown, task.payload))
    what = "; ".join(f"{c.path}: {c.old!r} → {c.new!r}" for c in changes[:5]) or "it was never this one"
    return PayloadChanged(
        f"the proposed action of task {task.id!r} is not the one you were shown ({what}). Look again, then decide.",
        task=task.id,
        payload_hash=task.payload_hash,
        changes=changes_json(changes),
    )


def _drawn_up(
    unit: Unit,
    task: Task,
    actor: Principal,
    *,
    verb: str,
    proposal: Proposal,
    verdict: Verdict,
    spent: tuple[Decimal | None, str],
    voucher: tuple[str, ...],
) -> Decision:
    hours = task.protocol.expires_hours
    return Decision(
        task_id=task.id,
        run_id=task.run_id,
        step_id=task.step_id,
        verb=verb,
        person_id=actor.person_id,
        person_name=actor.name,
        on_behalf_of=", ".join(actor.on_behalf_of(task.role)) or None,
        role=task.role,
        at=unit.now,
        payload=proposal.payload,
        payload_hash=proposal.payload_hash,
        shown_hash=task.payload_hash,
        diff=proposal.diff,
        comment=proposal.comment,
        amount=proposal.amount,
        currency=task.currency,
        rule=verdict.rule,
        audit_owner=task.audit_owner,
        took_part=(actor.person_id, *voucher),
        minutes=spent[0],
        minutes_how=spent[1],
        expires_at=None if hours is None else unit.now + timedelta(hours=float(hours)),
    )


def _facts(decision: Decision) -> dict[str, Any]:
    return {
        "verb": decision.verb,
        "payload_hash": decision.payload_hash,
        "shown_hash": decision.shown_hash,
        "diff": changes_json(decision.diff),
        "comment": decision.comment,
        "rule": decision.rule,
        "on_behalf_of": decision.on_behalf_of,
        "amount": decision.amount,
        "currency": decision.currency,
        "minutes": decision.minutes,
        "minutes_how": decision.minutes_how,
        "expires_at": decision.expires_at,
    }


def _basis(desk: Desk, unit: Unit, task: Task, actor: Principal, verdict: Verdict) -> dict[str, Any]:
    """What a decision rests on: how the person proved who they are, the policies in force, and what they were shown.

    Where an emergency let them decide, it names that, and the emergency keeps what was decided for its review.
    """
    identity = {
        "person": actor.person_id,
        "subject": actor.subject,
        "method": actor.method,
        "session_id": actor.session_id,
        "vouched_by": actor.vouched_by,
    }
    basis: dict[str, Any] = {
        "identity": identity,
        "policy_version": verdict.policy_version,
        "context_hash": digest_of(task.context),
    }
    grant = note_use(unit, actor, verdict, verb="task.decide", obj=desk.obj(task, unit.now))
    if grant is not None:
        basis["emergency"] = grant
    for ground in desk.hooks.grounds:
        basis |= ground(unit, task)
    return basis


def _settle(
    desk: Desk, unit: Unit, task: Task, actor: Principal, decision: Decision, *, basis: Mapping[str, Any]
) -> Decision:
    stored = {f.name for f in fields(Decision)} - {"standing", "moved_to_role", "message", "took_part"}
    values = {name: getattr(decision, name) for name in stored} | {"diff": changes_json(decision.diff)}
    insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
    added = unit.conn.execute(
        insert(tables.task_decision).values(**values).on_conflict_do_nothing().returning(tables.task_decision.c.task_id)
    )
    if added.first() is None:
        raise closed_error(unit.conn, task)
    state = TaskState.EXPIRED if decision.verb == ABORT and actor == ESCALATION else TaskState.DECIDED
    # The role as it was when decided stays; only the state and the final payload are new.
    closed = change(
        unit,
        task,
        state=state,
        payload=decision.payload,
        payload_hash=decision.payload_hash,
        snoozed_until=None,
        closed_at=unit.now,
    )
    keep_payload(unit, closed, actor=actor.actor)
    record(unit, closed, "decided", actor=actor.actor, **_facts(decision), **basis)
    if not desk.engine.close_wait(unit, task.wait_id, outcome=decision.verb):
        raise TaskClosed(f"run {task.run_id!r} no longer waits for task {task.id!r}", task=task.id)
    cancel_rungs(unit, task.id)
    forget_drafts(unit, task.id)
    for hook in desk.hooks.decided:
        hook(unit, closed, decision)
    if task.run_id:
        desk.engine.enqueue(unit, kind=RUN_KIND, key=task.run_id, seq=task.seq + 1, queue=HUMAN_QUEUE, team=task.team)
    return decision


def _endorse(
    desk: Desk,
    unit: Unit,
    task: Task,
    *,
    actor: Principal,
    proposal: Proposal,
    decision: Decision,
    limit: Decimal | None,
    basis: Mapping[str, Any],
) -> Decision:
    """Note the decision as an endorsement and send the task on to a role whose limit covers the amount."""
    kept_out = {*task.excluded_people, actor.person_id}
    target = role_that_covers(desk.people(), amount=proposal.amount, above=task.role, excluded=kept_out)
    worth = "an unknown amount" if proposal.amount is None else f"{proposal.amount} {task.currency or ''}".strip()
    if target is None:
        raise NoAuthority(
            f"{actor.name} may approve up to {limit}, task {task.id!r} is about {worth}, "
            f"and nobody else holds a role whose limit covers it; give such a role to a person in people/",
            task=task.id,
            rule=APPROVAL_LIMIT,
        )
    former = task.role
    task = change(unit, task, payload=proposal.payload, payload_hash=proposal.payload_hash, amount=proposal.amount)
    keep_payload(unit, task, actor=actor.actor)
    _note_endorsement(unit, decision, from_role=former, to_role=target)
    task = move(desk, unit, task, role=target, counted_from=unit.now)
    endorsed = replace(decision, standing=Standing.ENDORSED, moved_to_role=target, rule=APPROVAL_LIMIT)
    record(unit, task, "endorsed", actor=actor.actor, from_role=former, limit=limit, **_facts(endorsed), **basis)
    for hook in desk.hooks.endorsed:
        hook(unit, task, endorsed)
    people = [holder.person_id for holder in desk.responsible(task, unit.now)]
    notify(unit, task, "endorsed", people=people, text=f"{actor.name} endorsed, you decide: {task.title}")
    return endorsed


def _note_endorsement(unit: Unit, decision: Decision, *, from_role: str, to_role: str) -> None:
    unit.conn.execute(
        sa.insert(tables.task_endorsement).values(
            id=unit.store.ids.new("endorsement"),
            task_id=decision.task_id,
            at=unit.now,
            verb=decision.verb,
            person_id=decision.person_id,
            person_name=decision.person_name,
            on_behalf_of=decision.on_behalf_of,
            payload_hash=decision.payload_hash,
            diff=changes_json(decision.diff),
            comment=decision.comment,
            amount=decision.amount,
            minutes=decision.minutes,
            minutes_how=decision.minutes_how,
            from_role=from_role,
            to_role=to_role,
        )
    )
