"""What a document that took over its reading process could do: nothing. Tried from inside the real process."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.probes import PROBES
from tests.faces.papers import invoice_bytes
from tiebeam.connect.documents import Confinement, ContentRefused, Limits, Reader, ReaderUnavailable

ROOT = Path(__file__).resolve().parents[4]
SECRET = "planted-secret-4711"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is the Linux kernel's")


@pytest.fixture(scope="module", params=["landlock", "seccomp"])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    """With Landlock, and as on a kernel without it; a secret and an open file lie about before it starts."""
    with pytest.MonkeyPatch.context() as patch, open(os.devnull, "rb") as inherited:  # noqa: PTH123
        patch.setenv("TIEBEAM_PLANTED", SECRET)
        patch.syspath_prepend(str(ROOT))
        os.set_inheritable(inherited.fileno(), True)
        opened = Reader(
            workers=1,
            limits=Limits(seconds=3, memory_bytes=512 * 1024 * 1024),
            parsers=PROBES,
            landlock=request.param == "landlock",
        )
        with opened:
            assert opened.confinement().files == request.param
            yield opened


def tried(reader: Reader, attempt: str, at: object = "") -> dict[str, object]:
    return reader.parse("try", json.dumps({"attempt": attempt, "at": str(at)}).encode(), name="probe")


@contextlib.contextmanager
def listening() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and everybody who connected to it."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def wait() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, address = server.accept()
                    connection.close()
                    came.append(address)

        thread = threading.Thread(target=wait)
        thread.start()
        yield server.getsockname()[1], came
        ended.set()
        thread.join()


# ids: B7, C5
def test_the_process_says_what_holds_it(reader: Reader) -> None:
    held = reader.confinement()
    assert (held.network, held.programs, held.limits, held.missing) == ("seccomp", "seccomp", "rlimit", ())
    assert held.is_whole
    (worker,) = reader._all  # pyright: ignore[reportPrivateUsage]
    status = Path(f"/proc/{worker.pid}/status").read_text()
    rows = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert (rows["NoNewPrivs"], rows["Seccomp"], int(rows["CapEff"], 16)) == ("1", "2", 0)


# ids: B7, C5
def test_it_reaches_no_network(reader: Reader, tmp_path: Path) -> None:
    with listening() as (port, came):
        assert tried(reader, "connect", port) == {"refused": errno.EPERM}
        assert tried(reader, "listen") == {"refused": errno.EPERM}
        assert tried(reader, "pair of sockets") == {"refused": errno.EPERM}
        assert "refused" in tried(reader, "unix socket", tmp_path / "socket")
        assert "refused" in tried(reader, "look up a name")
    assert came == []


# ids: B7, C5
@pytest.mark.parametrize("attempt", ["write", "append", "delete", "rename", "link", "make a folder", "change rights"])
def test_it_changes_no_file(reader: Reader, tmp_path: Path, attempt: str) -> None:
    file = tmp_path / "ledger.txt"
    file.write_text("as it was")
    before = file.stat().st_mode
    assert tried(reader, attempt, file)["refused"] in {errno.EPERM, errno.EACCES}
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.txt"]
    assert (file.read_text(), file.stat().st_mode) == ("as it was", before)


# ids: B7, C5
def test_it_reads_no_file_but_its_own_code(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    for path in ("/etc/passwd", tmp_path / "secret.txt", f"/proc/{os.getpid()}/environ", Path.home() / ".bashrc"):
        assert tried(reader, "read", path)["refused"] in {errno.EACCES, errno.ENOENT}, path
    own = tried(reader, "read", os.__file__)
    assert ("did" in own) == (reader.confinement().files == "landlock")


# ids: B7, C5
def test_it_starts_nothing_and_touches_no_other_process(reader: Reader) -> None:
    got: list[int] = []
    former = signal.signal(signal.SIGUSR1, lambda number, _: got.append(number))
    try:
        for attempt in ("fork", "thread", "exec", "run"):
            assert tried(reader, attempt)["refused"] in {errno.EPERM, errno.EACCES, errno.ENOSYS}, attempt
        for attempt in ("signal", "trace", "read the memory of", "limits of another"):
            assert tried(reader, attempt, os.getpid()) == {"refused": errno.EPERM}, attempt
    finally:
        signal.signal(signal.SIGUSR1, former)
    assert got == []


# ids: B7, C5
def test_it_reaches_no_rarely_used_part_of_the_kernel(reader: Reader) -> None:
    for attempt in ("io_uring", "bpf", "keys", "mount", "namespace", "memory file", "code in memory"):
        assert tried(reader, attempt)["refused"] in {errno.EPERM, errno.EACCES}, attempt
    assert "refused" in tried(reader, "raise own limits")


# ids: B7, C5
def test_it_finds_no_secret_in_its_environment_and_no_open_file(reader: Reader) -> None:
    assert SECRET not in str(tried(reader, "environment"))
    assert tried(reader, "open files") == {"did": "[0, 1, 2, 3, 4]"}


# ids: B7
@pytest.mark.parametrize(("verb", "code"), [("fill", "out_of_memory"), ("loop", "timeout")])
def test_it_takes_no_more_memory_or_time_than_it_may(reader: Reader, verb: str, code: str) -> None:
    began = time.monotonic()
    with pytest.raises(ContentRefused) as refused:
        reader.parse(verb, b"", name="greedy")
    assert refused.value.data["reason_code"] == code
    assert time.monotonic() - began < 10
    assert reader.read(invoice_bytes("R-1"), name="after.xml").invoice


def test_it_still_reads_and_draws_everything_we_can_draw(reader: Reader) -> None:
    """Also where no file can be opened any more: whatever reading needs was loaded before."""
    samples = ROOT / "src" / "tiebeam" / "examples" / "harbour-tools"
    inbox = sorted(path for path in samples.rglob("inbox/*") if path.suffix in {".pdf", ".xml"})
    kinds = [*inbox[:6], *(path for path in inbox if path.suffix == ".pdf")][:14]
    assert {path.suffix for path in kinds} == {".pdf", ".xml"}
    for path in kinds:
        assert reader.read(path, name=path.name).error_code in {None, "pdf_no_text"}, path.name
        if path.suffix == ".pdf":
            assert reader.picture(path, name=path.name, page=1, width=200).png


# ids: B7, B10
def test_where_the_filter_cannot_be_installed_nothing_is_read_unless_somebody_accepts_that(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A processor whose calls we do not know stands for every such system."""
    (tmp_path / "sitecustomize.py").write_text("import platform\nplatform.machine = lambda: 'riscv64'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with Reader(workers=1) as careful, pytest.raises(ReaderUnavailable, match="TIEBEAM_UNCONFINED_READER=allowed"):
        careful.read(invoice_bytes("R-1"), name="a.xml")
    monkeypatch.syspath_prepend(str(ROOT))
    with Reader(workers=1, unconfined=True, landlock=False, parsers=PROBES) as daring, listening() as (port, came):
        held = daring.confinement()
        assert daring.read(invoice_bytes("R-1"), name="a.xml").invoice
        assert tried(daring, "connect", port) == {"did": "None"}, "the attempts of this test must be real ones"
        time.sleep(0.3)
    assert len(came) == 1
    assert (held.network, held.programs, held.is_whole) == ("none", "none", False)
    assert "riscv64" in held.missing[0]


def test_numbers_of_another_architecture_end_the_process() -> None:
    """On x86-64 the 32-bit calls have numbers of their own, which a filter must not take for the 64-bit ones."""
    if os.uname().machine != "x86_64":
        pytest.skip("only this architecture has two sets of numbers")
    code = (
        "import ctypes, mmap\n"
        "from tiebeam.connect.documents.confinement import confine\n"
        "from tiebeam.connect.documents.result import Limits\n"
        # int 0x80 with eax = 20 (getpid of the 32-bit set), prepared while code may still be made.
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        "page.write(bytes.fromhex('b814000000cd80c3'))\n"
        "call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))\n"
        "confine(Limits())\n"
        "call()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode in {-signal.SIGSYS, -signal.SIGSEGV}, done.stderr


def test_what_is_missing_is_told_in_words() -> None:
    assert Confinement("none", "none", "none", "rlimit", ("the network is not shut (darwin)",)).is_whole is False
