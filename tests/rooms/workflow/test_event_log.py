"""Runs as an object-centric event log: the shape the standard publishes, in all three forms."""

from __future__ import annotations

import json
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest

from tiebeam.errors import Invalid
from tiebeam.workflow.evidence import ExportExists, Log, as_json, write_log
from tiebeam.workflow.evidence.ocel import OcelEvent, OcelObject

AT, LATER = "2026-03-02T09:00:00.000000Z", "2026-03-02T10:00:00.000000Z"
FIRST = "1970-01-01T00:00:00.000000Z"


def log() -> Log:
    run = OcelObject(
        "run:1",
        "run",
        (("intent", "a.b", FIRST), ("state", "running", AT), ("state", "done", LATER), ("amount", "12.50", FIRST)),
        (("document:d", "about"),),
    )
    related = (("run:1", "run"), ("document:d", "document"))
    events = [
        OcelEvent("1:start", "run started", AT, (), related),
        OcelEvent("1:post", "Post & pay <now>", LATER, (("step", "post"), ("outcome", "ok\x01")), related),
    ]
    return Log(events, {"run:1": run, "document:d": OcelObject("document:d", "document")})


def test_json_has_the_four_lists_with_values_as_text(tmp_path: Path) -> None:
    write_log(log(), tmp_path / "log.json")
    made = json.loads((tmp_path / "log.json").read_text())
    assert made == as_json(log())
    assert set(made) == {"objectTypes", "eventTypes", "objects", "events"}
    declared = {one["name"]: {a["name"] for a in one["attributes"]} for one in made["eventTypes"] + made["objectTypes"]}
    known = {one["id"] for one in made["objects"]}
    for one in made["events"] + made["objects"]:
        assert {a["name"] for a in one["attributes"]} <= declared[one["type"]]
        assert all(isinstance(a["value"], str) for a in one["attributes"])
        assert {r["objectId"] for r in one["relationships"]} <= known
    assert {a["type"] for one in made["objectTypes"] for a in one["attributes"]} <= {"string", "float", "time"}


def test_xml_is_well_formed_whatever_the_text(tmp_path: Path) -> None:
    write_log(log(), tmp_path / "log.xml")
    root = ET.parse(tmp_path / "log.xml").getroot()
    assert [child.tag for child in root] == ["object-types", "event-types", "objects", "events"]
    event = root.findall("events/event")[1]
    assert event.get("type") == "Post & pay <now>"
    assert [one.get("object-id") for one in event.findall("objects/relationship")] == ["run:1", "document:d"]


def test_sqlite_has_a_table_for_each_type_and_its_changes(tmp_path: Path) -> None:
    write_log(log(), tmp_path / "log.sqlite")
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("SELECT count(*) FROM event_object").fetchone() == (4,)
        (table,) = db.execute("SELECT ocel_type_map FROM object_map_type WHERE ocel_type = 'run'").fetchone()
        rows = db.execute(f"SELECT ocel_time, ocel_changed_field, state, amount FROM object_{table}").fetchall()
    assert rows == [(FIRST, None, None, 12.5), (AT, "state", "running", None), (LATER, "state", "done", None)]


def test_an_export_replaces_nothing_and_names_the_forms(tmp_path: Path) -> None:
    write_log(log(), tmp_path / "log.json")
    with pytest.raises(ExportExists, match=r"log\.json"):
        write_log(log(), tmp_path / "log.json")
    with pytest.raises(Invalid, match=r"\.txt"):
        write_log(log(), tmp_path / "log.txt")
