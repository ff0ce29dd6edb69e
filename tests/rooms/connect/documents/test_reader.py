"""The confined processes: clean, limited, replaced when lost, in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tiebeam.connect.documents import Limits, Reader, ReaderUnavailable
from tiebeam.connect.documents.worker_process import WorkerProcess

_GOOD = (
    b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>%d</ID><LegalMonetaryTotal>'
    b"<TaxInclusiveAmount>1</TaxInclusiveAmount></LegalMonetaryTotal></Invoice>"
)


def test_many_documents_come_back_in_order_with_files_and_bytes_mixed(tmp_path: Path) -> None:
    """CA-05"""
    path = tmp_path / "one.xml"
    path.write_bytes(_GOOD % 1)
    items = [
        ("one.xml", path),
        ("bad", b"<a"),
        *((f"{n}.xml", _GOOD % n) for n in range(3, 40)),
        ("gone", tmp_path / "no"),
    ]
    with Reader(workers=2) as reader:
        results = list(reader.read_many(items))
    assert [result.name for result in results] == [name for name, _ in items]
    assert [r.invoice.number for r in results[2:-1] if r.invoice] == [str(n) for n in range(3, 40)]
    assert [results[1].error_code, results[-1].error_code] == ["xml_malformed", "unsupported"]


def test_the_look_ahead_is_bounded() -> None:
    """CA-05: a million documents must not be taken in at once."""
    taken = 0

    def items():
        nonlocal taken
        for number in range(50):
            taken += 1
            yield str(number), _GOOD % number

    with Reader(workers=2) as reader:
        results = reader.read_many(items())
        next(results)
        assert taken <= 5
        results.close()


def test_a_worker_has_no_credentials_and_tight_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """CA-05: parsing runs without credentials."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://example.org")
    with Reader(workers=1, limits=Limits(memory_bytes=600 * 1024 * 1024)) as reader:
        assert reader.read(_GOOD % 1, name="a").invoice
        (worker,) = reader._all  # pyright: ignore[reportPrivateUsage]
        names = {row.split("=")[0] for row in Path(f"/proc/{worker.pid}/environ").read_text().split("\0") if row}
        limits = Path(f"/proc/{worker.pid}/limits").read_text()
        assert names <= {"PATH", "LANG", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "LC_CTYPE"}
        assert os.getsid(worker.pid) == worker.pid
    rows = {row[:26].strip(): row[26:].split() for row in limits.splitlines()[1:]}
    assert rows["Max address space"][1] == str(600 * 1024 * 1024)
    assert rows["Max file size"][:2] == ["0", "0"]
    assert rows["Max core file size"][:2] == ["0", "0"]
    assert int(rows["Max open files"][1]) < 64


def test_a_stopped_worker_means_a_timeout_and_the_next_document_is_read() -> None:
    """CA-05: no hang."""
    with Reader(workers=1, limits=Limits(seconds=0.5)) as reader:
        assert reader.read(_GOOD % 1, name="a").invoice
        (worker,) = reader._all  # pyright: ignore[reportPrivateUsage]
        os.kill(worker.pid, signal.SIGSTOP)
        began = time.monotonic()
        result = reader.read(_GOOD % 2, name="b")
        assert (result.name, result.error_code) == ("b", "timeout")
        assert time.monotonic() - began < 3
        assert reader.read(_GOOD % 3, name="c").invoice


@pytest.mark.parametrize(("how", "code"), [(signal.SIGSEGV, "crashed"), (signal.SIGKILL, "out_of_memory")])
def test_a_dying_worker_costs_one_document_and_no_exception(how: signal.Signals, code: str) -> None:
    """CA-05: no crash."""
    with Reader(workers=1, limits=Limits(seconds=20)) as reader:
        assert reader.read(_GOOD % 1, name="a").invoice
        (worker,) = reader._all  # pyright: ignore[reportPrivateUsage]
        os.kill(worker.pid, signal.SIGSTOP)
        killer = threading.Timer(0.2, lambda: (os.kill(worker.pid, how), os.kill(worker.pid, signal.SIGCONT)))
        killer.start()
        result = reader.read(_GOOD % 2, name="b")
        killer.join()
        assert (result.name, result.error_code) == ("b", code)
        assert reader.read(_GOOD % 3, name="c").invoice


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """CA-05"""
    code = (
        "import os,sys\nfrom tiebeam.connect.documents import Reader\nreader = Reader(workers=1)\n"
        "reader.read(b'<a/>', name='a')\nprint([w.pid for w in reader._all][0], flush=True)\nos._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True
    )
    pid = int(done.stdout)
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the worker still runs")


def test_a_closed_reader_says_so_and_leaves_no_process() -> None:
    """CA-05"""
    reader = Reader(workers=1)
    assert reader.read(_GOOD % 1, name="a").invoice
    pids = [worker.pid for worker in reader._all]  # pyright: ignore[reportPrivateUsage]
    reader.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with pytest.raises(ReaderUnavailable):
        reader.read(_GOOD % 1, name="a")


def test_booting_does_not_count_against_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """CA-05: a slow start must not look like a slow document."""
    wait = WorkerProcess.wait_until_ready

    def slow(self: WorkerProcess) -> None:
        time.sleep(0.6)
        wait(self)

    monkeypatch.setattr(WorkerProcess, "wait_until_ready", slow)
    with Reader(workers=1, limits=Limits(seconds=0.5)) as reader:
        assert reader.read(_GOOD % 1, name="a").invoice
