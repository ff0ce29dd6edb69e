"""Every kind of caller at every route, with objects of their own and with others': nothing foreign is seen or changed.

A company of two departments: what belongs to one is foreign to the people of the other. Answers are searched for
whatever marks the foreign papers; the rows of foreign papers are compared before and after.
ids: HO-02, B14, C5, G1
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.builders.console_people import console
from tests.builders.two_departments import (
    AGENT,
    FINANCE,
    LEGAL,
    SERVICE,
    case_of,
    make_two_departments,
    work_in,
)
from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR
from tests.faces.matrix import (
    CALLERS,
    Caller,
    House,
    api_calls,
    api_client,
    call,
    carry,
    leaks,
    page_calls,
    page_client,
    parts_of,
    rows_of,
    visit,
    words_of,
)
from tests.faces.papers import invoice_bytes
from tests.faces.terminal import Terminal
from tests.faces.test_every_route import OPEN_COMMANDS, arguments_of, commands
from tiebeam.api import build_api
from tiebeam.store import metadata

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = make_two_departments(tmp_path_factory.mktemp("matrix") / "company")
    with opened(folder, work=True) as app:
        work_in(app, folder)
    with opened(folder) as app:
        cases = {intent: case_of(app, intent) for intent in (FINANCE, LEGAL)}
        yield House(app, build_api(app), console(app), cases)


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as opened_ones:
        yield opened_ones


@pytest.mark.parametrize("caller", CALLERS, ids=lambda one: one.name)
def test_the_api_shows_and_changes_nothing_foreign(house: House, clients: ExitStack, caller: Caller) -> None:
    foreign = house.cases[caller.foreign]
    before = rows_of(house, foreign)
    wrong: dict[str, Any] = {}
    for case in (foreign, house.cases[caller.owns or FINANCE]):
        client = api_client(house, caller, clients)
        for method, route in api_calls(house):
            if case is not foreign and method != "GET":
                continue
            code, body, said = call(client, method, route, parts_of(case))
            leaked = leaks(body, said, words_of(foreign))
            if code >= 500 or leaked:
                wrong[f"{method} {route.path} of {case.intent}"] = (code, leaked)

    assert wrong == {}
    assert rows_of(house, foreign) == before


@pytest.mark.parametrize("caller", [one for one in CALLERS if not one.is_machine], ids=lambda one: one.name)
def test_the_console_shows_and_changes_nothing_foreign(house: House, caller: Caller) -> None:
    foreign = house.cases[caller.foreign]
    before = rows_of(house, foreign)
    wrong: dict[str, Any] = {}
    for case in (foreign, house.cases[caller.owns or FINANCE]):
        client, csrf = page_client(house, caller.name)
        for method, route in page_calls(house):
            if case is not foreign and method != "GET":
                continue
            code, body, said = visit(client, method, route, parts_of(case), csrf)
            leaked = leaks(body, said, words_of(foreign))
            if code >= 500 or leaked:
                wrong[f"{method} {route.path} of {case.intent}"] = (code, leaked)

    assert wrong == {}
    assert rows_of(house, foreign) == before


def test_whoever_has_a_part_sees_their_own_and_nobody_elses(house: House, clients: ExitStack) -> None:
    seen: dict[tuple[str, str], set[int]] = {}
    for caller in (*CALLERS, Caller(ADMINISTRATOR, None)):
        client = api_client(house, caller, clients)
        for case in house.cases.values():
            paths = (
                f"/runs/{case.run}",
                f"/tasks/{case.task}",
                f"/documents/{case.document}",
                f"/workflows/{case.intent}",
            )
            seen[(caller.name, case.intent)] = {client.get(path).status_code for path in paths}
            listed = client.get("/runs").json()
            assert listed["total"] == len(listed["items"]), "a page and its count speak of the same runs"

    of_finance = {name for (name, intent), codes in seen.items() if intent == FINANCE and codes == {200}}
    of_legal = {name for (name, intent), codes in seen.items() if intent == LEGAL and codes == {200}}

    assert of_finance == {"ada", "bea", "cleo", f"agent:{AGENT}", f"service:{SERVICE}", ADMINISTRATOR}
    assert of_legal == {"lex", "aud", ADMINISTRATOR}
    assert {frozenset(codes) for codes in seen.values()} == {frozenset({200}), frozenset({404})}


def test_a_foreign_object_and_an_absent_one_answer_alike(house: House, clients: ExitStack) -> None:
    client = api_client(house, Caller("ada", FINANCE), clients)
    case = house.cases[LEGAL]
    for kind, foreign in (
        ("runs", case.run),
        ("tasks", case.task),
        ("documents", case.document),
        ("batches", case.batch),
    ):
        absent = foreign[:-3] + "zzz"
        answers = [client.get(f"/{kind}/{one}") for one in (foreign, absent)]
        told = [one.text.replace(foreign, "?").replace(absent, "?") for one in answers]

        assert [one.status_code for one in answers] == [404, 404]
        assert told[0] == told[1]


@pytest.mark.parametrize(
    ("verb", "named"),
    [
        ("run.view", "run:{run}"),
        ("task.decide", "task:{task}"),
        ("document.view", "document:{document}"),
        ("evidence.export", "evidence:{run}"),
        ("evidence.export", "evidence:{task}"),
        ("journal.view", "journal:run:{run}"),
        ("journal.view", "journal:batch:{batch}"),
        ("ledger.view", "ledger:{intent}"),
        ("intent.view", "intent:{intent}"),
        ("session.view", "session:{session}"),
        ("token.view", "token:{token}"),
    ],
)
def test_asking_why_tells_nothing_of_what_is_foreign(house: House, clients: ExitStack, verb: str, named: str) -> None:
    case, lex = house.cases[LEGAL], house.session("lex")
    token = house.token("person:lex", "read")[:13]
    parts = {"run": case.run, "task": case.task, "document": case.document, "batch": case.batch}
    parts |= {"intent": case.intent, "session": lex.id, "token": token}
    foreign = named.format_map(parts)
    absent = foreign[:-3] + "zzz"
    for asker in (Caller("ada", FINANCE), Caller("nora", None)):
        client = api_client(house, asker, clients)
        answers = [client.post("/policy/explain", json={"verb": verb, "object": one}) for one in (foreign, absent)]
        ids = [one.partition(":")[2].removeprefix("run:").removeprefix("batch:") for one in (foreign, absent)]
        told = [answer.text.replace(one, "?") for answer, one in zip(answers, ids, strict=True)]

        assert [answer.status_code for answer in answers] in ([200, 200], [404, 404])
        assert told[0] == told[1]
        assert "legal-" not in told[0]
        assert "lex" not in told[0]


@pytest.mark.parametrize("state", ["signed out", "expired", "ended", "revoked token", "token of nobody"])
def test_who_is_not_in_any_more_sees_nothing(house: House, state: str) -> None:
    client = TestClient(house.api, base_url="https://testserver", raise_server_exceptions=False)
    pages = TestClient(house.pages, base_url="http://console.test", raise_server_exceptions=False)
    clock = house.app.store.clock
    match state:
        case "expired":
            session = house.session("ada")
            with house.app.store.unit() as unit:
                table = metadata.tables["access_session"]
                unit.conn.execute(
                    sa.update(table)
                    .where(table.c.id == session.id)
                    .values(expires_at=clock.now() - timedelta(minutes=1))
                )
            carry(client, pages, session)
        case "ended":
            session = house.session("ada")
            house.app.workforce.access.sign_out(session.secret)
            carry(client, pages, session)
        case "revoked token":
            secret = house.token("person:ada", "read")
            access = house.app.workforce.access
            access.revoke_token(
                access.principal(house.session("ada")), access.principal_of_token(secret).session_id or ""
            )
            client.headers["authorization"] = f"Bearer {secret}"
        case "token of nobody":
            client.headers["authorization"] = "Bearer tb_p_00000000_" + "0" * 43 + "_000000"
        case _:
            pass
    words = words_of(house.cases[FINANCE]) | words_of(house.cases[LEGAL])
    wrong: dict[str, Any] = {}
    for method, route in api_calls(house):
        code, body, said = call(client, method, route, parts_of(house.cases[FINANCE]))
        # Guessing is slowed down, which is an answer without content too.
        open_to_all = route.path in {"/health", "/session", "/sign-in"}
        if not open_to_all and (code not in {401, 429} or leaks(body, said, words)):
            wrong[f"{method} {route.path}"] = code
    for method, route in page_calls(house):
        code, body, said = visit(pages, method, route, parts_of(house.cases[FINANCE]), "")
        is_public = route.path.startswith(("/static", "/sign-in"))
        if (code not in {303, 401} or leaks(body, said, words)) and not is_public:
            wrong[f"{method} page {route.path}"] = code

    assert wrong == {}


@pytest.mark.parametrize("person", ["ada", "nora"])
def test_the_command_line_shows_and_changes_nothing_foreign(
    house: House, tiebeam: Terminal, monkeypatch: pytest.MonkeyPatch, person: str
) -> None:
    scopes = ("read", "task.decide", "task.release_money", "run.*", "task.*", "recipe.*", "journal.*", "workspace.*")
    monkeypatch.setenv("TIEBEAM_TOKEN", house.token(f"person:{person}", *scopes))
    Path("a.xml").write_bytes(invoice_bytes("X-3"))
    Path("cases.toml").write_text("", encoding="utf-8")
    foreign = house.cases[LEGAL]
    before = rows_of(house, foreign)
    wrong: dict[str, Any] = {}
    for name, command in commands():
        if name in OPEN_COMMANDS:
            continue
        given = arguments_of(name, command, parts_of(foreign))
        said = tiebeam(*name.split(), *given, "--workspace", house.app.workspace)
        leaked = leaks(said.out + said.err, " ".join(given), words_of(foreign))
        if said.code > 2 or leaked:
            wrong[name] = (said.code, leaked)

    assert wrong == {}
    assert rows_of(house, foreign) == before
