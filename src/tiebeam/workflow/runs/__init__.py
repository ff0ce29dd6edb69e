"""Runs: a recipe carried out for one case, from its rows alone."""

from tiebeam.workflow.runs.advance import Interpreter
from tiebeam.workflow.runs.decided import Deciding, cancel_run, fail_run
from tiebeam.workflow.runs.ending import machine_time
from tiebeam.workflow.runs.plan import NO_PROBLEM, NoHandoff, RunPlan, StepPhase, StepState
from tiebeam.workflow.runs.presenting import PlainPresenter, Presenter, ReviewCase, ReviewPacket
from tiebeam.workflow.runs.pulse import runs_pulse
from tiebeam.workflow.runs.retrying import NotFailed, retry_run
from tiebeam.workflow.runs.reviewing import Reviewing
from tiebeam.workflow.runs.rows import (
    RunFacts,
    RunRow,
    StepRow,
    insert_run,
    load_run,
    pin_recipe,
    pinned,
    pinned_content,
)
from tiebeam.workflow.runs.states import RunState
from tiebeam.workflow.runs.views import (
    CaseRow,
    RunFilter,
    RunListItem,
    RunPage,
    RunStepView,
    RunView,
    case_rows,
    decision_counts,
    list_runs,
    run_counts,
    run_intents,
    run_places,
    run_view,
    seen_runs,
    streams_of_runs,
)
from tiebeam.workflow.runs.work import Work

__all__ = [
    "NO_PROBLEM",
    "CaseRow",
    "Deciding",
    "Interpreter",
    "NoHandoff",
    "NotFailed",
    "PlainPresenter",
    "Presenter",
    "ReviewCase",
    "ReviewPacket",
    "Reviewing",
    "RunFacts",
    "RunFilter",
    "RunListItem",
    "RunPage",
    "RunPlan",
    "RunRow",
    "RunState",
    "RunStepView",
    "RunView",
    "StepPhase",
    "StepRow",
    "StepState",
    "Work",
    "cancel_run",
    "case_rows",
    "decision_counts",
    "fail_run",
    "insert_run",
    "list_runs",
    "load_run",
    "machine_time",
    "pin_recipe",
    "pinned",
    "pinned_content",
    "retry_run",
    "run_counts",
    "run_intents",
    "run_places",
    "run_view",
    "runs_pulse",
    "seen_runs",
    "streams_of_runs",
]
