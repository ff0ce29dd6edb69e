"""docs/reference/http.md: every route of the API, from its own description."""

from __future__ import annotations

from typing import Any

from reference.source import page, table
from tiebeam.api import describe


def render() -> str:
    document: dict[str, Any] = describe()
    rows = [
        (f"`{method.upper()}`", f"`{path}`", operation.get("summary", ""))
        for path, operations in sorted(document["paths"].items())
        for method, operation in operations.items()
    ]
    return page(
        "HTTP API",
        "The product's own API is below `/api/v1`; its full description in OpenAPI is served at "
        "`/api/v1/openapi.json`.",
        table(("method", "path", "what it does"), rows),
    )
