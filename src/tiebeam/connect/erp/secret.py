"""Secrets are named, never written down: `env:NAME` or `file:PATH`."""

from __future__ import annotations

import os
from pathlib import Path

from tiebeam.errors import Invalid, NotFound

_LONGEST = 4096


class SecretMissing(NotFound):
    """The referenced secret is not there."""

    code = "secret_missing"


def is_secret_reference(text: str) -> bool:
    return text.startswith(("env:", "file:"))


def read_secret(reference: str, *, base: Path) -> str:
    """The secret behind `reference`; a relative `file:` path starts at `base`. The value never enters a message."""
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        value = os.environ.get(name, "")
        where = f"the environment variable {name!r}"
    elif kind == "file" and name:
        path = base / Path(name).expanduser()
        value = path.read_text(encoding="utf-8")[:_LONGEST] if path.is_file() else ""
        where = f"the file {str(path)!r}"
    else:
        raise Invalid("a secret is referenced as 'env:NAME' or 'file:PATH', never written into a record")
    if not value.strip():
        raise SecretMissing(f"{where} is missing or empty; put the secret there")
    return value.strip()
