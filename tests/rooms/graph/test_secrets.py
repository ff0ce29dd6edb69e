"""ids: B14 — a secret written into a workspace is refused, with its place and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiebeam.graph import check
from tiebeam.spec import is_secret_key, is_secret_reference, secret_shape

META = "[meta]\nsince = 2026-01-01\nreviewed = 2026-01-01\n"
ERP = 'title = "ERP"\nkind = "http"\nlocation = "https://erp.example/api"\n'


def problems_of(folder: Path, erp: str, settings: str = "") -> list[str]:
    (folder / "systems").mkdir(exist_ok=True)
    (folder / "systems" / "erp.toml").write_text(erp)
    (folder / "tiebeam.toml").write_text(f'[company]\nname = "Acme"\n{settings}')
    return [str(one) for one in check(folder) if one.rule in {"secret", "shape"}]


@pytest.mark.parametrize(
    ("erp", "line", "what"),
    [
        (f'{ERP}{META}[settings]\ntoken = "hunter2"\n', 8, "holds a token"),
        (f'{ERP}{META}[settings]\nuser = "u"\npassword = "hunter2"\n', 9, "holds a password"),
        (f'{ERP}{META}[settings]\nclient_secret = "hunter2"\n', 8, "holds a client secret"),
        (f'{ERP}{META}[settings.deep]\nApi-Key = "hunter2"\n', 8, "holds a Api-Key"),
        (ERP.replace("//erp", "//u:hunter2@erp") + META, 3, "an address with a password"),
        (f"{ERP}{META}# old one: ghp_{'hunter2' * 6}\n", 7, "a GitHub token"),
        (f"{ERP}{META}[settings]\nnote = 'sk-ant-{'hunter2' * 6}'\n", 8, "a model provider's key"),
        (f"{ERP}{META}[settings]\nnote = 'AKIA{'HUNTER2A' * 2}'\n", 8, "an AWS access key"),
        (f"{ERP}{META}[settings]\nnote = 'tb_s_abcdefgh_{'hunter2' * 6}'\n", 8, "an API token"),
        (f"{ERP}{META}[settings]\nkey = '''\n-----BEGIN PRIVATE KEY-----\nhunter2\n'''\n", 8, "a private key"),
    ],
)
def test_a_literal_secret_is_refused_with_file_line_and_fix(tmp_path: Path, erp: str, line: int, what: str) -> None:
    found = problems_of(tmp_path, erp)
    assert len(found) >= 1
    assert f"systems/erp.toml:{line}: secret:" in found[0]
    assert what in found[0]
    assert "env:NAME" in found[0]
    assert not any("hunter2" in one.lower() for one in found)


@pytest.mark.parametrize(
    "reference", ["env:ERP_TOKEN", "file:/etc/erp", "keyring:tiebeam/erp", "command:/usr/bin/pass erp"]
)
def test_a_reference_is_taken(tmp_path: Path, reference: str) -> None:
    assert problems_of(tmp_path, f'{ERP}{META}[settings]\ntoken = "{reference}"\n') == []


@pytest.mark.parametrize(
    "settings",
    [
        '[outgoing]\nproxy = "http://proxy.internal:3128"\nproxy_user = "u"\nproxy_password = "hunter2"\n',
        '[sources]\npassword = "hunter2"\n',
        '[sources]\norders = "postgresql://ada:hunter2@db/erp"\n',
        '[outgoing]\nproxy = "http://u:hunter2@proxy.internal:3128"\n',
        "[sources]\npassword = 12345678\n",
    ],
)
def test_the_settings_hold_no_secret_either(tmp_path: Path, settings: str) -> None:
    found = problems_of(tmp_path, ERP + META, settings)
    assert found
    assert "hunter2" not in "".join(found)
    assert "12345678" not in "".join(found)


def test_names_and_texts_that_only_sound_like_secrets_are_left_alone() -> None:
    assert not any(map(is_secret_key, ("tokens_per_unit", "token_count", "secretary", "keyed", "idempotency_key")))
    assert all(map(is_secret_key, ("password", "erp_password", "TOKEN", "client-secret", "api_key", "apikey")))
    harmless = (
        "risk-assessment-of-many-suppliers",
        "https://x.example/a:b",
        "a mail to ada@x.example",
        "postgresql://ada@db/x",
    )
    assert [secret_shape(text) for text in harmless] == [None] * len(harmless)
    assert not is_secret_reference("postgresql://x")
