"""Writes docs/reference from the code, so that it cannot drift; `--check` only says which pages would change."""

from __future__ import annotations

import sys
from pathlib import Path

from reference import (
    acceptance_page,
    cli_page,
    errors_page,
    http_page,
    library_page,
    records_page,
    settings_page,
)

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"

PAGES = {
    "acceptance.md": acceptance_page.render,
    "cli.md": cli_page.render,
    "errors.md": errors_page.render,
    "http.md": http_page.render,
    "library.md": library_page.render,
    "records.md": records_page.render,
    "settings.md": settings_page.render,
}


def main(arguments: list[str]) -> int:
    stale: list[str] = []
    for name, render in PAGES.items():
        path = FOLDER / name
        text = render()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    if "--check" not in arguments:
        print(f"docs/reference: {len(stale)} of {len(PAGES)} pages written anew")
        return 0
    for name in stale:
        print(f"docs/reference/{name} is out of date; run 'make docs'")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
