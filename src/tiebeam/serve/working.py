"""A process that works and serves no pages."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

from tiebeam.app import Vitals, open_app
from tiebeam.engine import ALL
from tiebeam.serve.probing import Place, probed

DRAIN_SECONDS = 30.0


def run_worker(
    workspace: Path,
    *,
    say: Callable[[str], None],
    queues: Sequence[str] = (),
    health: Place | None = None,
    drain_seconds: float = DRAIN_SECONDS,
) -> bool:
    """Work until interrupted or terminated, then finish what runs and leave. Without `queues`, for all of them.

    True when everything that ran had ended in time; what had not goes to other workers. A second signal leaves at once,
    which loses nothing: others take over as after a crash. Raises UnknownQueue.
    """
    app = open_app(workspace)
    try:
        vitals = Vitals(app, works=True)
        with nullcontext() if health is None else probed(health, vitals), _ended_by_signal() as ended:
            app.engine.launch(queues=tuple(dict.fromkeys(queues)) or ALL)
            say(f"working for {workspace} as {app.engine.executor_id}; stop with Ctrl-C")
            ended.wait()
            vitals.begin_draining()
            say(f"finishing what runs, at most {drain_seconds:g} s; a second signal leaves at once")
            done = app.engine.drain_worker(drain_seconds)
            say("everything that ran has ended" if done else "what still ran goes to other workers")
            return done
    finally:
        app.close()


@contextmanager
def _ended_by_signal() -> Generator[threading.Event]:
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        if ended.is_set():
            os._exit(1)
        ended.set()

    former = {name: signal.signal(name, end) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)
