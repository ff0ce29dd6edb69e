"""Runs: a recipe carried out for one case, from its rows alone."""

from tiebeam.workflow.runs.advance import Interpreter
from tiebeam.workflow.runs.archived import ARCHIVED_WITH_RUNS, EndedRun, ended_of, ended_runs, still_ended
from tiebeam.workflow.runs.closing import CHILD_KIND
from tiebeam.workflow.runs.decided import Deciding, cancel_run, fail_run
from tiebeam.workflow.runs.ending import machine_time
from tiebeam.workflow.runs.frontier import begins
from tiebeam.workflow.runs.instances import DEADLINE, UNDO, instance_of, parts_of
from tiebeam.workflow.runs.keyed import keyed_run
from tiebeam.workflow.runs.means import KeptEvent, TakeKept
from tiebeam.workflow.runs.plan import NO_PROBLEM, NoHandoff, RunPlan
from tiebeam.workflow.runs.presenting import PlainPresenter, Presenter, ReviewCase, ReviewPacket
from tiebeam.workflow.runs.problems import WAKE
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
    take_seq,
)
from tiebeam.workflow.runs.shape import Shape
from tiebeam.workflow.runs.starting import Parent, RecipeCircle
from tiebeam.workflow.runs.states import RunState, StepPhase, StepState
from tiebeam.workflow.runs.steering import EventWait, NotNow
from tiebeam.workflow.runs.still import StillRun, forsaken_runs, still_runs, versions_at_work
from tiebeam.workflow.runs.versions import (
    OpenRun,
    begin_anew,
    copy_steps,
    open_runs,
    open_versions,
    pinned_versions,
    repin,
    states_of,
)
from tiebeam.workflow.runs.views import (
    CaseRow,
    RunFilter,
    RunListItem,
    RunPage,
    RunStepView,
    RunView,
    case_rows,
    decision_counts,
    family_of,
    list_items,
    list_runs,
    run_counts,
    run_intents,
    run_places,
    run_view,
    seen_runs,
    streams_of_runs,
)
from tiebeam.workflow.runs.work import CallOutside, Work

__all__ = [
    "ARCHIVED_WITH_RUNS",
    "CHILD_KIND",
    "DEADLINE",
    "NO_PROBLEM",
    "UNDO",
    "WAKE",
    "CallOutside",
    "CaseRow",
    "Deciding",
    "EndedRun",
    "EventWait",
    "Interpreter",
    "KeptEvent",
    "NoHandoff",
    "NotFailed",
    "NotNow",
    "OpenRun",
    "Parent",
    "PlainPresenter",
    "Presenter",
    "RecipeCircle",
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
    "Shape",
    "StepPhase",
    "StepRow",
    "StepState",
    "StillRun",
    "TakeKept",
    "Work",
    "begin_anew",
    "begins",
    "cancel_run",
    "case_rows",
    "copy_steps",
    "decision_counts",
    "ended_of",
    "ended_runs",
    "fail_run",
    "family_of",
    "forsaken_runs",
    "insert_run",
    "instance_of",
    "keyed_run",
    "list_items",
    "list_runs",
    "load_run",
    "machine_time",
    "open_runs",
    "open_versions",
    "parts_of",
    "pin_recipe",
    "pinned",
    "pinned_content",
    "pinned_versions",
    "repin",
    "retry_run",
    "run_counts",
    "run_intents",
    "run_places",
    "run_view",
    "runs_pulse",
    "seen_runs",
    "states_of",
    "still_ended",
    "still_runs",
    "streams_of_runs",
    "take_seq",
    "versions_at_work",
]
