"""As whom commands act: a token, who signed in here, the owner of the machine; and never because somebody says so."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR
from tests.faces.terminal import Terminal, sign_in_here
from tiebeam.cli.credentials import SignedIn, changing, read_signed_in


def whoami(tiebeam: Terminal, workspace: Path, *more: str) -> str:
    said = tiebeam("whoami", "--json", "--workspace", workspace, *more)
    assert said.code == 0, said.err
    return said.json["person"]


@pytest.fixture
def file() -> Path:
    return Path(os.environ["TIEBEAM_CREDENTIALS"])


def test_the_owner_of_the_machine_acts_without_signing_in(tiebeam: Terminal, workspace: Path) -> None:
    said = tiebeam("whoami", "--json", "--workspace", workspace)
    again = tiebeam("whoami", "--json", "--workspace", workspace)

    assert (said.json["person"], said.json["method"]) == (ADMINISTRATOR, "machine")
    assert said.json["subject"].startswith("machine:")
    assert said.json["session"] == again.json["session"]


def test_a_person_whose_record_names_the_user_is_the_owner(tiebeam: Terminal, workspace: Path) -> None:
    user = tiebeam("whoami", "--json", "--workspace", workspace).json["subject"].removeprefix("machine:")
    record = workspace / "people" / "carl.toml"
    record.write_text(f'machine_user = "{user}"\n{record.read_text(encoding="utf-8")}', encoding="utf-8")
    assert tiebeam("apply", "--workspace", workspace).code == 0

    assert whoami(tiebeam, workspace) == "carl"
    assert tiebeam("apply", "--workspace", workspace).code == 1


def test_who_does_not_own_the_file_must_sign_in(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert whoami(tiebeam, workspace) == ADMINISTRATOR
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    said = tiebeam("whoami", "--workspace", workspace)

    assert said.code == 1
    assert "not_machine_owner" in said.err
    assert "tiebeam login --link" in said.err


def test_a_workspace_may_ask_everybody_to_sign_in(tiebeam: Terminal, workspace: Path) -> None:
    sign_in_here(tiebeam, workspace, ADMINISTRATOR)
    settings = workspace / "tiebeam.toml"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n[access]\nmachine_owner = false\n", encoding="utf-8")
    assert tiebeam("apply", "--workspace", workspace).code == 0
    assert whoami(tiebeam, workspace) == ADMINISTRATOR
    assert tiebeam("logout", "--workspace", workspace).code == 0

    assert "machine_owner = false" in tiebeam("whoami", "--workspace", workspace).err
    assert tiebeam("login", "--person", "bea", "--workspace", workspace).code == 1


def test_saying_to_be_somebody_signs_nobody_in(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tiebeam("inbox", "--workspace", workspace, "--person", "bea")
    monkeypatch.setenv("TIEBEAM_PERSON", "bea")
    meant = tiebeam("inbox", "--workspace", workspace)

    for one in (said, meant):
        assert one.code == 1
        assert "not_signed_in" in one.err
        assert "tiebeam login --person bea" in one.err


def test_a_session_for_a_colleague_says_who_opened_it(tiebeam: Terminal, workspace: Path) -> None:
    """ids: HO-02"""
    said = tiebeam("login", "--person", "bea", "--json", "--workspace", workspace)

    assert (said.json["person"], said.json["method"]) == ("bea", "link")
    assert said.json["vouched_by"] == ADMINISTRATOR
    assert whoami(tiebeam, workspace) == "bea"
    assert whoami(tiebeam, workspace, "--person", ADMINISTRATOR) == ADMINISTRATOR
    journal = tiebeam(
        "journal", "list", "--stream", "person:bea", "--json", "--workspace", workspace, "--person", ADMINISTRATOR
    )
    assert "access.link-created" in journal.out


def test_the_token_comes_first_then_who_signed_in_then_the_owner(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert whoami(tiebeam, workspace) == ADMINISTRATOR
    sign_in_here(tiebeam, workspace, "carl")
    assert whoami(tiebeam, workspace) == "carl"
    sign_in_here(tiebeam, workspace, "bea")
    assert whoami(tiebeam, workspace) == "bea"
    assert whoami(tiebeam, workspace, "--person", "carl") == "carl"
    made = tiebeam(
        *("tokens", "create", "script", "--scope", "read", "--expires", "30d", "--json"), "--workspace", workspace
    )
    assert tiebeam("logout", "--all", "--workspace", workspace).code == 0
    monkeypatch.setenv("TIEBEAM_TOKEN", made.json["secret"])
    assert whoami(tiebeam, workspace) == "bea"
    wrong = tiebeam("whoami", "--person", "carl", "--workspace", workspace)
    assert "TIEBEAM_TOKEN is set" in wrong.err
    assert tiebeam("decide", "task_0", "--verb", "approve", "--workspace", workspace).code == 1
    monkeypatch.setenv("TIEBEAM_TOKEN", f"{made.json['secret'][:-1]}_")
    assert "token_refused" in tiebeam("whoami", "--workspace", workspace).err
    monkeypatch.delenv("TIEBEAM_TOKEN")
    assert whoami(tiebeam, workspace) == ADMINISTRATOR


def test_a_session_that_ended_is_told_and_nobody_else_takes_its_place(tiebeam: Terminal, workspace: Path) -> None:
    sign_in_here(tiebeam, workspace, "bea")
    (session,) = tiebeam("sessions", "list", "--json", "--workspace", workspace).json["rows"]
    ended = tiebeam("sessions", "revoke", session["id"], "--workspace", workspace, "--person", ADMINISTRATOR)
    said = tiebeam("whoami", "--workspace", workspace)

    assert ended.code == 0, ended.err
    assert said.code == 1
    assert "session_ended" in said.err
    assert tiebeam("logout", "--workspace", workspace).code == 0
    assert whoami(tiebeam, workspace) == ADMINISTRATOR


def test_tokens_are_made_listed_and_revoked(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ids: G1"""
    here = ("--workspace", workspace)
    made = tiebeam("tokens", "create", "clerk", "--scope", "read", "--for", "agent:invoice-clerk", "--json", *here)
    shown = tiebeam("tokens", "create", "mine", "--scope", "read", "--expires", "2027-01-31", *here)

    assert made.json["secret"].startswith(made.json["id"])
    assert made.json["warnings"]
    assert shown.out.startswith("tb_p_")
    assert "shown this once" in shown.err
    listed = tiebeam("tokens", "list", *here)
    assert made.json["id"] in listed.out
    assert made.json["secret"] not in listed.out
    monkeypatch.setenv("TIEBEAM_TOKEN", made.json["secret"])
    assert tiebeam("whoami", "--json", *here).json["actor"] == "agent:invoice-clerk"
    assert tiebeam("runs", "list", *here).code == 0
    monkeypatch.delenv("TIEBEAM_TOKEN")
    assert tiebeam("tokens", "revoke", made.json["id"], *here).out == f"revoked: {made.json['id']}\n"
    for wrong in (("--expires", "soon"), (), ("--expires", "9999d")):
        assert tiebeam("tokens", "create", "x", "--scope", "read", *wrong, *here).code == 1


