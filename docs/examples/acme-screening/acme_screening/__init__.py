"""New suppliers against a list of denied parties: a plain function becomes a durable step that people answer for."""

import csv
from pathlib import Path

from rapidfuzz import fuzz

from tiebeam.workflow.extend import Connection, Connector, StepCall, StepFailed, step


def closest(name: str, parties: list[str]) -> dict[str, object]:
    """The function as it was before: it knows nothing of workflows."""
    found = sorted(((round(fuzz.WRatio(name.casefold(), one.casefold())), one) for one in parties), reverse=True)
    hits = [{"party": one, "likeness": likeness} for likeness, one in found[:5] if likeness >= 85]
    return {"outcome": "hit" if hits else "clear", "hits": hits}


@step("acme.screen", effect="idempotent")
def screen(name: str, call: StepCall) -> dict[str, object]:
    parties = call.services.system("denied-parties")()
    if not parties:
        raise StepFailed("the list of denied parties is empty, and nobody is cleared against an empty list")
    return closest(name, parties)


def _open(connection: Connection):
    path = Path(connection.workspace, connection.location())
    return lambda: [row["name"] for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]


denied_list = Connector("denied-list", "A CSV file of denied parties, read anew each time", _open)
