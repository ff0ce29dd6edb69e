"""Templates to responses: the environment, the links built from the current query, the shell around every page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from tiebeam.kit import visible
from tiebeam.web import wording

ROOT = Path(__file__).parent
STATIC = ROOT / "static"


_INDENTATION = re.compile(r"\n\s+(?=<(?!/(?:textarea|pre)))")
"""Space between tags that stand on lines of their own; what people wrote never begins with a tag of ours."""


@dataclass(frozen=True, slots=True)
class Here:
    """The address of the page. Every link that keeps the reader's place is built by calling it."""

    path: str
    params: tuple[tuple[str, str], ...] = ()

    def __call__(self, path: str = "", **changes: object) -> str:
        """The current query with `changes` applied (None or an empty text removes), at `path` or at this page."""
        kept = {name: value for name, value in self.params if name not in changes}
        kept |= {name: str(value) for name, value in changes.items() if value not in (None, "")}
        query = urlencode(kept)
        return f"{path or self.path}?{query}" if query else path or self.path

    def fields(self, *without: str) -> list[tuple[str, str]]:
        """The current query as hidden form fields, less the named ones."""
        return [(name, value) for name, value in self.params if name not in without]


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page shows around its content."""

    here: Here
    now: datetime
    person: str = ""
    person_roles: str = ""
    csrf: str = ""
    workspace: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    theme: str = ""
    open_tasks: int = 0
    """What waits for this person; printed beside Inbox."""
    passing: str = ""
    """A message shown once, after something was done."""
    upload_intents: tuple[tuple[str, str], ...] = ()
    """(intent id, title) of what this person may start by dropping documents."""
    can_audit: bool = True
    can_operate: bool = False


def assets_version() -> str:
    """Changes whenever any static file does, so that browsers may keep them for ever."""
    total = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:12]


def _time(at: datetime | None, shell: Shell, style: str = "moment") -> Markup:
    """A <time>: `moment`, `ago`, or `until` (kept counting by the browser)."""
    if at is None:
        return escape(wording.NONE)
    text = {
        "moment": lambda: wording.moment(at, shell.zone, shell.now),
        "ago": lambda: wording.ago(at, shell.now),
        "until": lambda: wording.until(at, shell.now),
    }[style]()
    # Relative words need the full moment as a hint; the browser adds the reader's own clock to the others.
    title = Markup("") if style == "moment" else Markup(' title="{}"').format(wording.moment(at, shell.zone))
    counting = Markup(" data-countdown") if style == "until" else ""
    machine = at.isoformat(timespec="seconds")
    return Markup('<time datetime="{}"{}{}>{}</time>').format(machine, title, counting, text)


def _marked(text: str, needle: str) -> Markup:
    """`text` with the first occurrence of `needle` highlighted."""
    if not needle or needle not in text:
        return escape(text)
    before, after = text.split(needle, 1)
    return Markup("{}<mark>{}</mark>{}").format(before, needle, after)


def _shown(value: Any) -> Any:
    """Whatever a template prints: letters that hide or turn round others are made visible, in attributes as well."""
    if isinstance(value, Markup):
        return Markup(visible(str(value)))  # noqa: S704 - safe before, and only such letters are replaced by plain text
    return visible(value) if isinstance(value, str) else value


FILTERS: Mapping[str, Callable[..., Any]] = {
    "money": wording.money,
    "usd": wording.usd,
    "quantity": wording.quantity,
    "percent": wording.percent,
    "duration": wording.duration,
    "day": wording.day,
    "short_id": wording.short_id,
    "bytes": wording.bytes_text,
    "initials": wording.initials,
    "pretty": wording.pretty_json,
    "in_words": wording.in_words,
    "sentence": wording.sentence,
    "time": _time,
    "marked": _marked,
}


class Renderer:
    """Renders pages; made once per application."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(ROOT / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )
        self.version = assets_version()
        shared: dict[str, Any] = {"assets": f"/static/{self.version}"}
        self._environment.globals.update(shared)
        self._environment.filters.update(FILTERS)

    def text(self, template: str, *, shell: Shell, **view: Any) -> str:
        """The page as text; `view` holds the view model and nothing that is not shown."""
        html = self._environment.get_template(template).render(shell=shell, here=shell.here, **view)
        return _INDENTATION.sub("\n", html)

    def page(
        self, template: str, *, shell: Shell, status: int = 200, headers: Mapping[str, str] | None = None, **view: Any
    ) -> HTMLResponse:
        return HTMLResponse(self.text(template, shell=shell, **view), status_code=status, headers=headers)
