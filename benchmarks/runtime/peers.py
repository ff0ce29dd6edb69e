"""The peers: their own virtual environment, made when it is missing, and their programs run in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.runtime.processes import Child

PACKAGES = (
    "langgraph",
    "langgraph-checkpoint-sqlite",
    "langgraph-checkpoint-postgres",
    "psycopg[binary,pool]",
    "dbos",
)
SHOWN = ("langgraph", "langgraph-checkpoint-sqlite", "langgraph-checkpoint-postgres", "dbos")


def prepared(folder: Path) -> Path:
    """The Python of the environment in `folder`, made and filled there when it is missing."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing the peers into {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def versions(python: Path) -> dict[str, str]:
    ask = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    done = subprocess.run([str(python), "-c", ask, *SHOWN], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def peer(python: Path, name: str, scene: str, given: Mapping[str, Any], *, scratch: Path) -> Child:
    """`name` is langgraph or dbos."""
    program = Path(__file__).with_name(f"peer_{name}.py")
    quiet = {"LANGSMITH_TRACING": "false", "PYTHONPATH": ""}
    command = [str(python), str(program), scene, json.dumps(dict(given))]
    return Child(command, scratch / f"{name}-{scene}.log", quiet)
