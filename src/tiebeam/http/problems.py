"""How errors are told over HTTP: RFC 9457 problem details with our stable code."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException

from tiebeam.errors import TiebeamError
from tiebeam.kit import MASKING, plain

_log = logging.getLogger("tiebeam.http")
_CODES = {404: "not_found", 405: "method_not_allowed"}


class TooLarge(TiebeamError):
    """The request carries more than this route takes."""

    code = "too_large"
    status = 413


def problem_of(error: Exception) -> tuple[int, dict[str, Any]]:
    """(status, body). What a caller can act on is told as it is; anything else is logged under a reference."""
    if isinstance(error, HTTPException):
        # The framework wraps what is raised while it reads a body.
        if isinstance(error.__cause__, TiebeamError):
            return problem_of(error.__cause__)
        code = _CODES.get(error.status_code, "bad_request")
        return error.status_code, _body(error.status_code, code, MASKING.mask(str(error.detail)), {})
    if isinstance(error, TiebeamError):
        return error.status, _body(error.status, error.code, MASKING.mask(error.message), _shown(error.data))
    reference = secrets.token_hex(4)
    _log.error("internal error, reference %s", reference, exc_info=error)
    detail = f"Something went wrong on our side. Tell your administrator the reference {reference}."
    return 500, {**_body(500, "internal", detail, {"reference": reference}), "title": "internal error"}


def headers_of(error: Exception) -> dict[str, str]:
    """What the headers tell of an error: how to say who is asking, and when to try again."""
    if not isinstance(error, TiebeamError):
        return {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        wrong = ', error="invalid_token"' if error.code == "token_refused" else ""
        return {"WWW-Authenticate": f'Bearer realm="tiebeam"{wrong}'}
    seconds = error.data.get("retry_after")
    return {"Retry-After": str(seconds)} if isinstance(seconds, int) else {}


def _body(status: int, code: str, detail: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"title": code.replace("_", " "), "status": status, "code": code, "detail": detail, "data": data}


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    try:
        return MASKING.mask_data(plain(data))
    except TypeError:
        return {key: MASKING.mask(str(value)) for key, value in data.items()}
