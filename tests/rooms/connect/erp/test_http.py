from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.rooms.connect.erp.test_tables import posting

from tiebeam.connect.erp import (
    ErpRefused,
    ErpUncertain,
    ErpUnreachable,
    HttpErp,
    KeyReused,
    TablesErp,
    open_erp,
)
from tiebeam.connect.outgoing import Outgoing
from tiebeam.connect.secrets import Secret, read_secret
from tiebeam.errors import Invalid
from tiebeam.spec import System


@dataclass
class SmallErp:
    """An ERP of thirty lines: keeps vouchers by key; `mood` makes it misbehave."""

    vouchers: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: list[str | None] = field(default_factory=list)
    mood: str = "well"
    url: str = ""

    def answer(self, method: str, path: str, key: str, body: bytes) -> tuple[int, bytes]:
        match self.mood:
            case "echoes":
                return 403, json.dumps({"error": f"not welcome: {self.tokens[-1]}"}).encode()
            case "refuses":
                return 422, b'{"error": "period 2026-02 is closed"}'
            case "fails":
                return 500, b"<html>oops"
            case "floods":
                return 200, b"x" * 2_000_000
            case _:
                pass
        if method == "GET":
            found = self.vouchers.get(key)
            return (200, json.dumps(found).encode()) if found else (404, b"{}")
        content = json.loads(body)
        if key in self.vouchers and self.vouchers[key]["gross"] != content["gross"]:
            return 409, b'{"error": "key in use"}'
        self.vouchers.setdefault(key, {"voucher": f"V{len(self.vouchers) + 1}", "gross": content["gross"]})
        return 201, json.dumps(self.vouchers[key]).encode()


@pytest.fixture
def small_erp() -> Iterator[SmallErp]:
    state = SmallErp()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.tokens.append(self.headers.get("Authorization"))
            key = self.headers["Idempotency-Key"]
            status, data = state.answer(self.command, self.path, key, body)
            if state.mood == "hangs up after posting":
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _do  # noqa: N815 - the names the standard library calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/api/"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_invoice_is_posted_over_http_with_its_key_and_found_again(
    small_erp: SmallErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_TOKEN", "s3cret")
    erp = near(small_erp.url, lambda: read_secret("env:ERP_TOKEN", base=Path()))
    first = erp.post_invoice(key="run-1:post", posting=posting())
    assert first == {"voucher": "V1", "gross": "119.00", "key": "run-1:post"}
    assert erp.post_invoice(key="run-1:post", posting=posting()) == first
    assert erp.find("run-1:post") == first
    assert erp.find("run-9:post") is None
    assert set(small_erp.tokens) == {"Bearer s3cret"}
    assert len(small_erp.vouchers) == 1


def test_a_credit_note_arrives_with_the_ledgers_sign(small_erp: SmallErp) -> None:
    near(small_erp.url).post_invoice(key="k", posting=posting(kind="credit_note"))
    assert small_erp.vouchers["k"]["gross"] == "-119.00"


def test_a_refusal_says_the_erps_own_reason(small_erp: SmallErp) -> None:
    small_erp.mood = "refuses"
    with pytest.raises(ErpRefused, match="period 2026-02 is closed"):
        near(small_erp.url).post_invoice(key="k", posting=posting())


def test_a_key_in_use_for_another_posting_is_a_conflict(small_erp: SmallErp) -> None:
    erp = near(small_erp.url)
    erp.post_invoice(key="k", posting=posting())
    with pytest.raises(KeyReused):
        erp.post_invoice(key="k", posting=posting(net="1.00", tax="0.00", gross="1.00"))


@pytest.mark.parametrize("mood", ["fails", "floods", "hangs up after posting"])
def test_an_answer_that_proves_nothing_is_called_uncertain_never_done(small_erp: SmallErp, mood: str) -> None:
    small_erp.mood = mood
    with pytest.raises(ErpUncertain):
        near(small_erp.url).post_invoice(key="k", posting=posting())


