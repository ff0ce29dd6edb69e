"""From a reference to the secret behind it. Read again at each use, so that a changed secret needs no restart."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path

from tiebeam.connect.secrets.secret import Secret
from tiebeam.errors import Invalid, NotFound, TiebeamError
from tiebeam.spec import HOW_TO_REFER, is_secret_reference

COMMANDS_VARIABLE = "TIEBEAM_SECRET_COMMANDS"
LARGEST = 64 * 1024
COMMAND_SECONDS = 15
# Container platforms mount secrets here, readable within the container and kept from everyone outside of it.
_MOUNTED = (Path("/run/secrets"), Path("/var/run/secrets"))


class SecretMissing(NotFound):
    """The referenced secret is not there."""

    code = "secret_missing"


class SecretUnreadable(TiebeamError):
    """The referenced secret is there and cannot be used: the wrong form, too large, or its keeper failed."""

    code = "secret_unreadable"
    status = 500


class UnsafeSecretFile(SecretUnreadable):
    """Others may read or change the secret's file."""

    code = "unsafe_secret_file"


def read_secret(reference: str, *, base: Path) -> Secret:
    """The secret behind `reference`; a relative `file:` path starts at `base`. One line break at its end is dropped.

    Raises Invalid for what is no reference, SecretMissing, SecretUnreadable and UnsafeSecretFile; no message ever holds
    a value.
    """
    if not is_secret_reference(reference):
        raise Invalid(f"a secret is never written into a record; {HOW_TO_REFER}")
    kind, _, name = reference.partition(":")
    match kind:
        case "env":
            value, where = os.environ.get(name, ""), f"the environment variable {name!r}"
        case "file":
            path = base / Path(name).expanduser()
            value, where = _of_file(path), f"the file {str(path)!r}"
        case "keyring":
            service, _, entry = name.partition("/")
            value, where = _of_keyring(service, entry), f"the key store's entry {entry!r} of {service!r}"
        case _:
            value, where = _of_command(name), f"the output of the program {name.split(maxsplit=1)[0]!r}"
    value = value.removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise SecretMissing(f"{where} is missing or empty; put the secret there", reference=reference)
    if len(value) > LARGEST or "\x00" in value or (not value.isprintable() and not _is_text(value)):
        raise SecretUnreadable(f"{where} holds no secret in text of at most {LARGEST} bytes", reference=reference)
    return Secret(value, reference=reference)


def _is_text(value: str) -> bool:
    """Keys come in several lines; other control characters and broken UTF-8 are no text."""
    return all(char.isprintable() or char in "\r\n\t" for char in value)


def _of_file(path: Path) -> str:
    try:
        # Without waiting: a named pipe would hold us up for ever.
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return ""
    except OSError as problem:
        raise SecretUnreadable(f"the file {str(path)!r} cannot be read: {problem.strerror}") from problem
    try:
        status = os.fstat(opened)
        _check_file(path, status)
        data = os.read(opened, LARGEST + 1)
    finally:
        os.close(opened)
    return _decoded(data, where=f"the file {str(path)!r}")


def _check_file(path: Path, status: os.stat_result) -> None:
    """The file as opened, so that nothing changes between the look and the reading."""
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeSecretFile(f"the secret's file {str(path)!r} is no plain file")
    if os.name == "nt":
        return
    is_mounted = any(path.absolute().is_relative_to(folder) for folder in _MOUNTED)
    if status.st_uid not in {os.getuid(), 0}:
        raise UnsafeSecretFile(f"the secret's file {str(path)!r} belongs to another user; make it your own")
    others = stat.S_IWGRP | stat.S_IWOTH | (0 if is_mounted else stat.S_IROTH)
    if status.st_mode & others:
        raise UnsafeSecretFile(
            f"others may use the secret's file {str(path)!r} (mode {stat.S_IMODE(status.st_mode):o}); "
            f"run: chmod 600 {shlex.quote(str(path))}"
        )


def _of_keyring(service: str, entry: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as missing:
        raise SecretUnreadable(
            "secrets from a key store need the extra 'keyring': pip install tiebeam[keyring]"
        ) from missing
    try:
        return keyring.get_password(service, entry) or ""
    except KeyringError as problem:
        raise SecretUnreadable(
            f"the key store does not open for {service!r} ({type(problem).__name__}); unlock it, or keep the secret "
            "elsewhere"
        ) from None


def _of_command(line: str) -> str:
    """What a program prints. Workspace files may come from others, so the operator's environment lists the programs."""
    program, *arguments = shlex.split(line)
    allowed = [entry for entry in os.environ.get(COMMANDS_VARIABLE, "").split(os.pathsep) if entry]
    if program not in allowed:
        raise Invalid(
            f"the program {program!r} is not among those that may hand out secrets; list its full path in the "
            f"environment variable {COMMANDS_VARIABLE}"
        )
    try:
        # No shell, and nothing to read: a program that asks a question fails at once.
        done = subprocess.run(  # noqa: S603 - listed by the operator
            [program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        said = "took too long" if isinstance(problem, subprocess.TimeoutExpired) else "cannot be run"
        raise SecretUnreadable(f"the program {program!r} {said}") from None
    if done.returncode:
        raise SecretUnreadable(f"the program {program!r} ended with status {done.returncode} and gave no secret")
    return _decoded(done.stdout, where=f"the output of {program!r}")


def _decoded(data: bytes, *, where: str) -> str:
    if len(data) > LARGEST:
        raise SecretUnreadable(f"{where} is larger than {LARGEST} bytes; a secret is short")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretUnreadable(f"{where} is no UTF-8 text") from None
