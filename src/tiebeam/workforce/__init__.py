"""People at work: who may do what, who decides what by when, and the record of it."""

from tiebeam.workforce.access import (
    Access,
    CsrfRefused,
    LinkRefused,
    Session,
    TooManyAttempts,
    check_csrf,
)
from tiebeam.workforce.approval import Approval, local_principal, who_approves
from tiebeam.workforce.calendar import BrokenCalendar, Calendar
from tiebeam.workforce.decisions import NoAuthority, PayloadChanged
from tiebeam.workforce.directory import (
    Directory,
    Holder,
    NobodyHoldsRole,
    acting,
    approval_limit,
    chain_above,
    holders,
)
from tiebeam.workforce.editing import WrongInput
from tiebeam.workforce.handling import AlreadyDecided, TaskClosed, TaskMoved
from tiebeam.workforce.opening import BrokenProtocol, IncompleteContext, check_package, protocol_problems
from tiebeam.workforce.ownership import accountable_owner, handoff_problems, intent_problems, ownership_problems
from tiebeam.workforce.room import Workforce
from tiebeam.workforce.rungs import RungState, RungView
from tiebeam.workforce.task import Change, Decision, Message, Standing, Task, TaskState, UnknownTask
from tiebeam.workforce.views import Endorsement, Event, Notice, Page, TaskCounts, TaskView, runs_of_tasks, task_holders

__all__ = [
    "Access",
    "AlreadyDecided",
    "Approval",
    "BrokenCalendar",
    "BrokenProtocol",
    "Calendar",
    "Change",
    "CsrfRefused",
    "Decision",
    "Directory",
    "Endorsement",
    "Event",
    "Holder",
    "IncompleteContext",
    "LinkRefused",
    "Message",
    "NoAuthority",
    "NobodyHoldsRole",
    "Notice",
    "Page",
    "PayloadChanged",
    "RungState",
    "RungView",
    "Session",
    "Standing",
    "Task",
    "TaskClosed",
    "TaskCounts",
    "TaskMoved",
    "TaskState",
    "TaskView",
    "TooManyAttempts",
    "UnknownTask",
    "Workforce",
    "WrongInput",
    "accountable_owner",
    "acting",
    "approval_limit",
    "chain_above",
    "check_csrf",
    "check_package",
    "handoff_problems",
    "holders",
    "intent_problems",
    "local_principal",
    "ownership_problems",
    "protocol_problems",
    "runs_of_tasks",
    "task_holders",
    "who_approves",
]
