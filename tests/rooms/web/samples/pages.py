# ruff: noqa: E501
"""Every page with its template."""

from __future__ import annotations

from dataclasses import replace

from tests.rooms.web.samples.base import frames
from tests.rooms.web.samples.home import home
from tests.rooms.web.samples.library import intent, settings
from tests.rooms.web.samples.reckoning import answers, comparison, controls, deciding
from tests.rooms.web.samples.runs import run
from tests.rooms.web.samples.tasks import decided, inbox, task_page
from tests.rooms.web.samples.units import portfolio, unit
from tests.rooms.web.samples.use import PAGES as USE
from tests.rooms.web.samples.workflow import workflow
from tiebeam.web import views

PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "/": ("pages/home.html", {"home": home()}),
    "/inbox": ("pages/inbox.html", {"inbox": inbox(None)}),
    "/inbox/task_02": ("pages/inbox.html", {"inbox": inbox(task_page())}),
    "/inbox/task_03": ("pages/inbox.html", {"inbox": inbox(task_page(decided()))}),
    "/runs": (
        "pages/list.html",
        {
            "table": None,
            "title": "Runs",
            "text": "Every document on its way from intake to ledger.",
            "live": "runs",
            "can_upload": True,
        },
    ),
    "/runs/run_02": ("pages/run.html", {"run": run()}),
    "/runs/run_in_frames": ("pages/run.html", {"run": replace(run(), graph=frames())}),
    "/workflows/finance.invoice-processing-matching": ("pages/workflow.html", {"workflow": workflow()}),
    "/library/intents/finance.invoice-processing-matching": ("pages/intent.html", {"intent": intent()}),
    "/economics/units/finance.one": ("pages/economics/unit.html", {"unit": unit()}),
    "/economics/units/finance.figures": ("pages/economics/unit.html", {"unit": unit("figures")}),
    "/economics/units/finance.ways": ("pages/economics/unit.html", {"unit": unit("ways")}),
    "/economics/portfolio": ("pages/economics/portfolio.html", {"portfolio": portfolio()}),
    "/economics/calculator": ("pages/economics/calculator.html", {"controls": controls(), "answers": answers()}),
    "/economics/hosting": (
        "pages/economics/hosting.html",
        {"controls": controls(), "answers": views.Answers(problem="Tokens is 'NaN'; give a number above 0")},
    ),
    "/economics/compare": (
        "pages/economics/compare.html",
        {"controls": controls(), "answers": comparison(), "deciding": deciding()},
    ),
    **USE,
    "/upload": ("pages/upload.html", {"results": ()}),
    "/settings": ("pages/settings.html", {"settings": settings()}),
    "/palette": ("pages/palette.html", {"text": "rossi", "entries": ()}),
    "/sign-in": (
        "pages/sign_in.html",
        {"token": "", "title": "Sign in", "problem": "", "target": "/", "ways": views.Ways(links=True)},
    ),
    "/error/409": (
        "pages/error.html",
        {
            "error": views.ErrorView(
                409,
                "Somebody decided this first",
                "While you were reading, this task was decided. Your answer was not recorded, and nothing happened twice.",
                "Read the decision above; if it is wrong, talk to its owner.",
                decision=decided(),
                link=views.Link("Next task", "/inbox"),
            )
        },
    ),
    "/error/500": (
        "pages/error.html",
        {
            "error": views.ErrorView(
                500,
                "Something broke on our side",
                "The page could not be made. Nothing was changed by opening it.",
                "Give the reference to whoever runs Tiebeam here; the log holds the details.",
                "err_01k3v7x2m9",
            )
        },
    ),
}
