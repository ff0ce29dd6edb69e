"""Fills `tests` in docs/reference/acceptance.toml with the tests that cite each id; the status stays as it is.

A test cites ids in its docstring or in a comment inside or right above it; ids cited elsewhere in a file (in its own
docstring, in a comment at the top) count for the whole file. Ids with a hyphen (`WF-10`) count wherever they stand;
short ones (`C7`) only on a line that says `ids:` or names a hyphenated id too.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "reference" / "acceptance.toml"
LONG = re.compile(r"\b(?:EC|CA|WF|HO|PA|DX)-\d\d\b")
SHORT = re.compile(r"\b[A-G]\d{1,2}\b")
FEW = 12


def cited_ids(text: str) -> set[str]:
    found: set[str] = set()
    for line in text.splitlines():
        long = set(LONG.findall(line))
        found |= long
        if long or "ids:" in line:
            found |= set(SHORT.findall(line))
    return found


def citations(path: Path) -> Iterator[tuple[str, str]]:
    """(id, node) for each citation in a test file; the node is the file itself where no test encloses the citation."""
    text = path.read_text(encoding="utf-8")
    name = str(path.relative_to(ROOT))
    tests = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    tests = [node for node in tests if node.name.startswith("test_")]
    for line, remark in _remarks(text):
        owners = [node for node in tests if _begins(node, text) <= line <= (node.end_lineno or 0)]
        node = f"{name}::{owners[-1].name}" if owners else name
        yield from ((cited, node) for cited in cited_ids(remark))


def _begins(node: ast.FunctionDef | ast.AsyncFunctionDef, text: str) -> int:
    """The first line of the test, counting its decorators and the comments right above them."""
    lines = text.splitlines()
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    return first


def _remarks(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and token.line.lstrip().startswith(('"""', 'r"""'))
        if token.type == tokenize.COMMENT or is_docstring:
            yield token.start[0], token.string


def collect() -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path.parent.name == "rules":
            continue
        for cited, node in citations(path):
            found[cited].add(node)
    return {cited: sorted(nodes)[:FEW] for cited, nodes in found.items()}


def main() -> None:
    text = TABLE.read_text(encoding="utf-8")
    promises: dict[str, dict[str, Any]] = tomllib.loads(text)
    found = collect()
    lines = [line for line in text.splitlines() if line.startswith("#")]
    for name, entry in promises.items():
        tests = found.get(name, [])
        listed = [f"    {test!r},".replace("'", '"') for test in tests]
        lines += ["", f"[{name}]", f'about = "{entry["about"]}"', f'status = "{entry["status"]}"']
        lines += ["tests = [", *listed, "]"] if tests else ["tests = []"]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    cited = {name for name in promises if found.get(name)}
    print(f"{len(cited)} of {len(promises)} ids are cited by tests; unknown: {sorted(set(found) - set(promises))}")
    for name in sorted(cited):
        if promises[name]["status"] == "not-yet":
            print(f"  {name} is cited, but marked not-yet: {promises[name]['about']}")


if __name__ == "__main__":
    main()
