"""A workspace's own rules about who may do what."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from tiebeam.spec.base import Record, Text


class AccessRule(Record):
    """One rule, or several that each carry an `@id`, laid over the built-in ones.

    `because` is the reason in words a refused or admitted person reads; `{principal}`, `{object}` and other words in
    braces are filled in. `cedar` is Cedar policy text, checked against the built-in schema when the workspace loads.
    """

    title: Text
    because: Text
    cedar: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=8000)]