def test_a_token_is_remembered_from_standard_input_alone(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    import io

    here = ("--workspace", workspace)
    made = tiebeam("tokens", "create", "x", "--scope", "read", "--expires", "30d", "--json", *here).json
    assert tiebeam("login", "--token", made["secret"], *here).code == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{made['secret']}\n"))
    assert tiebeam("login", "--token", "-", *here).code == 0
    assert tiebeam("whoami", "--json", *here).json["method"] == "token"
    assert made["secret"] in file.read_text(encoding="utf-8")
    assert tiebeam("logout", *here).code == 0
    assert made["secret"] not in file.read_text(encoding="utf-8")


def test_the_credentials_are_their_owner_s_alone(tiebeam: Terminal, workspace: Path, file: Path) -> None:
    sign_in_here(tiebeam, workspace, "bea")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir() if path.suffix not in {".json", ".lock"}] == []
    for mode in (0o640, 0o604, 0o666):
        file.chmod(mode)
        said = tiebeam("whoami", "--workspace", workspace)
        assert said.code == 1
        assert f"chmod 600 {file}" in said.err
    file.chmod(0o600)
    assert whoami(tiebeam, workspace) == "bea"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99, "installations": {}}'])
def test_a_broken_credentials_file_is_told(tiebeam: Terminal, workspace: Path, file: Path, content: str) -> None:
    file.parent.mkdir()
    file.touch(0o600)
    file.write_text(content, encoding="utf-8")
    said = tiebeam("whoami", "--workspace", workspace)
    assert said.code == 1
    assert "credentials_exposed" in said.err


def test_each_installation_is_remembered_by_itself(
    tiebeam: Terminal, workspace: Path, tmp_path: Path, file: Path
) -> None:
    other = tmp_path / "other"
    assert tiebeam("init", other).code == 0
    sign_in_here(tiebeam, workspace, "bea")
    assert whoami(tiebeam, workspace) == "bea"
    assert whoami(tiebeam, other) == ADMINISTRATOR
    assert len(json.loads(file.read_text(encoding="utf-8"))["installations"]) == 1


def test_a_failure_while_writing_leaves_the_credentials_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    with changing(path, "one") as kept:
        kept.secrets["person:ada"] = "secret"

    def interrupted() -> None:
        with changing(path, "one") as kept:
            kept.secrets.clear()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert read_signed_in(path, "one").secrets == {"person:ada": "secret"}
    assert "secret" not in repr(SignedIn(secrets={"person:ada": "secret"}))


def test_the_session_of_the_command_line_gets_new_secrets_too(tiebeam: Terminal, workspace: Path, file: Path) -> None:
    from datetime import timedelta

    from tiebeam.kit import FixedClock, SystemClock

    sign_in_here(tiebeam, workspace, "bea")
    before = file.read_text(encoding="utf-8")
    with opened(workspace, clock=FixedClock(SystemClock().now() + timedelta(hours=2))) as app:
        from tiebeam.cli.identity import identify

        assert identify(app, None).person_id == "bea"
        assert file.read_text(encoding="utf-8") != before
        assert identify(app, "bea").person_id == "bea"


def test_a_token_signs_nobody_in_and_an_empty_one_is_nobodys(
    tiebeam: Terminal, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ids: G1, HO-02"""
    made = tiebeam("tokens", "create", "a script", "--scope", "read", "--expires", "3d", "--json", "-w", workspace)
    monkeypatch.setenv("TIEBEAM_TOKEN", made.json["secret"])
    for arguments in ((), ("--person", "carl")):
        said = tiebeam("login", *arguments, "-w", workspace)
        assert (said.code, "signs nobody in" in said.err) == (1, True)
    for nothing in ("", "  "):
        monkeypatch.setenv("TIEBEAM_TOKEN", nothing)
        said = tiebeam("runs", "list", "-w", workspace)
        assert (said.code, "is set and empty" in said.err) == (1, True)
    monkeypatch.delenv("TIEBEAM_TOKEN")
    assert tiebeam("whoami", "--json", "-w", workspace).json["signed_in_here"] == []
