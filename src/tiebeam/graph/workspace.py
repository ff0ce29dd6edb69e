"""Making a workspace and finding the one a command is meant for."""

from __future__ import annotations

import shutil
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from tiebeam.errors import Conflict, NotFound
from tiebeam.graph.loading import SETTINGS_FILE

_IGNORED = "# Made at run time; what people author is everything else.\n.tiebeam/\noutside/\n"


class NoWorkspace(NotFound):
    """Neither the folder nor one above it holds a `tiebeam.toml`."""

    code = "no_workspace"


class UnknownExample(NotFound):
    """No example workspace has that name."""

    code = "unknown_example"


class FolderNotEmpty(Conflict):
    """A workspace is only made in a new or empty folder, so that nothing of yours is overwritten."""

    code = "folder_not_empty"


def list_examples() -> list[str]:
    """The names `init_workspace` knows."""
    root = _examples_root()
    return sorted(folder.name for folder in root.iterdir() if (folder / SETTINGS_FILE).is_file())


def init_workspace(target: Path, *, example: str) -> list[Path]:
    """Copy an example workspace to `target` and return the files written. Raises UnknownExample, FolderNotEmpty."""
    names = list_examples()
    if example not in names:
        near = get_close_matches(example, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(names)}."
        raise UnknownExample(f"no example is called {example!r}; {hint}", example=example, known=names)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FolderNotEmpty(f"{str(target)!r} is not empty; name a new folder", folder=str(target))
    root = _examples_root() / example
    written: list[Path] = []
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_dir() or path.suffix in {".py", ".pyc"} or any(part.startswith("_") for part in relative.parts):
            continue
        copy = target / relative
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        written.append(copy)
    ignore = target / ".gitignore"
    ignore.write_text(_IGNORED, encoding="utf-8")
    return [*written, ignore]


def find_workspace(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a `tiebeam.toml`. Raises NoWorkspace."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise NoWorkspace(
        f"no {SETTINGS_FILE} in {str(here)!r} or above it; make a workspace with `tiebeam init DIR --example empty`,"
        " or name one with --workspace DIR",
        folder=str(here),
    )


def _examples_root() -> Path:
    return Path(str(files("tiebeam"))) / "examples"
