"""Reading untrusted documents: each in a confined process, in order, with every core at work."""

from __future__ import annotations

import base64
import queue
import signal
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tiebeam.connect.documents.archives import is_archive
from tiebeam.connect.documents.confinement import Confinement
from tiebeam.connect.documents.json_form import result_from_json
from tiebeam.connect.documents.pictures import (
    NARROWEST,
    WIDEST,
    PageAbsent,
    PagePicture,
    PageSize,
    missing_page,
    not_shown,
    picture_from_wire,
    sizes_from_wire,
)
from tiebeam.connect.documents.read import too_large
from tiebeam.connect.documents.result import Limits, ReadErrorCode, ReadResult, Unreadable
from tiebeam.connect.documents.worker_process import Terms, WorkerLost, WorkerProcess, WorkerRefused
from tiebeam.errors import Invalid, TiebeamError

Answer = TypeVar("Answer")

_DOCUMENTS_PER_WORKER = 500
"""A process is replaced after so many documents, so that no document can leave anything behind for long."""
_CHUNK = 1024 * 1024
UNCONFINED_VARIABLE = "TIEBEAM_UNCONFINED_READER"
_MEMORY_SIGNALS = {signal.SIGKILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGILL}
"""How the operating system and the PDF library end a process that asks for memory it may not have."""


class ReaderUnavailable(TiebeamError):
    """The confined process could not be started; no document was touched."""

    code = "document_reader_unavailable"
    status = 503


class ArchiveRefused(TiebeamError):
    """A ZIP archive from which nothing was taken. `data["reason_code"]` is a `ReadErrorCode`."""

    code = "archive_refused"
    status = 422


class ContentRefused(TiebeamError):
    """What came from outside cannot be parsed, or not within the limits. `data["reason_code"]` is a `ReadErrorCode`."""

    code = "content_refused"
    status = 422


