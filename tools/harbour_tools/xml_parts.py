"""XML as text, in the order of its schema."""

from __future__ import annotations

from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr


def tag(name: str, *content: str, **attributes: str) -> str:
    """An element around elements made by `tag` or text made by `text`; nothing at all when it would be empty."""
    inner = "".join(content)
    if not inner:
        return ""
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{given}>{inner}</{name}>"


def text(value: object) -> str:
    return "" if value is None else escape(number(value) if isinstance(value, Decimal) else str(value))


def number(value: Decimal) -> str:
    return format(value, "f")


def document(root: str, namespaces: dict[str, str], *content: str) -> bytes:
    declared = "".join(f" {name}={quoteattr(uri)}" for name, uri in namespaces.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{declared}>{"".join(content)}</{root}>\n'.encode()