def test_after_a_lost_answer_the_voucher_is_found_by_its_key(small_erp: SmallErp) -> None:
    small_erp.mood = "hangs up after posting"
    erp = near(small_erp.url)
    with pytest.raises(ErpUncertain):
        erp.post_invoice(key="k", posting=posting())
    small_erp.mood = "well"
    found = erp.find("k")
    assert found is not None
    assert found["voucher"] == "V1"


def test_an_erp_that_answers_too_late_is_uncertain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        erp = near(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3)
        with pytest.raises(ErpUncertain, match="ReadTimeout"):
            erp.post_invoice(key="k", posting=posting())


def test_an_erp_that_is_not_there_got_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ErpUnreachable):
        near(f"http://127.0.0.1:{port}").post_invoice(key="k", posting=posting())


def test_a_token_is_never_sent_unencrypted_to_another_machine() -> None:
    with pytest.raises(Invalid, match="https"):
        HttpErp("http://erp.example", lambda: Secret("x" * 20, reference="env:X"), outgoing=Outgoing())


def test_the_user_and_password_of_a_system_are_sent_as_basic_authentication(
    small_erp: SmallErp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_PASSWORD", "first-pass")
    record = system("http", small_erp.url, user="feed", password="env:ERP_PASSWORD")
    erp = open_erp(record.model_copy(update={"private_network": True}), workspace=tmp_path)
    erp.post_invoice(key="k", posting=posting())
    monkeypatch.setenv("ERP_PASSWORD", "second-pass")
    erp.find("k")
    said = [base64.b64decode(str(one).removeprefix("Basic ")).decode() for one in small_erp.tokens]
    assert said == ["feed:first-pass", "feed:second-pass"]


def test_an_erp_in_the_own_network_is_only_called_where_its_record_says_so(small_erp: SmallErp, tmp_path: Path) -> None:
    with pytest.raises(ErpUnreachable, match="private_network = true"):
        open_erp(system("http", small_erp.url), workspace=tmp_path).find("k")
    assert small_erp.tokens == []


def test_what_the_erp_echoes_of_our_secret_is_masked(small_erp: SmallErp) -> None:
    secret = Secret("echoed-secret-1", reference="env:X")
    erp = near(small_erp.url, lambda: secret)
    small_erp.mood = "echoes"
    with pytest.raises(ErpRefused) as refused:
        erp.post_invoice(key="k", posting=posting())
    assert "echoed-secret-1" not in str(refused.value)
    assert "***" in str(refused.value)


def near(url: str, password: Callable[[], Secret] | None = None, timeout: float = 20) -> HttpErp:
    return HttpErp(url, password, outgoing=Outgoing(allow_private=["127.0.0.1"], timeout=timeout))


def system(kind: str, location: str, **settings: Any) -> System:
    meta = {"since": "2026-01-01", "reviewed": "2026-01-01"}
    return System.model_validate(
        {"id": "erp", "meta": meta, "title": "ERP", "kind": kind, "location": location, "settings": settings}
    )


def test_a_declared_system_opens_as_the_erp_it_describes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = open_erp(system("tables", "erp/erp.sqlite"), workspace=tmp_path)
    assert isinstance(tables, TablesErp)
    tables.post_invoice(key="k", posting=posting())
    tables.close()
    assert (tmp_path / "erp" / "erp.sqlite").is_file()
    monkeypatch.setenv("ERP_DB", f"sqlite:///{tmp_path / 'other.sqlite'}")
    open_erp(system("tables", "env:ERP_DB"), workspace=tmp_path).close()
    assert (tmp_path / "other.sqlite").is_file()
    assert isinstance(open_erp(system("http", "https://erp.example/api"), workspace=tmp_path), HttpErp)


@pytest.mark.parametrize("location", ["../outside.sqlite", "/etc/erp.sqlite"])
def test_a_path_outside_the_workspace_is_refused(tmp_path: Path, location: str) -> None:
    with pytest.raises(Invalid, match="outside the workspace"):
        open_erp(system("tables", location), workspace=tmp_path)
