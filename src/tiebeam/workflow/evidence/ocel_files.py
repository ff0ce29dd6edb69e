"""The three forms of an object-centric event log: JSON, XML and SQLite, as the standard says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from tiebeam.errors import Conflict, Invalid
from tiebeam.workflow.evidence.ocel import Log

_BINARY = {"integer": "INTEGER", "float": "REAL"}


class ExportExists(Conflict):
    """There is a file of that name already."""

    code = "export_exists"


def write_log(log: Log, out: Path) -> None:
    """In the form its name ends with: .json, .jsonocel, .xml, .xmlocel or .sqlite. Raises ExportExists and Invalid."""
    if out.exists():
        raise ExportExists(f"{str(out)!r} is there already: choose another name")
    match out.suffix.lower():
        case ".json" | ".jsonocel":
            out.write_text(json.dumps(as_json(log), ensure_ascii=False, indent=1), encoding="utf-8")
        case ".xml" | ".xmlocel":
            _write_xml(log, out)
        case ".sqlite":
            _write_sqlite(log, out)
        case other:
            raise Invalid(f"{other!r} is no form of event logs: end the name in .json, .xml or .sqlite")


def as_json(log: Log) -> dict[str, Any]:
    """Values are text, as the published schema asks; the types say how to read them."""
    return {
        "objectTypes": _types(log.object_types),
        "eventTypes": _types(log.event_types),
        "objects": [
            {
                "id": one.id,
                "type": one.type,
                "attributes": [{"name": n, "time": t, "value": v} for n, v, t in one.attributes],
                "relationships": _related(one.relationships),
            }
            for one in log.objects.values()
        ],
        "events": [
            {
                "id": one.id,
                "type": one.type,
                "time": one.time,
                "attributes": [{"name": n, "value": v} for n, v in one.attributes],
                "relationships": _related(one.relationships),
            }
            for one in log.events
        ],
    }


def _types(types: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": key, "type": kind} for key, kind in attributes.items()]}
        for name, attributes in types.items()
    ]


def _related(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"objectId": other, "qualifier": qualifier} for other, qualifier in pairs]


class _Xml:
    """Elements written one after the other."""

    def __init__(self, generator: XMLGenerator) -> None:
        self._out = generator

    def open(self, tag: str, /, **attributes: str) -> None:
        named = {key.replace("_", "-"): _clean(value) for key, value in attributes.items()}
        self._out.startElement(tag, AttributesImpl(named))

    def close(self, *names: str) -> None:
        for name in names:
            self._out.endElement(name)

    def whole(self, tag: str, text: str = "", /, **attributes: str) -> None:
        self.open(tag, **attributes)
        self._out.characters(_clean(text))
        self.close(tag)


def _clean(text: str) -> str:
    """XML has no place for most control characters."""
    return "".join(letter if letter >= " " or letter in "\t\n\r" else "\ufffd" for letter in text)


def _write_xml(log: Log, out: Path) -> None:
    with out.open("w", encoding="utf-8") as target:
        generator = XMLGenerator(target, encoding="utf-8", short_empty_elements=True)
        generator.startDocument()
        xml = _Xml(generator)
        xml.open("log")
        for kind, types in (("object", log.object_types), ("event", log.event_types)):
            xml.open(f"{kind}-types")
            for name, attributes in types.items():
                xml.open(f"{kind}-type", name=name)
                xml.open("attributes")
                for key, form in attributes.items():
                    xml.whole("attribute", name=key, type=form)
                xml.close("attributes", f"{kind}-type")
            xml.close(f"{kind}-types")
        xml.open("objects")
        for one in log.objects.values():
            xml.open("object", id=one.id, type=one.type)
            xml.open("attributes")
            for key, value, since in one.attributes:
                xml.whole("attribute", value, name=key, time=since)
            xml.close("attributes")
            _xml_related(xml, one.relationships)
            xml.close("object")
        xml.close("objects")
        xml.open("events")
        for event in log.events:
            xml.open("event", id=event.id, type=event.type, time=event.time)
            xml.open("attributes")
            for key, value in event.attributes:
                xml.whole("attribute", value, name=key)
            xml.close("attributes")
            _xml_related(xml, event.relationships)
            xml.close("event")
        xml.close("events", "log")
        generator.endDocument()


def _xml_related(xml: _Xml, pairs: tuple[tuple[str, str], ...]) -> None:
    xml.open("objects")
    for other, qualifier in pairs:
        xml.whole("relationship", object_id=other, qualifier=qualifier)
    xml.close("objects")


def _write_sqlite(log: Log, out: Path) -> None:
    with closing(sqlite3.connect(out)) as db, db:
        db.executescript(
            "CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT, "
            "FOREIGN KEY (ocel_type) REFERENCES event_map_type (ocel_type));"
            "CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT, "
            "FOREIGN KEY (ocel_type) REFERENCES object_map_type (ocel_type));"
            "CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);"
            "CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);"
            "CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT, "
            "PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier), "
            "FOREIGN KEY (ocel_event_id) REFERENCES event (ocel_id), "
            "FOREIGN KEY (ocel_object_id) REFERENCES object (ocel_id));"
            "CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT, "
            "PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier), "
            "FOREIGN KEY (ocel_source_id) REFERENCES object (ocel_id), "
            "FOREIGN KEY (ocel_target_id) REFERENCES object (ocel_id));"
        )
        changing = "ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT"
        events = _make_tables(db, "event", log.event_types, "ocel_id TEXT PRIMARY KEY, ocel_time TIMESTAMP")
        objects = _make_tables(db, "object", log.object_types, changing)
        for event in log.events:
            db.execute("INSERT INTO event VALUES (?, ?)", (event.id, event.type))
            _insert(db, events[event.type], {"ocel_id": event.id, "ocel_time": event.time, **dict(event.attributes)})
            db.executemany(
                "INSERT INTO event_object VALUES (?, ?, ?)",
                [(event.id, other, qualifier) for other, qualifier in event.relationships],
            )
        for one in log.objects.values():
            db.execute("INSERT INTO object VALUES (?, ?)", (one.id, one.type))
            first = {name: value for name, value, since in one.attributes if since.startswith("1970")}
            start = {"ocel_id": one.id, "ocel_time": "1970-01-01T00:00:00.000000Z"}
            _insert(db, objects[one.type], {**start, **first})
            for name, value, since in one.attributes:
                if not since.startswith("1970"):
                    changed = {"ocel_id": one.id, "ocel_time": since, "ocel_changed_field": name, name: value}
                    _insert(db, objects[one.type], changed)
            db.executemany(
                "INSERT INTO object_object VALUES (?, ?, ?)",
                [(one.id, other, qualifier) for other, qualifier in one.relationships],
            )


def _make_tables(
    db: sqlite3.Connection, kind: str, types: Mapping[str, Mapping[str, str]], fixed: str
) -> dict[str, str]:
    """{type: its table}: names are made of letters and digits, and told apart by a number."""
    made: dict[str, str] = {}
    for number, (name, attributes) in enumerate(types.items()):
        short = "".join(word.capitalize() for word in "".join(c if c.isalnum() else " " for c in name).split())
        table = f"{short[:40] or 'Type'}{number}" if not short.isascii() or short in made.values() else short[:60]
        made[name] = f"{kind}_{table}"
        columns = "".join(f', "{key}" {_BINARY.get(form, "TEXT")}' for key, form in attributes.items())
        key = f"FOREIGN KEY (ocel_id) REFERENCES {kind} (ocel_id)"
        db.execute(f'CREATE TABLE "{made[name]}" ({fixed}{columns}, {key})')
        db.execute(f"INSERT INTO {kind}_map_type VALUES (?, ?)", (name, table))
    return made


def _insert(db: sqlite3.Connection, table: str, values: Mapping[str, str]) -> None:
    columns = ", ".join(f'"{name}"' for name in values)
    db.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join("?" * len(values))})', list(values.values()))
