from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tiebeam.connect.payments import PaymentSpool
from tiebeam.errors import Conflict


def test_a_payment_file_is_written_once_and_found_again(tmp_path: Path) -> None:
    spool = PaymentSpool(tmp_path / "bank")
    path = spool.put("run-1/pay", b"<a/>")
    assert path.read_bytes() == b"<a/>"
    assert spool.put("run-1/pay", b"<a/>") == path
    assert PaymentSpool(tmp_path / "bank").find("run-1/pay") == path
    assert spool.find("run-2/pay") is None


def test_other_content_under_the_same_key_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    spool = PaymentSpool(tmp_path)
    path = spool.put("run-1", b"first")
    with pytest.raises(Conflict, match="other content"):
        spool.put("run-1", b"second")
    assert path.read_bytes() == b"first"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_keys_never_leave_the_folder_or_share_a_name(tmp_path: Path) -> None:
    spool = PaymentSpool(tmp_path / "bank")
    paths = {spool.put(key, b"x") for key in ("../../etc/passwd", "a/b", "a.b", "A/B", "a" * 300)}
    assert len(paths) == 5
    assert {path.parent for path in paths} == {tmp_path / "bank"}


def test_of_many_writers_at_once_one_wins_and_no_part_is_left(tmp_path: Path) -> None:
    spool = PaymentSpool(tmp_path)
    refused: list[bytes] = []

    def put(data: bytes) -> None:
        try:
            spool.put("run-1", data)
        except Conflict:
            refused.append(data)

    threads = [threading.Thread(target=put, args=(bytes([65 + number]) * 5000,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    (left,) = list(tmp_path.iterdir())
    assert len(set(left.read_bytes())) == 1
