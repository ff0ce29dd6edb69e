"""The inbox: a list beside the packet of one task, and the verbs of people over tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.errors import Invalid
from tiebeam.http import Ask
from tiebeam.web.answering import typed_values
from tiebeam.web.packets import task_page
from tiebeam.web.payload import FIELD_PREFIX, changes_from
from tiebeam.web.task_items import task_item
from tiebeam.web.views import InboxView
from tiebeam.web.visit import Console, Visit, route
from tiebeam.workforce import Standing, TaskView, WrongInput, answer_keys

_SIZE = 50
_TABS = ("mine", "all", "decided")
_SAID = {
    "approve": "Approved",
    "edit": "Approved as edited",
    "reject": "Rejected",
    "ask": "Asked",
}


def inbox(visit: Visit) -> Response:
    return visit.page("pages/inbox.html", inbox=_view(visit, None))


def inbox_task(visit: Visit) -> Response:
    app, task_id = visit.app, visit.path("task")
    with app.store.read() as conn:
        task = app.workforce.task(conn, task_id)
    page = task_page(visit, task)
    if task.is_active and not page.refusal:
        app.workforce.viewed(visit.principal, task_id)
    return visit.page("pages/inbox.html", inbox=_view(visit, task))


def _view(visit: Visit, task: TaskView | None) -> InboxView:
    app = visit.app
    tab = visit.params.get("tab", "mine")
    tab = tab if tab in _TABS else "mine"
    asked = visit.params.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 else 1
    text = visit.params.get("q", "").strip()[:200]
    visible = visit.caller.visible("task.view")
    with app.store.read() as conn:
        counts = app.workforce.counts(conn, visit.principal, visible=visible)
        found = app.workforce.tasks(
            conn,
            state="closed" if tab == "decided" else "active",
            person=visit.principal.person_id if tab == "mine" else None,
            query=text,
            sort="-closed" if tab == "decided" else "due",
            page=page,
            size=_SIZE,
            visible=visible,
        )
        is_idle = not found.total and tab == "mine"
        others = app.workforce.tasks(conn, state="active", size=20, visible=visible).rows if is_idle else ()
    return InboxView(
        tabs=(("mine", "For me", counts.mine), ("all", "Everyone", counts.active), ("decided", "Closed", None)),
        tab=tab,
        tasks=tuple(task_item(one, visit.names, query=visit.query()) for one in found.rows),
        total=found.total,
        text=text,
        page=found.page,
        pages=found.pages,
        task=task_page(visit, task) if task else None,
        elsewhere=counts.active - counts.mine,
        holders=_holders(others),
    )


def _holders(tasks: Sequence[TaskView]) -> str:
    people = {holder.person_id: f"{holder.name} ({holder.person_id})" for task in tasks for holder in task.people}
    return ", ".join(list(people.values())[:4])


def decide(visit: Visit) -> Response:
    """One decision over exactly the payload that was shown; the next task of the list opens afterwards."""
    app, task_id, verb = visit.app, visit.path("task"), visit.said("verb")
    with app.store.read() as conn:
        task = app.workforce.task(conn, task_id)
    if verb in {"reject", "ask"} and not visit.said("reason"):
        raise Invalid(f"to {verb}, say why or what you ask; the task is still open", task=task_id)
    given: dict[str, object] = {"text": visit.said("reason")} if verb == "ask" else {"comment": visit.said("reason")}
    if verb == "edit":
        sent = {
            name.removeprefix(FIELD_PREFIX): str(value)
            for name, value in visit.form.items()
            if name.startswith(FIELD_PREFIX)
        }
        given["changes"] = typed_values(task, changes_from(task.payload, answer_keys(task), sent))
    after = _next_after(visit, task_id)
    try:
        decision = app.workforce.decide(
            visit.principal, task_id, verb=verb, payload_hash=visit.said("payload_hash"), input=given
        )
    except WrongInput as wrong:
        with app.store.read() as conn:
            task = app.workforce.task(conn, task_id)
            is_kept = app.workforce.draft(conn, visit.principal, task_id) is not None
        if not is_kept:
            raise
        # The same page again, with what was typed and what is wrong with it.
        return visit.page("pages/inbox.html", status=wrong.status, inbox=_view(visit, task))
    said = f"{_SAID.get(verb, 'Done')}: {task.title}"
    if decision.standing is Standing.ENDORSED and decision.moved_to_role:
        said = (
            f"Noted. Your limit does not cover the amount, so it went on to {visit.names.role(decision.moved_to_role)}."
        )
    if decision.standing is Standing.ASKED:
        return visit.back_to(f"/inbox/{task_id}{visit.query()}", saying="Sent. The task waits for the answer.")
    return visit.back_to(f"/inbox/{after}{visit.query()}" if after else f"/inbox{visit.query()}", saying=said)


def _next_after(visit: Visit, task_id: str) -> str | None:
    """The task that follows in the reader's own list, else the first."""
    with visit.app.store.read() as conn:
        mine = visit.app.workforce.tasks(conn, state="active", person=visit.principal.person_id, size=200)
    ids = [task.id for task in mine.rows]
    others = [one for one in ids if one != task_id]
    if task_id in ids and ids.index(task_id) < len(others):
        return others[ids.index(task_id)]
    return others[0] if others else None


