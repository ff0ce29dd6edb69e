"""ids: B14 — secrets are named in files, read when needed, and never shown."""

from __future__ import annotations

import copy
import json
import os
import pickle
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from tiebeam.connect.secrets import (
    Secret,
    SecretMissing,
    SecretShown,
    SecretUnreadable,
    UnsafeSecretFile,
    read_secret,
    url_with_password,
)
from tiebeam.errors import Invalid
from tiebeam.kit import MASKING

VALUE = "hunter2-hunter2"


def secret_file(folder: Path, content: str | bytes = VALUE, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def test_a_secret_shows_itself_by_one_door_only() -> None:
    secret = Secret(VALUE, reference="env:X")
    assert secret.reveal() == VALUE
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        repr({"a": [secret]}),
        ascii(secret),
    ]
    assert all(VALUE not in text and "***" in text for text in shown)
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        json.dumps({"a": secret})
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(SecretShown):
            write(secret)
    assert secret == Secret(VALUE, reference="env:Y")
    assert secret != Secret("other", reference="env:X")
    with pytest.raises(TypeError):
        hash(secret)


def test_the_environment_gives_a_secret_anew_at_each_reading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for value in ("first-value", "second-value"):
        monkeypatch.setenv("A_SECRET", value)
        assert read_secret("env:A_SECRET", base=tmp_path).reveal() == value
    monkeypatch.setenv("A_SECRET", "")
    with pytest.raises(SecretMissing, match="A_SECRET"):
        read_secret("env:A_SECRET", base=tmp_path)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("abc123\n", "abc123"),
        ("abc123\r\n", "abc123"),
        ("abc123", "abc123"),
        ("  spaced \n", "  spaced "),
        ("a\nb\n\n", "a\nb\n"),
    ],
)
def test_one_line_break_at_the_end_of_a_file_is_no_part_of_the_secret(tmp_path: Path, content: str, value: str) -> None:
    secret_file(tmp_path, content)
    assert read_secret("file:token", base=tmp_path).reveal() == value


@pytest.mark.skipif(os.name == "nt", reason="modes of files are POSIX")
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o602, 0o666])
def test_a_file_that_others_may_use_is_refused_with_the_command_that_helps(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path, mode=mode)
    with pytest.raises(UnsafeSecretFile, match=f"chmod 600 {path}") as refused:
        read_secret("file:token", base=tmp_path)
    assert VALUE not in str(refused.value)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o640])
def test_a_file_of_ones_own_or_ones_group_is_read(tmp_path: Path, mode: int) -> None:
    secret_file(tmp_path, mode=mode)
    assert read_secret(f"file:{tmp_path / 'token'}", base=Path("/")).reveal() == VALUE


def test_a_missing_an_empty_and_an_odd_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing):
        read_secret("file:token", base=tmp_path)
    secret_file(tmp_path, "\n")
    with pytest.raises(SecretMissing):
        read_secret("file:token", base=tmp_path)
    for content in (b"\xff\xfe\xfa", b"a\x00b", b"\x1b[31mred", b"x" * 70_000):
        secret_file(tmp_path, content)
        with pytest.raises(SecretUnreadable):
            read_secret("file:token", base=tmp_path)
    with pytest.raises(UnsafeSecretFile, match="no plain file"):
        read_secret(f"file:{tmp_path}", base=tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(UnsafeSecretFile, match="no plain file"):
        read_secret("file:pipe", base=tmp_path)


class SmallKeyStore(KeyringBackend):
    """A key store of one entry, in memory."""

    priority = 1  # type: ignore[assignment]
    is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked(VALUE)
        return VALUE if (service, username) == ("tiebeam", "erp/token") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("nothing is ever stored")


def test_a_key_store_gives_its_entry(tmp_path: Path) -> None:
    before, store = keyring.get_keyring(), SmallKeyStore()
    keyring.set_keyring(store)
    try:
        assert read_secret("keyring:tiebeam/erp/token", base=tmp_path).reveal() == VALUE
        with pytest.raises(SecretMissing, match="'other' of 'tiebeam'"):
            read_secret("keyring:tiebeam/other", base=tmp_path)
        store.is_locked = True
        with pytest.raises(SecretUnreadable, match="does not open") as locked:
            read_secret("keyring:tiebeam/erp/token", base=tmp_path)
        assert VALUE not in str(locked.value)
        assert locked.value.__cause__ is None
    finally:
        keyring.set_keyring(before)


def program(folder: Path, body: str) -> Path:
    path = folder / "vault.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return path


def test_a_program_gives_a_secret_where_the_operator_listed_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, 'echo "$1-secret-$#"')
    monkeypatch.delenv("TIEBEAM_SECRET_COMMANDS", raising=False)
    with pytest.raises(Invalid, match="TIEBEAM_SECRET_COMMANDS"):
        read_secret(f"command:{path} erp", base=tmp_path)
    monkeypatch.setenv("TIEBEAM_SECRET_COMMANDS", f"/bin/other{os.pathsep}{path}")
    assert read_secret(f"command:{path} erp 'a b; rm -rf $HOME'", base=tmp_path).reveal() == "erp-secret-2"
    with pytest.raises(Invalid):
        read_secret(f"command:/bin/../{str(path)[1:]} erp", base=tmp_path)


def test_a_program_that_fails_tells_nothing_of_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, f"echo {VALUE}; echo {VALUE} >&2; exit 3")
    monkeypatch.setenv("TIEBEAM_SECRET_COMMANDS", str(path))
    with pytest.raises(SecretUnreadable, match="status 3") as failed:
        read_secret(f"command:{path}", base=tmp_path)
    assert VALUE not in str(failed.value)
    path.unlink()
    with pytest.raises(SecretUnreadable, match="cannot be run"):
        read_secret(f"command:{path}", base=tmp_path)


@pytest.mark.parametrize(
    "text", [VALUE, "", "env:", "env:A B", "file:", "keyring:x", "vault:x", "command:relative", "env:A\nB"]
)
def test_what_is_no_reference_is_refused_and_not_repeated(text: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="env:NAME") as refused:
        read_secret(text, base=tmp_path)
    assert VALUE not in str(refused.value)


def test_a_database_address_takes_its_password_from_elsewhere() -> None:
    url = url_with_password("postgresql://ada@db.internal/erp", Secret("p@ss/w:rd", reference="env:X"))
    assert url.password == "p@ss/w:rd"
    assert "p@ss" not in str(url)
    with pytest.raises(Invalid) as refused:
        url_with_password("hunter2 is no url", None)
    assert "hunter2" not in str(refused.value)
    url_with_password("postgresql://ada:inside-the-url@db/erp?sslpassword=query-password", None)
    assert MASKING.mask("inside-the-url query-password") == "*** ***"
