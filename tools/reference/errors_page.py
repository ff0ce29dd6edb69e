"""docs/reference/errors.md: every stable error code."""

from __future__ import annotations

from collections import defaultdict

from reference.source import ErrorClass, error_classes, page


def render() -> str:
    by_code: dict[str, list[ErrorClass]] = defaultdict(list)
    for error in error_classes():
        by_code[error.code].append(error)
    parts = [_part(code, by_code[code]) for code in sorted(by_code)]
    return page(
        "Errors",
        "Whatever a user can act on has a stable code. The API answers with it and the HTTP status shown; the CLI "
        "prints the message and ends with exit code 1 (something needs attention) or 2 (wrong use). Anything without "
        "a code is a bug: it is logged once with its traceback and shown as a reference.",
        *parts,
    )


def _part(code: str, errors: list[ErrorClass]) -> list[str]:
    lines = [f"## `{code}`"]
    for error in errors:
        lines += ["", f"HTTP {error.status}, from `{error.room}` (`{error.name}`). {error.note}".rstrip()]
    return lines
