"""The file that remembers who signed in here: `~/.config/tiebeam/credentials.json`, for its owner alone."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tiebeam.errors import Refused

CREDENTIALS_VARIABLE = "TIEBEAM_CREDENTIALS"
_FORMAT = 1


class CredentialsExposed(Refused):
    """The credentials file can be read by others, or is not ours, or holds something else."""

    code = "credentials_exposed"


@dataclass(slots=True)
class SignedIn:
    """Who is signed in to one installation, such as `person:ada` or `service:erp-feed`, and who acts by default.

    Each secret is a session's (of a person) or a token's text.
    """

    workspace: str = ""
    active: str | None = None
    secrets: dict[str, str] = field(default_factory=dict[str, str], repr=False)


def credentials_path() -> Path:
    given = os.environ.get(CREDENTIALS_VARIABLE)
    return Path(given) if given else Path.home() / ".config" / "tiebeam" / "credentials.json"


def read_signed_in(path: Path, installation: str) -> SignedIn:
    """Empty when the file is absent or knows nothing of this installation. Raises CredentialsExposed."""
    return _entry(_read(path), installation)


@contextmanager
def changing(path: Path, installation: str) -> Generator[SignedIn]:
    """Change what is remembered; written at once and as a whole, while no other process changes it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path):
        content = _read(path)
        entry = _entry(content, installation)
        yield entry
        if entry.secrets:
            content["installations"][installation] = {
                "workspace": entry.workspace,
                "active": entry.active,
                "secrets": entry.secrets,
            }
        else:
            content["installations"].pop(installation, None)
        _write(path, content)


def _entry(content: dict[str, Any], installation: str) -> SignedIn:
    found = content["installations"].get(installation)
    return SignedIn() if found is None else SignedIn(found["workspace"], found["active"], dict(found["secrets"]))


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8") as file:
            _check_private(path, os.fstat(file.fileno()))
            content = json.load(file)
    except FileNotFoundError:
        return {"format": _FORMAT, "installations": {}}
    except ValueError as wrong:
        raise CredentialsExposed(
            f"{str(path)!r} holds no credentials of tiebeam; remove it and sign in again with 'tiebeam login'"
        ) from wrong
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise CredentialsExposed(
            f"{str(path)!r} was written by another version of tiebeam; remove it and sign in again with 'tiebeam login'"
        )
    return content


def _check_private(path: Path, found: os.stat_result) -> None:
    if not hasattr(os, "getuid"):
        return
    if found.st_uid != os.getuid():
        raise CredentialsExposed(
            f"{str(path)!r} belongs to another user; set {CREDENTIALS_VARIABLE} to a file of yours"
        )
    if found.st_mode & 0o077:
        raise CredentialsExposed(
            f"others may read {str(path)!r}; run 'chmod 600 {path}', then end its sessions with "
            "'tiebeam sessions revoke --all' if somebody may have read it"
        )


def _write(path: Path, content: dict[str, Any]) -> None:
    waiting = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    except BaseException:
        waiting.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Generator[None]:
    if not hasattr(os, "getuid"):
        yield
        return
    import fcntl

    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
