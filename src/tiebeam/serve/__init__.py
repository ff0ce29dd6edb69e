"""Processes that keep running: the server of pages, API and gateway; the worker; and the probes of both."""

from tiebeam.serve.listening import PortTaken
from tiebeam.serve.probing import Place
from tiebeam.serve.serving import build_asgi, serve_workspace
from tiebeam.serve.watching import INBOX_FOLDER, Watch
from tiebeam.serve.working import DRAIN_SECONDS, run_worker

__all__ = [
    "DRAIN_SECONDS",
    "INBOX_FOLDER",
    "Place",
    "PortTaken",
    "Watch",
    "build_asgi",
    "run_worker",
    "serve_workspace",
]
