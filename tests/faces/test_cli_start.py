"""Help, making a workspace, and what is told when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.faces.terminal import INTENT, Terminal, finish, start
from tiebeam import __version__
from tiebeam.cli import documents as documents_module
from tiebeam.cli.main import cli, run_cli


def _commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


COMMANDS = list(_commands())


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) > 30


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_explains_itself_and_its_options(
    tiebeam: Terminal, path: tuple[str, ...], command: click.Command
) -> None:
    said = tiebeam(*path, "--help")

    assert (said.code, said.err) == (0, "")
    assert re.match(r"[A-Z].+\.", command.help or ""), "begins with no sentence"
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


def test_alone_it_prints_its_help(tiebeam: Terminal) -> None:
    said = tiebeam()

    assert said.code == 0
    assert "tiebeam init DIR" in said.out
    assert "..." not in said.out.split("Commands:")[1]
    assert __version__ in tiebeam("--version").out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(("rnu",), "run"), (("runs", "shwo"), "show"), (("docments",), "documents"), (("journal", "verfy"), "verify")],
)
def test_a_mistyped_command_is_met_with_the_nearest(tiebeam: Terminal, typed: tuple[str, ...], meant: str) -> None:
    said = tiebeam(*typed)

    assert said.code == 2
    assert "did you mean" in said.err
    assert meant in said.err


def test_an_unknown_option_and_a_missing_argument_are_wrong_use(tiebeam: Terminal) -> None:
    assert tiebeam("run", "--josn").code == 2
    assert tiebeam("decide").code == 2
    assert tiebeam("runs").code == 2


def test_init_makes_a_workspace_that_is_in_service(tiebeam: Terminal) -> None:
    said = tiebeam("init", "ws", "--json")

    assert said.code == 0
    assert said.json["workflows"] == {INTENT: "pilot"}
    assert said.json["shut"] == []
    assert (Path("ws") / "tiebeam.toml").is_file()
    assert tiebeam("check", "--workspace", "ws").code == 0


def test_init_twice_says_to_take_another_folder(tiebeam: Terminal) -> None:
    tiebeam("init", "ws")
    said = tiebeam("init", "ws")

    assert (said.code, said.out) == (1, "")
    assert "'ws' is not empty" in said.err
    assert "[folder_not_empty]" in said.err


def test_an_unknown_example_is_met_with_the_known_ones(tiebeam: Terminal) -> None:
    said = tiebeam("init", "ws", "--example", "harbor-tools")

    assert said.code in {1, 2}
    assert "harbour-tools" in said.err
    assert not Path("ws").exists()


@pytest.mark.parametrize(
    "arguments", [("run", INTENT, "."), ("inbox",), ("runs", "list"), ("ledger", "summary"), ("serve",), ("check",)]
)
def test_without_a_workspace_it_says_how_to_make_one(tiebeam: Terminal, arguments: tuple[str, ...]) -> None:
    said = tiebeam(*arguments)

    assert (said.code, said.out) == (1, "")
    assert "tiebeam init" in said.err
    assert "[no_workspace]" in said.err


def test_the_workspace_is_found_from_a_folder_within(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace / "people")

    assert tiebeam("status", "--json").json["workflows"][0]["stage"] == "pilot"


def test_an_internal_error_has_a_reference_and_a_private_file(
    tiebeam: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(documents_module, "_files", fails)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = tiebeam("documents", "read", "x.xml")

    assert said.code == 3
    assert "secret" not in said.err
    found = re.search(r"reference (\w+); the details are in (\S+)", said.err)
    assert found is not None
    assert found[1] in found[2]
    assert "a secret of ours" in Path(found[2]).read_text(encoding="utf-8")
    assert Path(found[2]).stat().st_mode & 0o077 == 0


def test_a_broken_file_is_named_with_its_line_and_the_fix(tiebeam: Terminal, fresh_workspace: Path) -> None:
    (fresh_workspace / "teams" / "broken.toml").write_text('title = "x"\nlead = = 3\n', encoding="utf-8")

    said = tiebeam("check", "--workspace", fresh_workspace)
    opening = tiebeam("status", "--workspace", fresh_workspace)

    assert said.code == opening.code == 1
    for text in (said.out, opening.err):
        assert "broken.toml:2" in text
        assert "fix" in text.lower()


def test_a_workspace_that_works_goes_on_with_what_is_in_force(tiebeam: Terminal, workspace: Path) -> None:
    (workspace / "teams" / "broken.toml").write_text("= 3\n", encoding="utf-8")

    assert tiebeam("status", "--workspace", workspace).code == 0
    said = tiebeam("apply", "--workspace", workspace)
    assert (said.code, "broken.toml:1" in said.err) == (1, True)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://bob:hush-hush@127.0.0.1:1/books",
        "postgresql://bob:hush-hush@127.0.0.1:port/books",
        "sqlite:////proc/nowhere/x.sqlite",
        "no url",
    ],
)
def test_a_database_out_of_reach_is_told_without_its_password(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("TIEBEAM_DATABASE_URL", url)
    said = tiebeam("runs", "list", "--workspace", workspace)

    assert said.code == 1
    assert "TIEBEAM_DATABASE_URL" in said.err
    assert "hush" not in said.err


def test_a_file_that_is_no_database_is_told(tiebeam: Terminal, workspace: Path) -> None:
    (workspace / ".tiebeam" / "tiebeam.sqlite").write_bytes(b"x" * 4096)
    for name in ("tiebeam.sqlite-wal", "tiebeam.sqlite-shm"):
        (workspace / ".tiebeam" / name).unlink(missing_ok=True)
    said = tiebeam("runs", "list", "--workspace", workspace)

    assert said.code == 1
    assert "not a database" in said.err


def test_the_real_entry_point_ends_with_the_code(tmp_path: Path) -> None:
    assert finish(start("--help", cwd=tmp_path)).code == 0
    assert finish(start("inbox", cwd=tmp_path)).code == 1
    assert finish(start("inbocks", cwd=tmp_path)).code == 2


def test_a_name_that_acts_for_nobody_is_told(tiebeam: Terminal, workspace: Path) -> None:
    said = tiebeam("inbox", "--workspace", workspace, "--person", "ber")

    assert said.code == 1
    assert "'ber'" in said.err


def test_a_second_workspace_on_the_same_database_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIEBEAM_DATABASE_URL", f"sqlite:///{tmp_path / 'shared.sqlite'}")
    assert run_cli(["init", str(tmp_path / "one"), "--example", "empty"]) == 0
    assert run_cli(["init", str(tmp_path / "two"), "--example", "harbour-tools"]) == 0
    capsys.readouterr()
    assert run_cli(["workflows", "--workspace", str(tmp_path / "two"), "--json"]) == 0
    assert "Jonas Petersen" in capsys.readouterr().out
