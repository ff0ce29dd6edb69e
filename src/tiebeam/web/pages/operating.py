"""What can be done to a run: hold it, end it, do it again, begin another from it. Each says first what it would do."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.http import Ask
from tiebeam.spec import StepKind
from tiebeam.web.views import Chooser, Commands, TraceLine, TraceList, VerbPage
from tiebeam.web.visit import Console, PageFunction, Visit, route
from tiebeam.web.wording import in_words
from tiebeam.workflow.operating import APPLIED, PINNED, RewindPreview, Trace
from tiebeam.workflow.runs import RunView, run_view

_OF = "of:"
_KEEP = ("keep", "It stands: keep its result, do not make it again")
_AGAIN = ("again", "It was taken back there: make it again")
_TWICE = ("again", "It may happen a second time")


def pause(visit: Visit) -> Response:
    run_id = visit.path("run")
    visit.app.operating.pause(visit.principal, run_id, reason=visit.said("reason") or "paused in the console")
    return visit.back_to(f"/runs/{run_id}", saying="Paused. What it waits for is kept.")


def resume(visit: Visit) -> Response:
    run_id = visit.path("run")
    visit.app.operating.resume(visit.principal, run_id, reason=visit.said("reason"))
    return visit.back_to(f"/runs/{run_id}", saying="It goes on from where it stood.")


def retry(visit: Visit) -> Response:
    run_id = visit.path("run")
    visit.app.operating.retry(visit.principal, run_id)
    return visit.back_to(f"/runs/{run_id}", saying="It is tried again, from where it stood.")


def cancel_page(visit: Visit) -> Response:
    run_id = visit.path("run")
    with visit.app.store.read() as conn:
        run = run_view(conn, run_id)
        seen = visit.app.operating.preview_cancel(conn, run_id)
        may = visit.allows("run.cancel", visit.caller.object("run", run_id, conn))
    refusal = "It has ended; there is nothing to cancel." if seen.is_over else ""
    if seen.unsure and not refusal:
        refusal = f"{seen.unsure[0].title!r} was begun and is not confirmed: decide first whether it took place."
    page = VerbPage(
        run=run_id,
        subject=run.item.subject,
        title="Cancel this run",
        text="Open tasks are withdrawn, and nothing more leaves the house but what takes back.",
        place=f"/runs/{run_id}/cancel",
        lists=(
            TraceList("Taken back", "The latest first", _lines(seen.undone), "Nothing it did is taken back."),
            TraceList("Stays", "No step says how it is undone", _lines(seen.stays), "Nothing else it did stays."),
        ),
        notes=(_tasks(seen.tasks),),
        refusal=refusal or ("" if may else "You may look, and not cancel it."),
        button="Cancel run",
        is_dangerous=True,
        may_undo=bool(seen.undone),
        commands=Commands(f"tiebeam runs cancel {run_id} --preview", f"GET /api/v1/runs/{run_id}/cancel"),
    )
    return visit.page("pages/run_verb.html", verb=page)


def _tasks(count: int) -> str:
    return "No task is open." if count == 0 else f"{count} open {'task is' if count == 1 else 'tasks are'} withdrawn."


def cancel(visit: Visit) -> Response:
    run_id = visit.path("run")
    reason = visit.said("reason") or "cancelled in the console"
    row = visit.app.operating.cancel(visit.principal, run_id, reason=reason, undo=visit.said("leave") != "yes")
    said = "Cancelled. Nothing more leaves the house for this run."
    return visit.back_to(f"/runs/{run_id}", saying=said if row.state.is_final else "What it did is being taken back.")


def again_page(visit: Visit) -> Response:
    run_id = visit.path("run")
    with visit.app.store.read() as conn:
        run = run_view(conn, run_id)
        present = [step.step_id for step in run.steps]
        step = visit.params.get("step", "")
        seen = visit.app.operating.preview_rewind(conn, run_id, step) if step in present else None
        may = visit.allows("run.retry", visit.caller.object("run", run_id, conn))
    page = VerbPage(
        run=run_id,
        subject=run.item.subject,
        title="Do it again from a step",
        text="The step and all that came after it are done again; what came before stays as it is.",
        place=f"/runs/{run_id}/again",
        choosers=(Chooser("step", "From this step on", _steps(run), step),),
        lists=() if seen is None else _again_lists(seen),
        notes=() if seen is None else (f"Done again: {', '.join(seen.forgets)}.",),
        refusal=("" if may else "You may look, and not do it.") or ("" if seen is None else _sentence(seen.refusal)),
        button="" if seen is None else "Do it again",
        hidden=(("step", step),),
        commands=Commands(
            f"tiebeam runs retry {run_id} --from {step or 'STEP'} --preview", f"GET /api/v1/runs/{run_id}/rewind"
        ),
    )
    return visit.page("pages/run_verb.html", verb=page)


def _again_lists(seen: RewindPreview) -> tuple[TraceList, ...]:
    note = "Say of each what is to become of it"
    stands = tuple(_line(one, *((_AGAIN,) if one.kind is StepKind.RECIPE else (_KEEP, _AGAIN))) for one in seen.stands)
    return (
        TraceList("Happened once", note, stands, "Nothing that happens only once came after it."),
        TraceList("Made again", "The receiver takes it once, however often", _lines(seen.repeats), "No other effects."),
    )


def again(visit: Visit) -> Response:
    run_id = visit.path("run")
    keep, anew = _chosen(visit, "keep"), _chosen(visit, "again")
    visit.app.operating.rewind(
        visit.principal, run_id, visit.said("step"), reason=visit.said("reason"), keep=keep, again=anew
    )
    return visit.back_to(f"/runs/{run_id}", saying="It is done again from there.")


def fork_page(visit: Visit) -> Response:
    run_id = visit.path("run")
    step, version = visit.params.get("step", ""), visit.params.get("version", PINNED)
    with visit.app.store.read() as conn:
        run = run_view(conn, run_id)
        seen = visit.app.operating.preview_fork(conn, run_id, step=step, version=version)
        may = visit.allows("run.fork", visit.caller.object("run", run_id, conn))
    notes = [f"Taken over as they were: {', '.join(seen.takes) or 'nothing'}."]
    page = VerbPage(
        run=run_id,
        subject=run.item.subject,
        title="Begin a new run from here",
        text="The new run begins where this one stood before a step; effects before it are taken as they were.",
        place=f"/runs/{run_id}/fork",
        choosers=(
            Chooser("step", "Before this step", (("", "The first: from the start"), *_steps(run)), step),
            Chooser("version", "By this version", versions_of(visit, run), version),
        ),
        lists=(
            TraceList(
                "Would happen again",
                "The new run is another one to every receiver",
                tuple(_line(one, _TWICE) for one in seen.stands),
                "Nothing it did would happen a second time.",
            ),
        ),
        notes=(*notes, *(_sentence(note) for note in seen.fit.notes)),
        refusal=("" if may else "You may look, and not do it.") or _sentence(seen.refusal),
        button="Begin a new run",
        hidden=(("step", step), ("version", version)),
        commands=Commands(f"tiebeam runs fork {run_id} --preview", f"GET /api/v1/runs/{run_id}/fork"),
    )
    return visit.page("pages/run_verb.html", verb=page)


def fork(visit: Visit) -> Response:
    made = visit.app.operating.fork(
        visit.principal,
        visit.path("run"),
        reason=visit.said("reason"),
        step=visit.said("step"),
        version=visit.said("version") or PINNED,
        again=_chosen(visit, "again"),
    )
    return visit.back_to(f"/runs/{made.id}", saying="A new run has begun.")


def versions_of(visit: Visit, run: RunView) -> tuple[tuple[str, str], ...]:
    """The versions a run can be compared with: its own, the applied one, and other recipes of its intent."""
    named = [(PINNED, f"As it was pinned ({run.recipe_hash[:12]})")]
    recipes = visit.graph.recipes
    if run.item.recipe in recipes:
        named.append((APPLIED, "As it is applied now"))
    others = (one for one in recipes.values() if one.intent == run.item.intent and one.id != run.item.recipe)
    return (*named, *((one.id, one.title) for one in others))


def _steps(run: RunView) -> tuple[tuple[str, str], ...]:
    titles = {step.id: step.title for step in run.recipe.step}
    named = ((one.step_id, titles.get(one.step_id.partition("[")[0], one.step_id)) for one in run.steps)
    return tuple((name, title if name in titles else f"{title} ({name})") for name, title in named if "~" not in name)


def _chosen(visit: Visit, value: str) -> list[str]:
    """The instances of which the form said this."""
    said = ((name.removeprefix(_OF), visit.said(name)) for name in visit.form if name.startswith(_OF))
    return [name for name, chosen in said if chosen == value]


def _lines(traces: Iterable[Trace]) -> tuple[TraceLine, ...]:
    return tuple(_line(one) for one in traces)


def _line(one: Trace, *choices: tuple[str, str]) -> TraceLine:
    return TraceLine(one.instance, one.title, in_words(one.effect), one.summary, one.undone_by or "", choices)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def routes(console: Console) -> list[Route]:
    seen = Ask("run.view", "run", "run")

    def form(path: str, function: PageFunction, verb: str) -> Route:
        ask = Ask(verb, "run", "run", inside=True)
        return route(console, f"/runs/{{run}}/{path}", function, asks=ask, methods=("POST",))

    return [
        form("pause", pause, "run.pause"),
        form("resume", resume, "run.resume"),
        form("retry", retry, "run.retry"),
        form("cancel", cancel, "run.cancel"),
        form("again", again, "run.retry"),
        form("fork", fork, "run.fork"),
        route(console, "/runs/{run}/cancel", cancel_page, asks=seen),
        route(console, "/runs/{run}/again", again_page, asks=seen),
        route(console, "/runs/{run}/fork", fork_page, asks=seen),
    ]
