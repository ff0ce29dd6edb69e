"""Secrets are named in declared files, never written there."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

SECRET_KINDS = ("env", "file", "keyring", "command")
HOW_TO_REFER = "name it as 'env:NAME', 'file:/path', 'keyring:service/name' or 'command:/path/to/program'"

_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00-\x1f]+|keyring:[^/\x00-\x1f]+/[^\x00-\x1f]+|command:/[^\x00-\x1f]+"
)
_SECRET_KEYS = re.compile(r"(^|_)(password|passwd|passphrase|pwd|secret|token|api_?key|access_?key|private_?key)$")
_SHAPES = (
    (re.compile(r"://[^\s/:@]*:[^\s/@]+@"), "an address with a password"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\btb_[psa]_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{20,}"), "an API token"),
    (re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})"), "a GitHub token"),
    (re.compile(r"\bglpat-[\w-]{20,}"), "a GitLab token"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key"),
    (re.compile(r"\bxox[abpors]-[\w-]{10,}"), "a Slack token"),
    (re.compile(r"\bsk-(ant-|proj-)?[A-Za-z0-9_-]{20,}"), "a model provider's key"),
    (re.compile(r"\bAIza[\w-]{35}"), "a Google API key"),
    (re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"), "a signed web token"),
)


def is_secret_reference(text: str) -> bool:
    """Whether `text` has the form of a reference to a secret."""
    return _REFERENCE.fullmatch(text) is not None


def is_secret_key(key: str) -> bool:
    """Whether a setting of this name holds a secret, by its name alone."""
    return _SECRET_KEYS.search(key.lower().replace("-", "_")) is not None


def secret_shape(text: str) -> str | None:
    """What kind of secret `text` holds, by its shape; None when it looks like none."""
    return next((what for shape, what in _SHAPES if shape.search(text)), None)


def _reference(value: str) -> str:
    if not is_secret_reference(value):
        raise ValueError(f"a secret is never written here; {HOW_TO_REFER}")
    return value


SecretRef = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_reference)]
"""The name of a secret, never its value."""


def literal_secrets(content: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    """Where `content`, as read from a file, holds a secret itself: (path of keys, what it seems to be)."""
    match content:
        case dict():
            return [hit for key, item in content.items() for hit in _of_entry(path, str(key), item)]
        case list():
            return [hit for place, item in enumerate(content) for hit in literal_secrets(item, (*path, place))]
        case str() if (shape := secret_shape(content)) is not None:
            return [(path, shape)]
        case _:
            return []


def _of_entry(path: tuple[str | int, ...], key: str, item: Any) -> list[tuple[tuple[str | int, ...], str]]:
    inside = literal_secrets(item, (*path, key))
    if inside or not isinstance(item, str) or not item or not is_secret_key(key) or is_secret_reference(item):
        return inside
    return [((*path, key), f"a {key.replace('_', ' ')}")]