def ask(visit: Visit) -> Response:
    """A question to somebody outside, usually the supplier; its answer returns to the task."""
    task_id = visit.path("task")
    text = visit.said("message")
    if not text:
        raise Invalid("write the question first; the task is still open", task=task_id)
    visit.app.workforce.ask(
        visit.principal, task_id, text=text, to=visit.said("to") or None, subject=visit.said("subject")
    )
    return visit.back_to(f"/inbox/{task_id}{visit.query()}", saying="Sent. The answer comes back to this task.")


def claim(visit: Visit) -> Response:
    visit.app.workforce.claim(visit.principal, visit.path("task"))
    return visit.back_to(f"/inbox/{visit.path('task')}{visit.query()}")


def release(visit: Visit) -> Response:
    visit.app.workforce.release(visit.principal, visit.path("task"))
    return visit.back_to(f"/inbox/{visit.path('task')}{visit.query()}")


def reassign(visit: Visit) -> Response:
    kind, _, name = visit.said("to").partition(":")
    if kind not in {"role", "person"} or not name:
        raise Invalid("choose a role or a person to hand this over to", task=visit.path("task"))
    target = {"role": name} if kind == "role" else {"person": name}
    visit.app.workforce.reassign(visit.principal, visit.path("task"), reason=visit.said("reason"), **target)
    to = visit.names.role(name) if kind == "role" else visit.names.person(name)
    return visit.back_to(f"/inbox{visit.query()}", saying=f"Handed over to {to}.")


def snooze(visit: Visit) -> Response:
    hours = visit.said("hours")
    if not hours.isascii() or not hours.isdigit() or not 1 <= int(hours) <= 24 * 14:
        raise Invalid("put it off for 1 hour to 14 days", task=visit.path("task"))
    visit.app.workforce.snooze(visit.principal, visit.path("task"), until=visit.now + timedelta(hours=int(hours)))
    return visit.back_to(f"/inbox{visit.query()}", saying="Put off. Its deadline has not moved.")


def _inside(verb: str) -> Ask:
    return Ask(verb, "task", "task", inside=True)


def routes(console: Console) -> list[Route]:
    post = ("POST",)
    return [
        route(console, "/inbox", inbox, asks=Ask("task.view", "task")),
        route(console, "/inbox/{task}", inbox_task, asks=Ask("task.view", "task", "task")),
        route(console, "/inbox/{task}/decide", decide, asks=_inside("task.decide"), methods=post),
        route(console, "/inbox/{task}/query", ask, asks=_inside("task.decide"), methods=post),
        route(console, "/inbox/{task}/claim", claim, asks=_inside("task.claim"), methods=post),
        route(console, "/inbox/{task}/release", release, asks=_inside("task.release"), methods=post),
        route(console, "/inbox/{task}/reassign", reassign, asks=_inside("task.reassign"), methods=post),
        route(console, "/inbox/{task}/snooze", snooze, asks=_inside("task.snooze"), methods=post),
    ]
