"""Runs and versions of recipes: what needs a look, moving open runs to the applied version, and dry replays."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.errors import NotFound
from tiebeam.http import Ask
from tiebeam.web.pages.operating import versions_of
from tiebeam.web.pages.runs import state_pill
from tiebeam.web.views import (
    AttentionLine,
    AttentionPage,
    Chooser,
    Commands,
    FitLine,
    MigratePage,
    ReplayLine,
    ReplayPage,
)
from tiebeam.web.visit import Console, Visit, route
from tiebeam.workflow.operating import APPLIED, RunFit, put_aside, stalls
from tiebeam.workflow.runs import list_items, run_view

_MIGRATE = "/runs/migrate"


def attention(visit: Visit) -> Response:
    visible = visit.caller.visible("run.view")
    with visit.app.store.read() as conn:
        still = stalls(conn, visible=visible)
        aside = put_aside(conn, visible=visible)
        items = list_items(conn, [one.run for one in still])
        may = {one.run: visit.allows("run.retry", visit.caller.object("run", one.run, conn)) for one in aside.runs[:50]}
    page = AttentionPage(
        stalled=tuple(
            AttentionLine(one.run, items[one.run].subject, one.since, one.why) for one in still if one.run in items
        ),
        aside=tuple(
            AttentionLine(one.run, one.subject, one.failed_at, one.reason, one.reference, may.get(one.run, False))
            for one in aside.runs
        ),
        total_aside=aside.total,
    )
    return visit.page("pages/runs_attention.html", attention=page)


def migrate_page(visit: Visit) -> Response:
    recipe, after = visit.params.get("recipe", ""), visit.params.get("after", "")
    if not recipe:
        raise NotFound("say whose runs: open a run and choose 'Move to another version', or add ?recipe=INTENT/NAME")
    visit.caller.known("recipe", recipe)
    only = [visit.params["run"]] if visit.params.get("run") else None
    with visit.app.store.read() as conn:
        seen = visit.app.operating.preview_migration(visit.principal, conn, recipe, runs=only, after=after)
    others = sorted(((one, count) for one, count in seen.open.items() if one != seen.version), key=lambda one: -one[1])
    page = MigratePage(
        recipe=recipe,
        title=visit.graph.recipes[recipe].title,
        version=seen.version[:12],
        refusal=seen.refusal,
        versions=(
            (seen.version[:12], seen.open.get(seen.version, 0)),
            *((one[:12], count) for one, count in others),
        ),
        lines=tuple(_fit_line(one) for one in seen.runs),
        fits=seen.fits,
        next=f"{_MIGRATE}?{urlencode({'recipe': recipe, 'after': seen.after})}" if seen.after else "",
        may=bool(seen.fits) and not seen.refusal,
        only=visit.params.get("run", ""),
        commands=Commands(
            f"tiebeam runs migrate --recipe {recipe} --preview", f"GET /api/v1/runs/migration?recipe={recipe}"
        ),
    )
    return visit.page("pages/runs_migrate.html", migrate=page)


def _fit_line(one: RunFit) -> FitLine:
    fit = one.fit
    then = [f"waits on for {', '.join(fit.waits)}"] if fit.waits else []
    then += [f"then {', '.join(fit.next)}"] if fit.next else []
    says = "; ".join(fit.reasons) if fit.reasons else "; ".join(then) or "ends at once"
    return FitLine(one.run, one.subject, state_pill(one.state), fit.fits, says, fit.notes)


def migrate(visit: Visit) -> Response:
    recipe = visit.said("recipe")
    visit.caller.known("recipe", recipe)
    only = [visit.said("run")] if visit.said("run") else None
    done = visit.app.operating.migrate(visit.principal, recipe, reason=visit.said("reason"), runs=only)
    said = f"{len(done.moved)} runs go on by the applied version; {len(done.left)} stay where they are."
    return visit.back_to(f"{_MIGRATE}?{urlencode({'recipe': recipe})}", saying=said)


def replay(visit: Visit) -> Response:
    run_id = visit.path("run")
    version = visit.params.get("version", APPLIED)
    done = visit.app.operating.replay(visit.principal, run_id, version=version)
    with visit.app.store.read() as conn:
        run = run_view(conn, run_id)
    page = ReplayPage(
        run=run_id,
        subject=run.item.subject,
        chooser=Chooser("version", "By this version", versions_of(visit, run), version),
        version=done.version[:12],
        before=done.before,
        after=done.after,
        differs=done.differs,
        lines=tuple(
            ReplayLine(one.instance, one.title, one.before, one.after, one.source, one.changes) for one in done.steps
        ),
        open=done.open,
        commands=Commands(f"tiebeam runs replay {run_id} --version {version}", f"GET /api/v1/runs/{run_id}/replay"),
    )
    return visit.page("pages/run_replay.html", replay=page)


def routes(console: Console) -> list[Route]:
    moving = Ask("run.migrate", "run", inside=True)
    return [
        route(console, "/runs/attention", attention, asks=Ask("run.view", "run")),
        route(console, _MIGRATE, migrate_page, asks=moving),
        route(console, _MIGRATE, migrate, asks=moving, methods=("POST",)),
        route(console, "/runs/{run}/replay", replay, asks=Ask("run.replay", "run", "run", inside=True)),
    ]
