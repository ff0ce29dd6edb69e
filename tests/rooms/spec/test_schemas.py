"""Every noun has a JSON Schema, and the library's own files satisfy it. ids: A3"""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tiebeam.graph import library_root
from tiebeam.spec import json_schemas

NOUNS = {
    "intents": "intent",
    "recipes": "recipe",
    "roles": "role",
    "patterns": "pattern",
    "handoffs": "handoff-protocol",
    "agents": "agent",
    "budgets": "budget",
    "evals": "evaluation-set",
    "tracks": "training-track",
    "models": "model",
    "accelerators": "accelerator",
    "gpus": "gpu-offer",
    "architectures": "architecture",
    "measurements": "measurement",
    "studies": "study",
}
EXAMPLES = library_root().parent / "examples"
EXAMPLE_NOUNS = {**NOUNS, "people": "person", "teams": "team", "systems": "system", "adoptions": "adoption"} | {
    "pricing": "pricing-model",
    "proposals": "proposal",
}


SCHEMAS = json_schemas()


def _content(path: Path) -> Any:
    # Schema validators know no dates; files of other programs carry them as text.
    parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    return json.loads(json.dumps(parsed, default=lambda value: value.isoformat() if isinstance(value, date) else value))


def _noun_of(path: Path) -> str | None:
    if path.name == "tiebeam.toml":
        return "workspace"
    if path.name == "units.toml":
        return "units"
    return next((noun for folder, noun in EXAMPLE_NOUNS.items() if folder in path.parts), None)


def test_every_noun_has_a_schema_without_the_id_its_path_gives() -> None:
    assert set(NOUNS.values()) | {"step", "person", "team", "system", "adoption", "policy", "price"} <= set(SCHEMAS)
    for noun, schema in SCHEMAS.items():
        jsonschema_rs.validator_for(schema)
        assert schema["additionalProperties"] is False, noun
        assert ("id" in schema["properties"]) == (noun == "step"), noun


@pytest.mark.parametrize(
    "path",
    [path for root in (library_root(), EXAMPLES) for path in sorted(root.rglob("*.toml")) if _noun_of(path)],
    ids=lambda path: path.stem,
)
def test_a_declared_file_satisfies_the_schema_of_its_noun(path: Path) -> None:
    noun = _noun_of(path)
    assert noun is not None
    jsonschema_rs.validator_for(SCHEMAS[noun]).validate(_content(path))
