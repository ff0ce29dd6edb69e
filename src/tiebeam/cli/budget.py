"""Verbs about the budget frame: technology spend of a year against revenue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    person_option,
    print_json,
    print_table,
    workspace_option,
    xlsx_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.frame import FrameView


@click.group(cls=Group)
def budget() -> None:
    """What a company may spend on technology, who spends it, and who answers for it."""


@budget.command("frame")
@asks("intent.view", "catalogue")
@click.argument("name", required=False)
@xlsx_option
@workspace_option
@person_option
@json_option
def frame(name: str | None, xlsx: Path | None, workspace: Path | None, person: str | None, as_json: bool) -> int:
    """The frame NAME, or the latest: IT spend against the band of revenue, spend outside IT, and what is missing.

    Exits with 1 when something is found.
    """
    from tiebeam.economics import workbook
    from tiebeam.economics.frame import frame_form, frame_sheet
    from tiebeam.http import seen_frame

    check_output(xlsx)
    with calling(workspace, person) as caller:
        view = seen_frame(caller, name)
    if xlsx is not None:
        xlsx.write_bytes(workbook(frame_sheet(view)))
    if as_json:
        print_json(frame_form(view))
    else:
        _print(view)
    return 1 if view.findings else 0


def _print(view: FrameView) -> None:
    click.echo(f"{view.frame.title}\n{view.said()}\n")
    rows = [
        (
            one.line.title,
            one.line.domain,
            "outside IT" if one.line.outside_it else "IT",
            f"{one.line.amount_per_year:,.0f}",
            f"{one.share:.2%}",
            one.line.owner or "",
        )
        for one in view.lines
    ]
    print_table(("line", "domain", "paid by", "a year", "of revenue", "answers for it"), rows)
    for found in view.findings:
        click.echo(f"\n{found.finding.value}: {found.message}")
