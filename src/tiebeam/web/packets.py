"""A review task as its page: why it is here, the evidence, the proposal, the verbs and what each leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tiebeam.errors import NotFound
from tiebeam.web.answering import answer_fields, kept_input, why_you
from tiebeam.web.evidence import comparison, finding_quotes, plain_facts, posting_facts
from tiebeam.web.papers import marked_fields, paper_of
from tiebeam.web.people import Names
from tiebeam.web.task_items import state_pill
from tiebeam.web.views import (
    Change,
    Commands,
    CompareRow,
    DecisionView,
    Document,
    Event,
    Fact,
    FormField,
    Link,
    Paper,
    Pill,
    Quote,
    TaskPage,
    Verb,
)
from tiebeam.web.visit import Visit
from tiebeam.web.wording import NONE, moment, money, sentence
from tiebeam.workflow.intake import DocumentView, document_view
from tiebeam.workflow.runs import NO_PROBLEM, RunView, run_view
from tiebeam.workforce import Decision, KeptDraft, RungState, RungView, TaskView

_MOST_TYPED_PAGES = 5
_MOST_PREVIEW_LINES = 20
_MOST_NOTICED = 6
_SHOWN_ELSEWHERE = frozenset({"document", "invoice", "decision", "findings", "posting", "match", "order", "receipts"})
_VERBS = {
    "approve": ("Approve", "a", "What is proposed is carried out."),
    "edit": ("Approve as edited", "", "Your figures are carried out; the change is kept beside the original."),
    "ask": ("Ask", "", "The task waits for the answer and can still be decided."),
    "reject": ("Reject", "", "Nothing is posted or paid; the reason is kept."),
}
_BY_HANDOFF: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "finance.bank-detail-callback": {
        "approve": ("Confirmed by phone", "The new account was confirmed; a second person still approves."),
        "reject": ("Not confirmed", "Nothing is paid to the new account."),
    },
    "finance.effect-uncertain": {
        "approve": ("It took place", "The run goes on and does not do it again."),
        "reject": ("It did not", "The run does it once more."),
    },
    "finance.unreadable-document": {"edit": ("Use these fields", "The typed fields go on to matching.")},
}


def task_page(visit: Visit, task: TaskView) -> TaskPage:
    names = visit.names
    run = _run_of(visit, task)
    match = _output(run, "match")
    with visit.app.store.read() as conn:
        kept = visit.app.workforce.draft(conn, visit.principal, task.id)
        obj = visit.app.workforce.task_object(conn, task.id)
        proving = visit.caller.object("evidence", task.id, conn) if task.decision and task.run_id else None
    verdict = visit.caller.may("task.decide", obj)
    found = _document(visit, task)
    quotes = (*_quotes(task), *_noticed(found))
    fields = _fields(task, found, kept)
    is_typed = task.is_active and "edit" in task.protocol.verbs and "approve" not in task.protocol.verbs
    return TaskPage(
        id=task.id,
        title=task.title,
        summary="" if any(quote.text == task.summary for quote in quotes) else task.summary,
        kind=task.protocol.title,
        pills=(state_pill(task), *_labels(task)),
        amount=money(task.amount, task.currency or "") if task.amount is not None else "",
        facts=_facts(visit, task),
        payload=task.payload,
        payload_facts=_payload_facts(task.payload) if task.run_id else _figures(task),
        payload_hash=task.payload_hash,
        routed_because=task.routed_because,
        instructions=task.protocol.instructions.strip(),
        quotes=quotes,
        compare=_compare(match),
        documents=(document_row(found),) if found else (),
        paper=_paper(visit, found, is_typed=is_typed) if found else None,
        is_typed=is_typed,
        verbs=_verbs(task) if task.is_active else (),
        fields=fields,
        kept=kept_input(task, kept, fields, visit),
        context=_context(task),
        events=_events(task, names),
        ladder=tuple(_rung(rung, names) for rung in task.ladder if rung.state is RungState.PENDING),
        decision=decision_view(task.decision) if task.decision else None,
        due_at=task.due_at if task.is_active else None,
        commands=_commands(task),
        refusal="" if verdict.allowed else verdict.reason,
        is_claimed_by_me=task.claimed_by == visit.principal.person_id,
        can_claim=task.is_active and task.claimed_by is None and verdict.allowed,
        can_hand_over=task.is_active and visit.allows("task.reassign", obj),
        colleagues=_colleagues(visit, task),
        run=_run_link(run, task),
        can_prove=proving is not None and visit.allows("evidence.export", proving),
        query_draft=_draft(visit, task) if "ask" in task.protocol.verbs and task.is_active else "",
    )


def _run_link(run: RunView | None, task: TaskView) -> Link | None:
    if not task.run_id:
        return None
    return Link(f"Run: {run.item.subject}" if run else "Open the run", f"/runs/{task.run_id}")


def _labels(task: TaskView) -> tuple[Pill, ...]:
    decision = task.context.get("decision")
    labels = decision.get("labels") if isinstance(decision, Mapping) else None
    return tuple(Pill(sentence(str(label)), "warn") for label in labels or ())


def decision_view(decision: Decision) -> DecisionView:
    changes = tuple(
        Change(one.path, NONE if one.old is None else str(one.old), NONE if one.new is None else str(one.new))
        for one in decision.diff
    )
    by = decision.person_name + (f", for {decision.on_behalf_of}" if decision.on_behalf_of else "")
    return DecisionView(decision.verb, by, decision.at, decision.comment, decision.payload_hash, changes)


def _run_of(visit: Visit, task: TaskView) -> RunView | None:
    if not task.run_id:
        return None
    try:
        with visit.app.store.read() as conn:
            return run_view(conn, task.run_id)
    except NotFound:
        return None


def _output(run: RunView | None, step_id: str) -> Mapping[str, Any]:
    return next((step.output for step in run.steps if step.step_id == step_id), {}) if run else {}


def _facts(visit: Visit, task: TaskView) -> tuple[Fact, ...]:
    names = visit.names
    people = ", ".join(holder.name for holder in task.people[:4])
    facts = [
        Fact("Due", moment(task.due_at, visit.zone, visit.now)),
        Fact("For", task.role_title, note=people),
        Fact("Audit owner", names.role(task.audit_owner), note="Owns the trail of this decision"),
    ]
    facts[2:2] = why_you(visit, task)
    if not task.routed_because.startswith("step "):
        facts.insert(2, Fact("By rule", sentence(task.routed_because)))
    if task.claimed_by:
        facts.insert(2, Fact("Held by", names.person(task.claimed_by)))
    if task.excluded_people:
        kept_out = ", ".join(names.person(one) for one in task.excluded_people)
        facts.append(Fact("Not by", kept_out, note="took part earlier: separation of duties"))
    if task.snoozed_until:
        facts.append(Fact("Put off until", moment(task.snoozed_until, visit.zone, visit.now)))
    facts.append(Fact("Task", task.id, is_mono=True))
    return tuple(facts)


def _payload_facts(payload: Mapping[str, Any]) -> tuple[Fact, ...]:
    posting = payload.get("posting")
    facts = posting_facts(posting) if isinstance(posting, Mapping) else ()
    call = payload.get("call_back")
    if isinstance(call, Mapping):
        facts += (
            Fact("Account on file", str(call.get("iban_on_file") or "none"), is_mono=True),
            Fact("On the invoice", str(call.get("iban_on_invoice") or "none"), is_mono=True),
        )
        contact = call.get("contact_on_file")
        facts += plain_facts(contact) if isinstance(contact, Mapping) else (Fact("Contact", str(contact)),)
    if not facts:
        inner = payload.get("invoice")
        shown = inner if isinstance(inner, Mapping) else payload
        facts = plain_facts({key: value for key, value in shown.items() if value is not None and key != "syntax"})
    return facts


def _context(task: TaskView) -> tuple[tuple[str, Any], ...]:
    """What is folded away: of a task of no run only what is no text, because its texts stand with the figures."""
    return tuple(
        (key, value)
        for key, value in task.context.items()
        if value
        and key not in _SHOWN_ELSEWHERE
        and value != NO_PROBLEM
        and (task.run_id or (not isinstance(value, str) and key != "spending"))
    )


def _figures(task: TaskView) -> tuple[Fact, ...]:
    """What a task of no run is about, as people read it: its payload, and what was noted beside it."""
    texts = {key: value for key, value in task.context.items() if isinstance(value, str)}
    return tuple(
        Fact(sentence(key), f"Open the {key}", href=value)
        if str(value).startswith("/economics/")
        else Fact("New ceiling" if key == "usd" else sentence(key.removesuffix("_usd")), _figure(key, value))
        for key, value in {**task.payload, **texts}.items()
        if key != "window_start" and value is not None
    )


def _figure(key: str, value: Any) -> str:
    match value:
        case list():
            return "; ".join(f"{one['name']} {money(Decimal(one['usd']), 'USD')}" for one in value)
        case str() if key == "usd" or key.endswith("_usd"):
            return money(Decimal(value), "USD")
        case str() if key == "share_of_ceiling":
            return f"{Decimal(value) * 100:.1f} %"
        case str() if key == "ends" and "T" in value:
            return f"{value[:10]} {value[11:16]} UTC"
        case _:
            return str(value)


def _quotes(task: TaskView) -> tuple[Quote, ...]:
    decision = task.context.get("decision")
    quotes = finding_quotes(decision.get("rules") if isinstance(decision, Mapping) else None)
    answers = [question for question in task.questions if question.answer]
    heard = tuple(Quote(str(one.answer), f"Answer from {one.answered_by or 'outside'}", tone="ok") for one in answers)
    return heard + quotes


def _noticed(found: DocumentView | None) -> tuple[Quote, ...]:
    """What the reader of the document warns of: letters that pose as others, missing or odd figures."""
    said = (found.invoice or {}).get("warnings") if found else None
    return tuple(Quote(str(one), "Noticed while reading", tone="warn") for one in (said or ())[:_MOST_NOTICED])


def _compare(match: Mapping[str, Any]) -> tuple[CompareRow, ...]:
    return comparison(match)


def _document(visit: Visit, task: TaskView) -> DocumentView | None:
    said = task.context.get("document")
    document_id = said.get("id") if isinstance(said, Mapping) else None
    return _view_of(visit, str(document_id)) if document_id else None


def _view_of(visit: Visit, document_id: str) -> DocumentView | None:
    if not visit.caller.sees("document", document_id):
        return None
    try:
        with visit.app.store.read() as conn:
            return document_view(conn, document_id)
    except NotFound:
        return None


def document_rows(visit: Visit, document_id: str | None) -> tuple[Document, ...]:
    """The document as it was received, to open beside the case."""
    found = _view_of(visit, document_id) if document_id else None
    return (document_row(found),) if found else ()


def document_row(found: DocumentView) -> Document:
    kind = found.name.rsplit(".", 1)[-1].lower()[:4] if "." in found.name else "file"
    note = f"{found.syntax or 'Not readable'}" + (f", received {found.received_at}" if found.received_at else "")
    return Document(found.name, f"/documents/{found.id}", kind, note, found.size)


def _paper(visit: Visit, found: DocumentView, *, is_typed: bool) -> Paper:
    """All first pages for somebody who types them, one as a preview for others."""
    most_pages = _MOST_TYPED_PAGES if is_typed else 1
    return paper_of(visit, found, most_pages=most_pages, most_lines=_MOST_PREVIEW_LINES)


def _fields(task: TaskView, found: DocumentView | None, kept: KeptDraft | None) -> tuple[FormField, ...]:
    """The editable fields, each with the place where the document shows it."""
    if "edit" not in task.protocol.verbs:
        return ()
    at = marked_fields(found) if found else {}
    fields = answer_fields(task, kept)
    return tuple(replace(field, at=at.get(field.path.partition(".")[2], "")) for field in fields)


def _verbs(task: TaskView) -> tuple[Verb, ...]:
    own = _BY_HANDOFF.get(task.handoff, {})
    verbs: list[Verb] = []
    for name in ("approve", "edit", "ask", "reject"):
        if name in task.protocol.verbs:
            label, key, consequence = _VERBS[name]
            label, consequence = own.get(name, (label, consequence))
            verbs.append(Verb(name, label, key, consequence))
    return tuple(verbs)


def _events(task: TaskView, names: Names) -> tuple[Event, ...]:
    lines = [
        Event(one.at, sentence(one.kind.removeprefix("task.")), names.actor(one.actor), _detail(one.detail))
        for one in task.history
    ]
    lines += [
        Event(
            one.at,
            f"{sentence(one.verb)}d by {one.person_name}",
            note=f"Limit too low: went to {names.role(one.to_role)}",
        )
        for one in task.endorsements
    ]
    return tuple(sorted(lines, key=lambda event: event.at.timestamp() if event.at else 0))


def _detail(detail: Mapping[str, Any]) -> str:
    said = [str(detail[key]) for key in ("reason", "text", "because") if isinstance(detail.get(key), str)]
    return " ".join(said)[:300]


def _rung(rung: RungView, names: Names) -> Event:
    role = names.role(rung.role) if rung.role else ""
    text = {
        "remind": "Everybody who may decide is reminded",
        "reassign": f"Goes to {role}",
        "raise": f"Raised to {role}",
        "default": f"Decided as “{rung.verb or ''}”",
        "abort": "The run is stopped",
    }[rung.action]
    tone = {"default": "bad", "abort": "bad", "raise": "warn", "reassign": "warn"}.get(rung.action, "")
    return Event(rung.at, text, tone=tone)


def _commands(task: TaskView) -> Commands:
    body = f'{{"verb": "approve", "payload_hash": "{task.payload_hash}"}}'
    return Commands(
        cli=f"tiebeam decide {task.id} --verb approve",
        api=f"POST /api/v1/tasks/{task.id}/decision\n{body}",
    )


def _colleagues(visit: Visit, task: TaskView) -> tuple[tuple[str, str], ...]:
    held = {role for person in visit.graph.people.values() for role in person.roles}
    roles = [(f"role:{role}", visit.names.role(role)) for role in sorted(held) if role != task.role]
    people = [
        (f"person:{holder.person_id}", holder.name)
        for holder in task.people
        if holder.person_id not in {visit.principal.person_id, task.claimed_by}
    ]
    return (*people, *roles)


def _draft(visit: Visit, task: TaskView) -> str:
    """A first version of a question to the supplier, from the reasons on the task; the person edits it."""
    invoice = task.context.get("invoice")
    number = invoice.get("number") if isinstance(invoice, Mapping) else None
    company = visit.graph.settings.company.name if visit.graph.settings else ""
    about = f"your invoice {number}" if number else "the document you sent us"
    return (
        f"Dear Sir or Madam,\n\nwe cannot settle {about} yet:\n\n{task.summary}\n\n"
        f"Please send us a correction or the missing details.\n\nKind regards\n{visit.principal.name}\n{company}\n"
    )
