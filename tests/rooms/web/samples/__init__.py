"""Hand-built view models: what the pages look like before anything is wired to them."""

from tests.rooms.web.samples.base import EDGES, HASH, NODES, NOW, graph, minutes_ago, shell
from tests.rooms.web.samples.home import home, runs_items
from tests.rooms.web.samples.library import intent, settings
from tests.rooms.web.samples.pages import PAGES
from tests.rooms.web.samples.runs import run, runs_table, spans
from tests.rooms.web.samples.tasks import decided, inbox, task_page, tasks
from tests.rooms.web.samples.workflow import workflow

__all__ = [
    "EDGES",
    "HASH",
    "NODES",
    "NOW",
    "PAGES",
    "decided",
    "graph",
    "home",
    "inbox",
    "intent",
    "minutes_ago",
    "run",
    "runs_items",
    "runs_table",
    "settings",
    "shell",
    "spans",
    "task_page",
    "tasks",
    "workflow",
]
