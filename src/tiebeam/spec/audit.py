"""How the journal is anchored elsewhere, and how long its values stay."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from tiebeam.spec.base import DottedId, Frozen, Text
from tiebeam.spec.secret import SecretRef


class AnchorFile(Frozen):
    path: Text
    """Below the workspace, or absolute; best on a machine whose administrators are not those of the database."""


class AnchorEndpoint(Frozen):
    """A place that takes each anchor as the JSON body of a POST, in order, and answers 2xx; a repeated one too."""

    url: Text
    token: SecretRef | None = None
    """Sent as `Authorization: Bearer …`."""

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError("write https://host/path; a token goes into token, as a reference")
        return value


class AnchorUse(Frozen):
    """Where anchors are kept besides the database."""

    every_minutes: int = Field(default=10, ge=1, le=1440)
    """While anything is appended; a quiet journal gets none."""
    file: tuple[AnchorFile, ...] = (AnchorFile(path=".tiebeam/anchors.jsonl"),)
    http: tuple[AnchorEndpoint, ...] = ()


class RetentionRule(Frozen):
    """Fields of the journal's entries of one kind that are removed after some days, on the record."""

    kind: Text
    """As the journal names it: "task.decided"."""
    fields: tuple[Text, ...] = Field(min_length=1)
    """Names at the top of the payload, or `actor`."""
    after_days: int = Field(ge=1, le=36500)
    reason: Text


class ArchiveUse(Frozen):
    """When runs that ended leave the database for files that anybody can read. Their journal and their costs stay."""

    runs_after_days: int | None = Field(default=None, ge=1, le=36500)
    """Since the end of the run; without it nothing leaves."""
    folder: Text = ".tiebeam/archive"
    """Below the workspace, or absolute; all workers must reach it."""
    keep: tuple[DottedId, ...] = ()
    """Intents whose runs never leave."""
