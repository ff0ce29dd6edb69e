"""Every vector is judged as it says, by the verifier alone in a process of its own (ids: B14, F12)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import tiebeam.verifier
from tests.rooms.verifier.generate import FOLDER, book, vectors, written
from tiebeam.verifier import Unreadable, verify

ALL = list(vectors())
ALONE = Path(tiebeam.verifier.__file__)


def _files(vector: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    export, anchors = folder / "export", folder / "anchors.jsonl"
    is_pack = "pack" in vector
    export.write_bytes(
        base64.b64decode(vector["pack"]) if is_pack else vector["export"].encode("utf-8", "surrogateescape")
    )
    anchors.write_text(vector["anchors"])
    return export, anchors


@pytest.mark.parametrize("vector", ALL, ids=[vector["name"] for vector in ALL])
def test_the_verifier_comes_to_the_verdict(vector: dict[str, Any], tmp_path: Path) -> None:
    export, anchors = _files(vector, tmp_path)
    if vector["exit"] == 2:
        with pytest.raises(Unreadable):
            verify(export, anchors=anchors)
        return
    report = verify(export, anchors=anchors)
    assert report["sound"] is (vector["exit"] == 0)
    if vector["findings"] is not None:
        assert sorted({one["code"] for one in report["findings"]}) == sorted(vector["findings"])


def test_the_files_are_what_the_generator_makes() -> None:
    kept = {path.stem: path.read_text() for path in FOLDER.glob("*.json")}
    assert kept == {vector["name"]: written(vector) for vector in ALL}


@pytest.mark.parametrize("name", ["sound", "rewritten", "cut-tail", "pack-sound", "pack-other-document", "empty"])
def test_it_runs_alone_and_offline(name: str, tmp_path: Path) -> None:
    vector = next(one for one in ALL if one["name"] == name)
    export, anchors = _files(vector, tmp_path)
    command = [sys.executable, "-I", str(ALONE), str(export), "--anchors", str(anchors), "--json"]
    done = subprocess.run(command, env={}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == vector["exit"], done.stderr
    assert json.loads(done.stdout)["sound"] is (vector["exit"] == 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anchors.jsonl", "export"]


def test_it_imports_the_standard_library_alone() -> None:
    command = [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(ALONE)!r})"]
    assert subprocess.run(command, env={}, check=False).returncode == 0


def test_an_entry_can_be_checked_by_hand() -> None:
    """The format as the guide tells it, with nothing of ours: change this only with a new format number."""
    line = book().streams["run:run_1"][0]

    def digest(value: Any) -> str:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def sealed(label: str, value: Any) -> str:
        salt = hmac.new(bytes.fromhex(line["salt"]), label.encode(), hashlib.sha256).hexdigest()
        return digest([salt, label, value])

    hashed = {"format": 2, "actor": sealed("actor", line["actor"])}
    hashed |= {name: line[name] for name in ("stream", "seq", "at", "kind", "previous_hash")}
    hashed["fields"] = {name: sealed(f"payload.{name}", value) for name, value in line["payload"].items()}
    assert digest(hashed) == line["hash"]
    assert line["hash"] == "d2d0340648a57830a23d46baf53df7f39f8a26cd091f01f23ebb85f043ada6f8"


def test_without_anchors_a_rewritten_chain_looks_sound_and_the_report_says_what_that_is_worth(tmp_path: Path) -> None:
    vector = next(one for one in ALL if one["name"] == "rewritten")
    report = verify(_files(vector, tmp_path)[0])
    assert report["sound"] is True
    assert report["proven_by"] is None
    assert report["counts"]["anchored_entries"] == 0


def test_one_anchor_is_enough(tmp_path: Path) -> None:
    for name, sound in {"sound": True, "rewritten": False, "removed-entry": False}.items():
        vector = next(one for one in ALL if one["name"] == name)
        last = vector["anchors"].splitlines()[-1] + "\n"
        export, anchors = _files({**vector, "anchors": last}, tmp_path)
        assert verify(export, anchors=anchors)["sound"] is sound


def test_an_older_export_is_sound_for_who_says_when_they_asked_for_it(tmp_path: Path) -> None:
    later = book()
    later.anchor()
    vector = next(one for one in ALL if one["name"] == "sound")
    export, anchors = _files({**vector, "anchors": later.external()}, tmp_path)
    assert [one["code"] for one in verify(export, anchors=anchors)["findings"]] == ["anchor-missing"]
    assert verify(export, anchors=anchors, until=later.anchors[1]["at"])["sound"] is True


@pytest.mark.parametrize(
    "anchors", ["", "{}\n", "no json\n", '{"number":1}\n', "@@first@@ with another root", "@@twice@@"]
)
def test_anchors_that_contradict_themselves_are_no_ground_for_trust(anchors: str, tmp_path: Path) -> None:
    vector = next(one for one in ALL if one["name"] == "sound")
    first = vector["anchors"].splitlines()[0]
    text = anchors.replace("@@first@@ with another root", first.replace('"leaves":2', '"leaves":3') + "\n")
    other = book()
    other.anchors[0]["at"] = "2026-03-02T10:00:00.000000Z"
    text = text.replace("@@twice@@", vector["anchors"] + first.replace("a", "b") + "\n")
    export, kept = _files({**vector, "anchors": text}, tmp_path)
    with pytest.raises(Unreadable):
        verify(export, anchors=kept)


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", b"0" * 80 * 2**20)


def _many(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for number in range(2001):
            file.writestr(f"document/{number}", b"")


def _names_twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("manifest.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("manifest.json", b"{}")


def _absolute(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("/etc/passwd", b"{}")


def _other_packing(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("manifest.json", b"{}")


def _no_manifest(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("journal.jsonl", b"{}")


def _long_line(path: Path) -> None:
    path.write_bytes(b'{"a":"' + b"x" * (16 * 2**20) + b'"}')


@pytest.mark.parametrize(
    "make",
    [_bomb, _many, _names_twice, _absolute, _other_packing, _no_manifest, _long_line],
    ids=lambda make: make.__name__,
)
def test_hostile_files_are_refused_within_limits(make: Any, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    make(path)
    with pytest.raises(Unreadable):
        verify(path)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        verify(tmp_path / "none")
