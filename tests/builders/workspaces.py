"""Whole workspaces for journeys: an example copied to a folder, its workflows in service, its work done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tiebeam.app import App, open_app
from tiebeam.graph import init_workspace
from tiebeam.kit import Clock
from tiebeam.workflow import Bindings
from tiebeam.workflow.intake import AcceptedBatch, arrivals_in
from tiebeam.workflow.promotion import Stage

INTENT = "finance.invoice-processing-matching"


def make_workspace(folder: Path, *, example: str, url: str | None = None, stage: Stage = Stage.PRODUCTION) -> Path:
    """A workspace whose adopted workflows were evaluated and promoted through their gates up to `stage`."""
    init_workspace(folder, example=example)
    with opened(folder, url=url) as app:
        actor = app.principal().actor
        for intent in app.graph().adoptions:
            app.evaluate(intent, actor=actor)
            for step in (Stage.PILOT, Stage.PRODUCTION)[: 1 if stage is Stage.PILOT else 2]:
                app.promotion.promote(intent, to=step, actor=actor)
    return folder


@contextmanager
def opened(
    folder: Path,
    *,
    url: str | None = None,
    clock: Clock | None = None,
    observer: Callable[[str], None] | None = None,
    work: bool = False,
) -> Iterator[App]:
    """The application over a workspace; with `work` it is a worker too."""
    app = open_app(folder, url=url, clock=clock, observer=observer)
    try:
        if work:
            app.engine.launch()
        yield app
    finally:
        app.close()


def take_in(app: App, *paths: Path, bindings: Bindings | None = None, person: str | None = None) -> AcceptedBatch:
    """Accept documents and do the work until nothing but people is waited for."""
    arrivals = [item for path in paths for item in arrivals_in(path)]
    principal = app.principal() if person is None else app.workforce.principal(person)
    accepted = app.starting.take_in(principal, INTENT, arrivals, source="test", bindings=bindings)
    assert app.engine.drain(timeout=300)
    return accepted
