"""How errors are told over HTTP: RFC 9457 problem details with our stable code."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from tiebeam.errors import TiebeamError
from tiebeam.kit import plain

_log = logging.getLogger("tiebeam.http")


def problem_of(error: Exception) -> tuple[int, dict[str, Any]]:
    """(status, body). An error of ours is told as it is; anything else is logged under a reference and told as that."""
    if isinstance(error, TiebeamError):
        body = {"title": error.code.replace("_", " "), "status": error.status, "code": error.code}
        return error.status, {**body, "detail": error.message, "data": _shown(error.data)}
    reference = secrets.token_hex(4)
    _log.error("internal error, reference %s", reference, exc_info=error)
    return 500, {
        "title": "internal error",
        "status": 500,
        "code": "internal",
        "detail": f"Something went wrong on our side. Tell your administrator the reference {reference}.",
        "data": {"reference": reference},
    }


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    try:
        return plain(data)
    except TypeError:
        return {key: str(value) for key, value in data.items()}