class Reader:
    """Use as a context manager, or call `close`. Safe to use from several threads.

    A document that hangs, crashes or exhausts its process becomes an unreadable result; the process is replaced.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        limits: Limits | None = None,
        parsers: Mapping[str, str] | None = None,
        unconfined: bool = False,
        landlock: bool = True,
    ) -> None:
        """`parsers` names further functions that `parse` may call in there, as {verb: `package.module:function`}; each
        takes the bytes and returns what JSON can hold. On Linux nothing is read unless the process could be confined,
        but where `unconfined` says that it may; `landlock=False` does without that part of the kernel.
        """
        self.limits = limits or Limits()
        self._terms = Terms(self.limits, dict(parsers or {}), unconfined, landlock)
        self.workers = max(1, workers)
        self._idle: queue.LifoQueue[WorkerProcess | None] = queue.LifoQueue()
        for _ in range(self.workers):
            self._idle.put(None)
        self._all: set[WorkerProcess] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._confinement: Confinement | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every process. Reading afterwards raises ReaderUnavailable."""
        with self._lock:
            self._closed = True
            workers, self._all = list(self._all), set()
        for worker in workers:
            worker.stop()

    def read(self, data: bytes | Path, *, name: str) -> ReadResult:
        """Reads bytes or a file. A file above the size limit is refused unread. Raises ReaderUnavailable only."""
        try:
            return self._ask(data, {"verb": "read", "name": name}, lambda answer: result_from_json(answer["result"]))
        except Unreadable as problem:
            return problem.as_result(name=name, size=_size_of(data))

    def pages(self, data: bytes | Path, *, name: str) -> tuple[PageSize, ...]:
        """The size of every page. Raises NoPages, PictureRefused and ReaderUnavailable."""
        try:
            return self._ask(data, {"verb": "pages"}, lambda answer: sizes_from_wire(answer["pages"]))
        except Unreadable as problem:
            raise not_shown(problem, name=name) from None

    def picture(self, data: bytes | Path, *, name: str, page: int, width: int = 1000) -> PagePicture:
        """Page `page`, counted from 1, as a PNG at most `width` pixels wide (50 to 2000).

        Raises PageMissing, NoPages, PictureRefused, ReaderUnavailable, and Invalid for another width.
        """
        if not NARROWEST <= width <= WIDEST:
            raise Invalid(f"a picture may be {NARROWEST} to {WIDEST} pixels wide, not {width}")
        question = {"verb": "picture", "page": page, "width": width}
        try:
            return self._ask(data, question, lambda answer: picture_from_wire(answer["picture"]))
        except PageAbsent as absent:
            raise missing_page(name, page=page, pages=absent.pages) from None
        except Unreadable as problem:
            raise not_shown(problem, name=name) from None

    def unpack(self, data: bytes | Path, *, name: str) -> Iterator[tuple[str, bytes]]:
        """(path in the archive, content) of each document of a ZIP archive. Raises ArchiveRefused before the first."""
        try:
            for member in self._answers(data, {"verb": "unpack"}, _member):
                if member is not None:
                    yield member
        except Unreadable as problem:
            raise ArchiveRefused(f"{name!r}: {problem.reason}", reason_code=problem.code.value) from None

    def parse(self, verb: str, data: bytes, *, name: str) -> dict[str, Any]:
        """What the parser registered for `verb` made of the bytes. Raises ContentRefused and ReaderUnavailable."""
        try:
            return self._ask(data, {"verb": verb}, lambda answer: dict(answer["parsed"]))
        except Unreadable as problem:
            raise ContentRefused(f"{name!r}: {problem.reason}", reason_code=problem.code.value) from None

    def confinement(self) -> Confinement:
        """What holds the reading processes: all of them alike, so that none is waited for. Raises ReaderUnavailable."""
        if self._confinement is None:
            worker = self._take()
            self._put_back(worker, keep=True)
            return worker.confinement
        return self._confinement

    def held(self) -> Confinement:
        """The same for who only wants to know: where nothing can be read, `missing` says why."""
        try:
            return self.confinement()
        except ReaderUnavailable as problem:
            return Confinement("none", "none", "none", "none", (problem.message,))

    def _ask(
        self, data: bytes | Path, question: Mapping[str, Any], understand: Callable[[dict[str, Any]], Answer]
    ) -> Answer:
        """One question about one document to one confined process. Raises Unreadable and PageAbsent."""
        *_, last = self._answers(data, question, understand)
        return last

    def _answers(
        self, data: bytes | Path, question: Mapping[str, Any], understand: Callable[[dict[str, Any]], Answer]
    ) -> Iterator[Answer]:
        """Every answer to one question, understood. Raises Unreadable and PageAbsent."""
        size, chunks = _source(data, limits=self.limits)
        worker = self._take()
        keep = False
        try:
            for answer in worker.ask(question, chunks, size=size):
                may_stay = not answer.get("retire") and worker.documents < _DOCUMENTS_PER_WORKER
                if "absent" in answer or "refused" in answer:
                    problem = _refusal(answer)
                    keep = may_stay
                    raise problem
                understood = understand(answer)
                keep = may_stay and not answer.get("more")
                yield understood
        except TimeoutError:
            raise _timeout(self.limits) from None
        except WorkerLost as lost:
            raise _reason(lost.returncode, limits=self.limits) from None
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
            raise _reason(None, limits=self.limits) from None
        finally:
            self._put_back(worker, keep=keep)

    def read_many(self, items: Iterable[tuple[str, bytes | Path]]) -> Iterator[ReadResult]:
        """One result per item in the order given; at most twice as many items as workers are under way."""
        waiting: deque[Future[ReadResult]] = deque()
        with ThreadPoolExecutor(max_workers=self.workers, thread_name_prefix="documents") as pool:
            try:
                for name, data in items:
                    waiting.append(pool.submit(self.read, data, name=name))
                    if len(waiting) >= 2 * self.workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _take(self) -> WorkerProcess:
        if self._closed:
            raise ReaderUnavailable("The document reader is closed; open a new one.")
        worker = self._idle.get()
        if worker is not None:
            return worker
        try:
            worker = WorkerProcess(self._terms)
        except OSError as problem:
            self._idle.put(None)
            raise ReaderUnavailable(f"The document reader could not start: {problem}.") from problem
        with self._lock:
            self._all.add(worker)
        try:
            worker.wait_until_ready()
        except WorkerRefused as refused:
            self._put_back(worker, keep=False)
            raise ReaderUnavailable(
                f"Documents are not read, because the reading process cannot be confined: {refused}. Use a Linux "
                f"kernel with seccomp, or accept the risk with {UNCONFINED_VARIABLE}=allowed."
            ) from refused
        except WorkerLost as lost:
            self._put_back(worker, keep=False)
            raise ReaderUnavailable(
                f"The document reader did not come up (status {lost.returncode}); "
                f"check the memory limit, now {self.limits.memory_bytes // 1_048_576} MiB."
            ) from lost
        self._confinement = worker.confinement
        return worker

    def _put_back(self, worker: WorkerProcess, *, keep: bool) -> None:
        if keep:
            self._idle.put(worker)
            return
        with self._lock:
            self._all.discard(worker)
        worker.stop()
        self._idle.put(None)


