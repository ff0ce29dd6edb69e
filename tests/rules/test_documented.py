"""What a user can type, set or meet is documented, and no page points nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.source_tree import PACKAGE, ROOT, read_package, repository_files

REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted(path for path in repository_files() if path.suffix == ".md" and "examples" not in path.parts)


def test_the_reference_is_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "tools/make_reference.py", "--check"], cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_has_a_heading() -> None:
    script = "import sys; sys.path.insert(0, 'tools'); from reference.cli_page import commands; "
    done = subprocess.run(
        [sys.executable, "-c", f"{script}print('\\n'.join(commands()))"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = done.stdout.splitlines()

    assert len(names) > 10
    assert [name for name in names if f"## `{name}`" not in _page("cli.md")] == []


def test_every_environment_variable_is_described() -> None:
    used = {name for module in read_package().values() for name in re.findall(r"\bTIEBEAM_[A-Z_]*[A-Z]\b", module.text)}

    assert used
    assert [name for name in sorted(used) if f"| `{name}` |" not in _page("settings.md")] == []


def test_every_key_of_the_workspace_file_is_described() -> None:
    page = _page("settings.md")
    settings = (PACKAGE / "spec" / "workspace.py").read_text(encoding="utf-8")
    sections = re.findall(r"^    (\w+): \w+ = \w+\(\)$", settings, re.MULTILINE)

    assert sections
    assert [name for name in sections if f"### `[{name}]`" not in page] == []


def test_every_error_code_has_a_heading() -> None:
    codes = {
        code
        for module in read_package().values()
        for code in re.findall(r"^    code(?:: ClassVar\[str\])? = \"(\w+)\"$", module.text, re.MULTILINE)
    }

    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"## `{code}`" not in _page("errors.md")] == []


def test_every_room_guide_and_decision_is_reached_from_its_index() -> None:
    rooms = {f"{folder.parent.name}/README.md" for folder in PACKAGE.glob("*/__init__.py")}
    guides = {path.name for path in (ROOT / "docs" / "guides").glob("*.md")} - {"README.md"}
    decisions = {path.name for path in (ROOT / "docs" / "decisions").glob("*.md")} - {"README.md"}

    assert _missing("rooms", rooms) == []
    assert _missing("guides", guides) == []
    assert _missing("decisions", decisions) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_says_what_was_weighed_and_which_check_holds_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert re.match(rf"# {page.name[:4]}:? \w", text)
    assert "**Decided" in text
    assert re.search(r"\*\*(Weighed|Considered)", text)
    assert re.search(r"\*\*(Held|Checked) by", text)
    assert len(text.splitlines()) < 90


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_our_own_files_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    ours = [link for link in links if "://" not in link and not link.startswith("mailto:")]

    assert [link for link in ours if not (page.parent / link).exists()] == []


def _page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def _missing(folder: str, names: set[str]) -> list[str]:
    index = (ROOT / "docs" / folder / "README.md").read_text(encoding="utf-8")
    return sorted(name for name in names if name not in index)
