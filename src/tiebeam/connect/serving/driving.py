"""One level of load: so many requests under way at once, until enough were made or the time is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tiebeam.connect.outgoing import Outgoing
from tiebeam.connect.secrets import Secret
from tiebeam.connect.serving.load import Load, check_concurrency
from tiebeam.connect.serving.measured import Measured, measure
from tiebeam.connect.serving.sending import Sent, Timer, send


def drive(
    outgoing: Outgoing,
    load: Load,
    *,
    concurrency: int,
    key: Secret | None = None,
    timer: Timer = time.perf_counter,
    tell: Callable[[int], object] | None = None,
) -> Measured:
    """Raises WrongLoad, OutgoingRefused before anything leaves, and LoadFailed. `tell` hears how many are finished."""
    check_concurrency(concurrency)
    outgoing.check(load.address)
    headers = {} if key is None else {"authorization": f"Bearer {key.reveal()}"}
    turns = _Turns(load, timer)
    finished: list[Sent] = []
    broken: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        try:
            while (number := turns.take()) is not None:
                sent = send(outgoing, load, number, timer=timer, headers=headers)
                with lock:
                    finished.append(sent)
                    if tell is not None:
                        tell(len(finished))
        except BaseException as problem:  # noqa: BLE001 - a thread's error is the caller's, who raises it below
            turns.stop()
            broken.append(problem)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(concurrency, load.requests))]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        turns.stop()
        raise
    if broken:
        raise broken[0]
    return measure(finished, concurrency=concurrency)


class _Turns:
    """Hands out request numbers until all are taken or the time is over."""

    def __init__(self, load: Load, timer: Timer) -> None:
        self._left = load.requests
        self._most = load.requests
        self._timer = timer
        self._end = timer() + load.seconds
        self._lock = threading.Lock()

    def take(self) -> int | None:
        with self._lock:
            if self._left == 0 or self._timer() >= self._end:
                return None
            self._left -= 1
            return self._most - self._left

    def stop(self) -> None:
        with self._lock:
            self._left = 0