def _refusal(answer: Mapping[str, Any]) -> Unreadable | PageAbsent:
    """Raises KeyError, TypeError or ValueError on anything that is none."""
    if "absent" in answer:
        return PageAbsent(int(answer["absent"]))
    return Unreadable(ReadErrorCode(answer["refused"]["code"]), str(answer["refused"]["reason"]))


def _member(answer: Mapping[str, Any]) -> tuple[str, bytes] | None:
    """A document of an archive; None for the answer that ends them."""
    if not answer.get("more"):
        return None
    return str(answer["name"]), base64.b64decode(answer["data"], validate=True)


def _size_of(data: bytes | Path) -> int:
    if isinstance(data, bytes):
        return len(data)
    try:
        return data.stat().st_size
    except OSError:
        return 0


def _source(data: bytes | Path, *, limits: Limits) -> tuple[int, Iterator[bytes]]:
    """The size and the pieces. Raises Unreadable for what is too large, missing or no plain file."""
    if isinstance(data, bytes):
        if len(data) > _most(data[:4096], limits=limits):
            raise too_large(len(data), limits=limits)
        return len(data), iter((data,))
    try:
        status = data.stat()
    except OSError as problem:
        raise _unopenable(problem) from problem
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(ReadErrorCode.UNSUPPORTED, "This is no plain file; name the invoice document itself.")
    if status.st_size > limits.max_bytes and status.st_size > _most(_head_of(data), limits=limits):
        raise too_large(status.st_size, limits=limits)
    return status.st_size, _pieces(data, size=status.st_size)


def _most(head: bytes, *, limits: Limits) -> int:
    return limits.archive_bytes if is_archive(head) else limits.max_bytes


def _head_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as problem:
        raise _unopenable(problem) from problem


def _unopenable(problem: OSError) -> Unreadable:
    return Unreadable(ReadErrorCode.UNSUPPORTED, f"The file cannot be opened: {problem.strerror or 'unknown reason'}.")


def _pieces(path: Path, *, size: int) -> Iterator[bytes]:
    """Exactly `size` bytes, whatever happens to the file meanwhile."""
    try:
        with path.open("rb") as file:
            left = size
            while left > 0:
                piece = file.read(min(_CHUNK, left))
                if not piece:
                    break
                left -= len(piece)
                yield piece
    except OSError as problem:
        raise _unopenable(problem) from problem
    if left:
        raise Unreadable(ReadErrorCode.UNSUPPORTED, "The file changed while it was read; hand it in again.")


def _timeout(limits: Limits) -> Unreadable:
    return Unreadable(
        ReadErrorCode.TIMEOUT,
        f"Reading took longer than {limits.seconds:g} seconds and was stopped; ask the sender for a plain copy.",
    )


def _reason(returncode: int | None, *, limits: Limits) -> Unreadable:
    ended_by = -returncode if returncode is not None and returncode < 0 else None
    if ended_by == signal.SIGXCPU:
        return _timeout(limits)
    if ended_by in _MEMORY_SIGNALS:
        return Unreadable(
            ReadErrorCode.OUT_OF_MEMORY,
            f"Reading the document would take more than {limits.memory_bytes // 1_048_576} MiB of memory; "
            "it was stopped. Ask the sender for a plain copy.",
        )
    return Unreadable(
        ReadErrorCode.CRASHED,
        "The document made the reading process stop; it is damaged or hostile. Ask the sender for a new copy.",
    )
