"""What every JSON body has in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Body(BaseModel):
    """Knows its fields and refuses others, so that nobody believes a claim such as `person` was heard."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _check_text(cls, value: Any) -> Any:
        if not all(_is_text(text) for text in _texts(value)):
            raise ValueError("text may hold neither NUL nor half of a surrogate pair")
        return value


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included. Without recursion: a body may be nested deeper than our stack."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as mapping:
                waiting.extend(mapping.keys())
                waiting.extend(mapping.values())
            case list() as items:
                waiting.extend(items)
            case _:
                pass


def _is_text(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
