"""Errors as pages: what happened, why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiebeam.errors import TiebeamError
from tiebeam.kit import MASKING, parse_iso
from tiebeam.web.people import Names
from tiebeam.web.views import Change, DecisionView, ErrorView, Link
from tiebeam.web.wording import NONE

_TITLES = {
    400: "This does not work",
    403: "You may not do this",
    404: "Nothing here",
    409: "This has moved on",
    413: "Too large",
    422: "Something is missing or wrong",
    429: "Too many attempts",
}
_BY_CODE = {
    "already_decided": "Somebody decided this first",
    "payload_changed": "The proposal has changed since you read it",
    "gates_shut": "A gate is shut",
    "not_in_service": "This workflow takes no work yet",
    "csrf_refused": "This form is too old",
}


def error_view(problem: TiebeamError, names: Names) -> ErrorView:
    """The page for an anticipated error; another reviewer's decision is shown in full."""
    decision = _decision(problem.data.get("decision"), names)
    cause, fix = MASKING.mask(problem.message), ""
    link: Link | None = None
    if decision is not None:
        cause = (
            "While you were reading, this task was decided. Your answer was not recorded, and nothing happened twice."
        )
        fix = "If you disagree, talk to the person who decided; the record stays as it is."
        link = Link("Next task", "/inbox")
    elif task := problem.data.get("task"):
        link = Link("Back to the task", f"/inbox/{task}")
    return ErrorView(
        status=problem.status,
        title=_BY_CODE.get(problem.code, _TITLES.get(problem.status, "This does not work")),
        cause=cause[:1].upper() + cause[1:],
        fix=fix,
        decision=decision,
        link=link,
    )


def unexpected(reference: str) -> ErrorView:
    return ErrorView(
        status=500,
        title="Something broke on our side",
        cause="This page could not be made. What was recorded before is safe.",
        fix="Give this reference to whoever runs Tiebeam here; the log holds the details.",
        reference=reference,
    )


def missing(path: str) -> ErrorView:
    return ErrorView(
        status=404,
        title="Nothing here",
        cause=f"There is no page {path!r}.",
        fix="It may have been moved, or the address has a slip. Ctrl K finds pages, invoices and tasks.",
    )


def _decision(found: object, names: Names) -> DecisionView | None:
    if not isinstance(found, Mapping):
        return None
    data: Mapping[str, Any] = found
    changes = tuple(
        Change(str(one.get("path", "")), _text(one.get("old")), _text(one.get("new"))) for one in data.get("diff") or ()
    )
    return DecisionView(
        verb=str(data.get("verb", "")),
        by=str(data.get("person_name") or names.person(str(data.get("person", "")))),
        at=parse_iso(str(data["at"])),
        reason=str(data.get("comment") or ""),
        payload_hash=str(data.get("payload_hash", "")),
        changes=changes,
    )


def _text(value: object) -> str:
    return NONE if value is None else str(value)
