"""Every dependency has a reason on paper, and every import a declared dependency."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import Any

import pytest

from tests.rules.source_tree import ROOT, read_package

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RECORD = (ROOT / "docs/decisions/0007-dependencies.md").read_text(encoding="utf-8")

# Import name → distribution, where they differ.
DISTRIBUTIONS = {
    "opentelemetry": "opentelemetry-sdk",
    "cel": "common-expression-language",
    "facturx": "factur-x",
    "fpdf": "fpdf2",
    "jsonschema_rs": "jsonschema-rs",
    "python_multipart": "python-multipart",
}
# Imported from us, and always installed with the distribution named.
COMES_WITH = {"certifi": "httpcore", "starlette": "fastapi", "markupsafe": "jinja2", "pydantic_core": "pydantic"}
# Needed without an import of ours: by SQLAlchemy (from the database's URL), by Starlette (forms), by zoneinfo.
NEEDED_UNSEEN = {"psycopg", "python-multipart", "tzdata", "uvloop"}
# Only the makers of sample documents may import these.
SAMPLES_ONLY = {"factur-x", "fpdf2"}
PDF_LIBRARIES = {"facturx", "fitz", "pdfminer", "pdfplumber", "pikepdf", "pymupdf", "pypdf"}


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", one)[0].lower() for one in requirements}


RUNTIME = _names(PROJECT["project"]["dependencies"])
SAMPLES = _names(PROJECT["project"]["optional-dependencies"]["samples"])
EXTRAS = {name for one in PROJECT["project"]["optional-dependencies"].values() for name in _names(one)} - SAMPLES
DEVELOPMENT = _names(PROJECT["dependency-groups"]["dev"]) | _names(PROJECT["dependency-groups"]["build"])
IMPORTS = {
    (module.name, imported.target.partition(".")[0])
    for module in read_package().values()
    for imported in module.imports
    if imported.target.partition(".")[0] not in sys.stdlib_module_names | {"tiebeam", "__future__"}
}


@pytest.mark.parametrize("name", sorted(RUNTIME | EXTRAS | SAMPLES | DEVELOPMENT))
def test_a_dependency_has_its_reason_on_record(name: str) -> None:
    row = re.search(rf"^\| {re.escape(name)} \| [^|]+ \| [^|]+ \|", RECORD, re.MULTILINE)

    assert row, f"{name} is declared in pyproject.toml and has no row in docs/decisions/0007-dependencies.md"


def test_the_record_names_nothing_that_is_not_declared() -> None:
    rows = set(re.findall(r"^\| ([a-z0-9-]+) \| (?!licence)", RECORD, re.MULTILINE))

    assert rows - RUNTIME - EXTRAS - SAMPLES - DEVELOPMENT == set()


def test_every_import_has_a_declared_dependency() -> None:
    astray = {
        (module, name)
        for module, name in IMPORTS
        if DISTRIBUTIONS.get(name, COMES_WITH.get(name, name)).replace("_", "-") not in RUNTIME | EXTRAS
    }

    assert {pair for pair in astray if not _makes_samples(*pair)} == set()


def test_an_extra_is_asked_for_only_where_it_is_needed() -> None:
    early = [
        (module.name, imported.target)
        for module in read_package().values()
        for imported in module.imports
        if imported.target.partition(".")[0] in EXTRAS - RUNTIME and not imported.inside_function
    ]

    assert early == []


def test_every_runtime_dependency_is_used() -> None:
    used = {DISTRIBUTIONS.get(name, name).replace("_", "-") for _, name in IMPORTS}

    assert RUNTIME - used - NEEDED_UNSEEN == set()


def test_no_other_pdf_library_reads_documents() -> None:
    assert {
        (module, name) for module, name in IMPORTS if name in PDF_LIBRARIES and not _makes_samples(module, name)
    } == set()


def _makes_samples(module: str, name: str) -> bool:
    return DISTRIBUTIONS.get(name, name) in SAMPLES_ONLY and module.startswith("tiebeam.examples")
