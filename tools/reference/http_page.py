"""docs/reference/http.md: every route of the API, from its own description."""

from __future__ import annotations

from typing import Any, cast

from reference.source import page, table
from tiebeam.api import PREFIX, build_api


def render() -> str:
    # The routes only close over the application; describing them touches nothing of it.
    document: dict[str, Any] = build_api(cast("Any", object())).openapi()
    groups: dict[str, list[tuple[str, ...]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            note = operation.get("description") or operation.get("summary", "")
            groups.setdefault(tag, []).append((f"`{method.upper()} {PREFIX}{path}`", note))
    return page(
        "HTTP API",
        f"Below `{PREFIX}`; the full description in OpenAPI is served at `{PREFIX}/openapi.json`. Reading needs a "
        "session, changing also its token against cross-site requests. Errors are `application/problem+json` with "
        "the codes of [Errors](errors.md).",
        *[[f"## {tag.capitalize()}", "", *table(("route", "what it does"), groups[tag])] for tag in sorted(groups)],
    )
