"""What stands around every face: names, origins, sizes, headers and cookies. ids: B14"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR, link_token
from tiebeam.api import PREFIX, build_api
from tiebeam.app import App
from tiebeam.errors import Invalid
from tiebeam.http import CONTENT_SECURITY_POLICY, DATA_POLICY, Reached, middleware, reached_by
from tiebeam.serve import build_asgi
from tiebeam.spec import ServerUse

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-permitted-cross-domain-policies": "none",
}


@pytest.fixture(scope="module")
def app(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("guarded") / "company"
    shutil.copytree(template, folder)
    with opened(folder) as house:
        yield house


@pytest.fixture(scope="module")
def asgi(app: App) -> Starlette:
    return build_asgi(app)


@pytest.fixture(scope="module")
def visitor(asgi: Starlette) -> Iterator[TestClient]:
    with ExitStack() as stack:
        yield stack.enter_context(TestClient(asgi, follow_redirects=False))


@pytest.fixture(scope="module")
def administrator(app: App, asgi: Starlette) -> TestClient:
    client = TestClient(asgi, follow_redirects=False)
    assert client.post(f"{PREFIX}/session", json={"token": link_token(app, ADMINISTRATOR)}).status_code == 201
    return client


def _paths(app: App, asgi: Starlette) -> list[tuple[str, str]]:
    """(method, path) of every route of every face, with something in the place of each parameter."""
    found: list[tuple[str, str]] = []
    for route in asgi.routes:
        if isinstance(route, Mount):
            inner = [one for one in build_api(app).routes if isinstance(one, (APIRoute, Route))]
            found += [(method, PREFIX + one.path) for one in inner for method in sorted(one.methods or ())]
        elif isinstance(route, Route):
            found += [(method, route.path) for method in sorted(route.methods or {"GET"})]
    filled = [(method, path.replace("{path:path}", "no/such/page")) for method, path in found if path != "/live"]
    return [(method, "/".join("x" if "{" in part else part for part in path.split("/"))) for method, path in filled]


def _check_headers(answer: Response, where: str) -> None:
    for name, value in ALWAYS.items():
        assert answer.headers.get(name) == value, (where, name)
    assert answer.headers["content-security-policy"] in {CONTENT_SECURITY_POLICY, DATA_POLICY}, where
    assert "unsafe" not in answer.headers["content-security-policy"], where
    assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}, where
    assert "cache-control" in answer.headers, where
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")], where
    assert "server" not in answer.headers, where
    if "attachment" in answer.headers.get("content-disposition", ""):
        assert answer.headers["content-security-policy"] == DATA_POLICY, where


def test_every_route_of_every_face_carries_the_headers_whatever_it_answers(
    app: App, asgi: Starlette, visitor: TestClient, administrator: TestClient
) -> None:
    paths = _paths(app, asgi)
    assert len(paths) > 60
    for client in (visitor, administrator):
        for method, path in paths:
            if client is administrator and path.endswith(("/sign-out", "/session")) and method != "GET":
                continue
            _check_headers(client.request(method, path), f"{method} {path}")


@pytest.mark.parametrize(
    ("path", "policy"),
    [("/sign-in", CONTENT_SECURITY_POLICY), ("/api/v1/openapi.json", DATA_POLICY), ("/api/v1/nothing", DATA_POLICY)],
)
def test_pages_may_load_our_own_scripts_and_data_may_load_nothing(visitor: TestClient, path: str, policy: str) -> None:
    assert visitor.get(path).headers["content-security-policy"] == policy


def test_an_export_is_a_download_that_no_browser_opens_as_a_page(administrator: TestClient) -> None:
    answer = administrator.get("/runs.csv")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == DATA_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_of_a_one_time_link_tells_its_address_to_nobody(visitor: TestClient) -> None:
    assert visitor.get("/sign-in?token=abc").headers["referrer-policy"] == "no-referrer"


# Names


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8321", "[::1]", "LOCALHOST:1", "localhost.", "testserver"])
def test_names_of_this_machine_are_answered(visitor: TestClient, host: str) -> None:
    assert visitor.get("/sign-in", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil-localhost", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("169.254.169.254", 421),
        ("", 422),
        ("localhost, evil.example", 422),
        ("user@localhost", 422),
        ("localhost/..", 422),
        ("localhost:80:80", 422),
    ],
)
def test_another_name_is_answered_nowhere(visitor: TestClient, host: str, status: int) -> None:
    for path in ("/sign-in", "/api/v1/health", "/static/x/console.css", "/no/such/page"):
        answer = visitor.get(path, headers={"host": host})
        assert answer.status_code == status, path
        _check_headers(answer, path)


def test_two_hosts_are_one_too_many(visitor: TestClient) -> None:
    headers = [("host", "localhost"), ("host", "evil.example")]
    assert visitor.get("/sign-in", headers=headers).status_code == 422


def test_links_begin_with_the_configured_address_and_never_with_an_unknown_host(
    administrator: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = {"x-csrf-token": administrator.get(f"{PREFIX}/session").json()["csrf_token"]}
    path = f"{PREFIX}/people/{ADMINISTRATOR}/link"
    assert administrator.post(path, headers={**csrf, "host": "evil.example"}).status_code == 421
    forwarded = {**csrf, "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    assert administrator.post(path, headers=forwarded).json()["link"].startswith("http://testserver/sign-in?token=")
    monkeypatch.setenv("TIEBEAM_BASE_URL", "https://tiebeam.example/")
    assert administrator.post(path, headers=csrf).json()["link"].startswith("https://tiebeam.example/sign-in?token=")


def test_names_come_from_the_settings_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEBEAM_ALLOWED_HOSTS", "a.example, B.example:8443")
    monkeypatch.delenv("TIEBEAM_BASE_URL", raising=False)
    settings = ServerUse.model_validate({"hosts": ["*.c.example"], "base_url": "https://d.example"})
    reached = reached_by(settings, also=("0.0.0.1",))
    probe = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))], middleware=middleware(reached))
    client = TestClient(probe)

    def status(host: str) -> int:
        return client.get("/", headers={"host": host}).status_code

    assert [status(host) for host in ("a.example:1", "b.example:8443", "x.c.example", "d.example")] == [200] * 4
    assert [status(host) for host in ("b.example", "c.example", "xc.example", "y.d.example", "testserver")] == [421] * 5
    monkeypatch.setenv("TIEBEAM_ALLOWED_HOSTS", "*")
    with pytest.raises(Invalid, match="any name"):
        reached_by(settings)
    monkeypatch.setenv("TIEBEAM_BASE_URL", "tiebeam.example/console")
    with pytest.raises(Invalid, match="TIEBEAM_BASE_URL"):
        reached_by(settings)


# Where a request comes from


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "https://testserver"},
        {"origin": "http://testserver:81"},
        {"origin": "null"},
        {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
    ],
)
def test_another_sites_page_changes_nothing_in_any_face(administrator: TestClient, headers: dict[str, str]) -> None:
    csrf = administrator.get(f"{PREFIX}/session").json()["csrf_token"]
    for path in ("/settings/theme", "/sign-in", f"{PREFIX}/people/{ADMINISTRATOR}/link", f"{PREFIX}/session"):
        answer = administrator.post(path, headers={**headers, "x-csrf-token": csrf}, data={"csrf": csrf})
        assert answer.status_code == 403, path
        assert "another site" in answer.text, path


def test_our_own_page_and_a_program_pass(administrator: TestClient) -> None:
    csrf = administrator.get(f"{PREFIX}/session").json()["csrf_token"]
    for headers in ({"origin": "http://testserver"}, {"sec-fetch-site": "same-origin"}, {}):
        answer = administrator.post("/settings/theme", headers=headers, data={"csrf": csrf, "theme": "dark"})
        assert answer.status_code == 303


def test_no_other_site_reads_an_answer(visitor: TestClient) -> None:
    asking = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    preflight = visitor.options(f"{PREFIX}/session", headers=asking)
    assert preflight.status_code in {401, 405}
    _check_headers(preflight, "preflight")


def test_a_header_that_claims_another_method_is_not_heard(administrator: TestClient) -> None:
    for name in ("x-http-method-override", "x-http-method", "x-method-override"):
        assert administrator.get(f"{PREFIX}/session", headers={name: "DELETE"}).status_code == 200
    assert administrator.get(f"{PREFIX}/session?_method=DELETE").status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "GETX"])
def test_other_methods_are_none(visitor: TestClient, method: str) -> None:
    answer = visitor.request(method, "/sign-in")
    assert answer.status_code == 405
    _check_headers(answer, method)


# Sizes


def test_a_request_that_is_too_large_anywhere_is_refused_by_every_face(visitor: TestClient) -> None:
    for path in ("/sign-in", f"{PREFIX}/health"):
        assert visitor.get(f"{path}?q={'x' * 9_000}").status_code == 414
        assert visitor.get(path, headers={"x-long": "x" * 40_000}).status_code == 431
        assert visitor.get(path, headers={f"x-{n}": "1" for n in range(120)}).status_code == 431
        assert visitor.get(f"{path}?q=%00").status_code == 422
        assert visitor.post(path, content=b"x" * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        [("content-length", "3"), ("content-length", "4")],
        [("content-length", "3"), ("transfer-encoding", "chunked")],
        [("content-length", "+3")],
        [("content-length", "3, 3")],
        [("content-length", "-1")],
        [("content-length", "9" * 30)],
    ],
)
def test_a_request_of_doubtful_length_is_refused(visitor: TestClient, headers: list[tuple[str, str]]) -> None:
    request = visitor.build_request("POST", "/sign-in")
    request.headers = type(request.headers)([("host", "testserver"), *headers])
    answer = visitor.send(request)
    assert answer.status_code in {413, 422}
    _check_headers(answer, str(headers))


# https and proxies


def _telling(reached: Reached) -> Starlette:
    """Says what a route sees."""

    def tell(request: Request) -> Response:
        said = f"{request.url.scheme} {request.client.host if request.client else ''} {request.cookies.get('a')}"
        response = PlainTextResponse(said)
        response.set_cookie("tiebeam_session", "s", httponly=True, samesite="lax")
        response.set_cookie("deep", "d", path="/deep")
        return response

    return Starlette(routes=[Route("/", tell)], middleware=middleware(reached))


def test_over_https_cookies_are_secure_and_bound_to_the_host() -> None:
    client = TestClient(_telling(Reached(hosts=frozenset({"testserver"}))), base_url="https://testserver")
    answer = client.get("/", headers={"cookie": "a=planted; __Host-a=ours"})
    assert answer.text.endswith(" ours")
    session, deep = answer.headers.get_list("set-cookie")
    assert session.startswith("__Host-tiebeam_session=s;")
    assert "secure" in session.lower()
    assert deep.startswith("deep=d;")
    assert "secure" in deep.lower()
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert client.get("/", headers={"cookie": "a=planted"}).text.endswith(" None")


def test_without_https_there_is_neither_prefix_nor_hsts() -> None:
    answer = TestClient(_telling(Reached(hosts=frozenset({"testserver"})))).get("/", headers={"cookie": "a=1"})
    assert answer.text.endswith(" 1")
    assert answer.headers.get_list("set-cookie")[0].startswith("tiebeam_session=s;")
    assert "strict-transport-security" not in answer.headers


FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-for": "6.6.6.6, 203.0.113.7, 10.0.0.9"}


def test_what_a_proxy_says_is_believed_only_of_a_trusted_one() -> None:
    trusting = reached_by(ServerUse.model_validate({"trusted_proxies": ["10.0.0.0/24"]}))
    trusted = TestClient(_telling(trusting), client=("10.0.0.8", 1))
    assert trusted.get("/", headers=FORWARDED).text.startswith("https 203.0.113.7 ")
    stranger = TestClient(_telling(trusting), client=("192.0.2.4", 1))
    assert stranger.get("/", headers=FORWARDED).text.startswith("http 192.0.2.4 ")
    assert (
        TestClient(_telling(reached_by(ServerUse())), client=("127.0.0.1", 1))
        .get("/", headers=FORWARDED)
        .text.startswith("http 127.0.0.1 ")
    )


@pytest.mark.parametrize("said", ["not an address", "", "10.0.0.9", "6.6.6.6, <script>"])
def test_an_odd_chain_of_proxies_changes_no_caller(said: str) -> None:
    trusting = reached_by(ServerUse.model_validate({"trusted_proxies": ["10.0.0.0/24"]}))
    client = TestClient(_telling(trusting), client=("10.0.0.8", 1))
    answer = client.get("/", headers={"x-forwarded-for": said, "x-forwarded-proto": "gopher"})
    assert answer.text.startswith("http 10.0.0.8 ")


# Errors nobody expected


def test_a_failure_that_nobody_caught_carries_the_headers_and_tells_no_more_than_a_reference(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: Request) -> Response:
        raise ZeroDivisionError("the inside of the house")

    probe = Starlette(routes=[Route("/", broken), Route("/api/x", broken)], middleware=middleware())
    client = TestClient(probe, raise_server_exceptions=False)
    with caplog.at_level(logging.ERROR):
        for path in ("/", "/api/x"):
            answer = client.get(path)
            assert answer.status_code == 500
            assert "inside of the house" not in answer.text
            assert "reference" in answer.text
            _check_headers(answer, path)
    assert "inside of the house" in caplog.text


def test_the_page_of_a_refusal_repeats_nothing_of_the_request_as_markup(visitor: TestClient) -> None:
    answer = visitor.get("/sign-in", headers={"host": "a<script>alert(1)</script>"})
    assert answer.status_code == 422
    assert "<script>" not in answer.text
