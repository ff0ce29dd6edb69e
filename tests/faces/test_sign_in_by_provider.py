"""People sign in by a real identity provider, over real HTTP between it and us."""

# ids: B14, C5, G1

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import console, csrf_in, signed_in
from tests.builders.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, running_provider
from tests.builders.workspaces import opened
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.http import COOKIE
from tiebeam.kit import SystemClock

HOME = "http://localhost"
PEOPLE = {
    "bea": "bea@example.org",
    "carl": "carl@example.org",
    "gus": "gus@example.org",
    "nora": "nora@example.org",
    "boss": "local-administrator@localhost",
    "stranger": "nobody@example.org",
    "unverified": "unverified.gus@example.org",
}
GROUPS = {"controllers": ["carl"], "platform": ["gus", "bea"], "chess": ["carl", "nora"]}
SETTINGS = """
[access]
sign_in = ["link", "oidc"]

[access.oidc]
issuer = "{issuer}"
client_id = "{client}"
client_secret = "env:TIEBEAM_TEST_OIDC_SECRET"
name = "Example ID"
scopes = ["openid", "email", "profile", "groups"]
private_network = true
administrators = "platform"

[access.oidc.roles]
controllers = ["controller"]
"""


class LaterClock(SystemClock):
    """The real time, and more of it when a test cannot wait."""

    def __init__(self) -> None:
        self.more = timedelta()

    def now(self) -> datetime:
        return super().now() + self.more


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with running_provider(
        people=PEOPLE, groups=GROUPS, callback=f"{HOME}/sign-in/oidc/callback", after=f"{HOME}/sign-in"
    ) as found:
        yield found


@pytest.fixture(scope="module")
def clock() -> LaterClock:
    return LaterClock()


@pytest.fixture(scope="module")
def house(
    template: Path, tmp_path_factory: pytest.TempPathFactory, provider: IdentityProvider, clock: LaterClock
) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("by-provider") / "company"
    shutil.copytree(template, folder)
    with (folder / "tiebeam.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS.format(issuer=provider.issuer, client=CLIENT_ID))
    with pytest.MonkeyPatch.context() as patch, opened(folder, clock=clock) as app:
        patch.setenv("TIEBEAM_TEST_OIDC_SECRET", CLIENT_SECRET)
        with app.store.unit() as unit:
            app.graph.apply(unit, actor="person:local-administrator")
        yield app


@pytest.fixture
def client(house: App) -> Iterator[TestClient]:
    with TestClient(console(house), base_url=HOME, follow_redirects=False) as found:
        yield found


def begin(client: TestClient, path: str = "/sign-in/oidc") -> str:
    answer = client.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(client: TestClient, answer: dict[str, str]):
    return client.get("/sign-in/oidc/callback", params=answer)


def answer_of(provider: IdentityProvider, client: TestClient, name: str, path: str = "/sign-in/oidc") -> dict[str, str]:
    url = begin(client, path)
    with provider.browser() as stranger:
        answer = stranger.sign_in(url, name)
    assert isinstance(answer, dict), answer[-3000:]
    return answer


def enter(provider: IdentityProvider, client: TestClient, name: str) -> None:
    done = come_back(client, answer_of(provider, client, name))
    assert done.status_code == 303, done.text


def who(house: App, client: TestClient) -> dict[str, object]:
    with TestClient(build_api(house), base_url=HOME, cookies={COOKIE: client.cookies[COOKIE]}) as api:
        return api.get("/session").json()["principal"]


def test_a_person_signs_in_and_gets_the_roles_of_their_groups_for_that_session(
    house: App, client: TestClient, provider: IdentityProvider
) -> None:
    page = client.get("/sign-in").text
    assert "Continue with Example ID" in page
    answer = answer_of(provider, client, "carl", "/sign-in/oidc?next=/inbox%3Fsort%3Ddue")
    done = come_back(client, answer)
    assert (done.status_code, done.headers["location"]) == (303, "/inbox?sort=due")
    principal = who(house, client)
    assert principal["person_id"] == "carl"
    assert principal["roles"] == ["budget-owner", "controller"]
    assert (principal["method"], principal["subject"]) == ("oidc", f"{provider.issuer}|carl")
    assert principal["administrator"] is False
    by_link = signed_in(house, "carl", asgi=console(house))
    assert who(house, by_link)["roles"] == ["budget-owner"]


def test_signing_out_ends_the_session_and_shows_the_provider_s_own_way_out(
    house: App, client: TestClient, provider: IdentityProvider
) -> None:
    enter(provider, client, "nora")
    token = csrf_in(client.get("/settings").text)
    out = client.post("/sign-out", data={"csrf": token})
    assert out.headers["location"] == "/sign-in?signed-out=1"
    assert client.get("/settings").status_code == 303
    assert "Sign out there too" in client.get("/sign-in?signed-out=1").text
    away = str(client.get("/sign-in/oidc/sign-out").headers["location"])
    assert away.startswith(f"{provider.issuer}/oauth/end_session?")
    with provider.browser() as stranger:
        assert not isinstance(stranger.open(away), dict)


def test_only_the_group_named_for_it_administers(house: App, client: TestClient, provider: IdentityProvider) -> None:
    enter(provider, client, "gus")
    assert who(house, client)["administrator"] is True
    assert who(house, client)["roles"] == ["goods-receiver"]
    with TestClient(console(house), base_url=HOME, follow_redirects=False) as other:
        enter(provider, other, "nora")
        assert who(house, other)["administrator"] is False


def test_the_provider_keeps_who_has_the_wrong_password(client: TestClient, provider: IdentityProvider) -> None:
    url = begin(client)
    with provider.browser() as stranger:
        assert isinstance(stranger.sign_in(url, "carl", "a wrong password"), str)


def test_who_denies_consent_is_told_so_and_may_start_again(client: TestClient, provider: IdentityProvider) -> None:
    url = begin(client)
    with provider.browser() as stranger:
        answer = stranger.sign_in(f"{url}&prompt=consent", "boss", answer="deny")
    assert isinstance(answer, dict)
    told = come_back(client, answer)
    assert told.status_code == 403
    assert "You were not signed in there" in told.text
    assert "Continue with Example ID" in told.text


def test_an_answer_works_once(client: TestClient, provider: IdentityProvider) -> None:
    answer = answer_of(provider, client, "carl")
    cookies = dict(client.cookies)
    assert come_back(client, answer).status_code == 303
    client.cookies.clear()
    client.cookies.update(cookies)
    again = come_back(client, answer)
    assert again.status_code == 400
    assert "no longer under way" in again.text
    assert COOKIE not in again.cookies


def test_another_browser_cannot_finish_a_sign_in_nor_use_it_up(
    house: App, client: TestClient, provider: IdentityProvider
) -> None:
    answer = answer_of(provider, client, "carl")
    with TestClient(console(house), base_url=HOME, follow_redirects=False) as other:
        begin(other)
        refused = come_back(other, answer)
        assert refused.status_code == 400
        assert "another browser" in refused.text
    assert come_back(client, answer).status_code == 303


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("state", "x" * 43, 400),
        ("state", "", 400),
        ("code", "x" * 40, 403),
        ("code", "", 403),
        ("iss", "https://evil.example.org", 403),
    ],
)
def test_a_changed_answer_signs_nobody_in(
    client: TestClient, provider: IdentityProvider, name: str, value: str, status: int
) -> None:
    answer = answer_of(provider, client, "carl")
    refused = come_back(client, {**answer, name: value})
    assert refused.status_code == status, refused.text
    assert COOKIE not in client.cookies


def test_a_code_of_another_sign_in_is_of_no_use(house: App, client: TestClient, provider: IdentityProvider) -> None:
    """Somebody who was given another person's code by whatever way cannot become them: PKCE and nonce differ."""
    with TestClient(console(house), base_url=HOME, follow_redirects=False) as victim:
        stolen = answer_of(provider, victim, "bea")
    mine = answer_of(provider, client, "carl")
    refused = come_back(client, {**mine, "code": stolen["code"]})
    assert refused.status_code == 403
    assert "not accepted" in refused.text


def test_behind_a_proxy_the_provider_is_told_the_configured_address_and_no_other(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a forwarded header would send people's codes to whom it names."""
    forged = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http", "forwarded": "host=evil.example"}
    plain = parse_qs(urlsplit(str(client.get("/sign-in/oidc", headers=forged).headers["location"])).query)
    assert plain["redirect_uri"] == [f"{HOME}/sign-in/oidc/callback"]
    monkeypatch.setenv("TIEBEAM_BASE_URL", "https://tiebeam.example")
    behind = parse_qs(urlsplit(str(client.get("/sign-in/oidc", headers=forged).headers["location"])).query)
    assert behind["redirect_uri"] == ["https://tiebeam.example/sign-in/oidc/callback"]


def test_a_sign_in_that_takes_too_long_lapses(
    client: TestClient, provider: IdentityProvider, clock: LaterClock
) -> None:
    answer = answer_of(provider, client, "carl")
    clock.more = timedelta(minutes=11)
    try:
        late = come_back(client, answer)
    finally:
        clock.more = timedelta()
    assert late.status_code == 400
    assert "longer than 10 minutes" in late.text


def test_who_has_no_record_is_told_what_to_do_and_it_is_on_the_record(
    house: App, client: TestClient, provider: IdentityProvider
) -> None:
    told = come_back(client, answer_of(provider, client, "stranger"))
    assert told.status_code == 403
    assert "nobody@example.org" in told.text
    assert "ask an administrator" in told.text
    with house.store.read() as conn:
        kinds = [row[0] for row in conn.exec_driver_sql("SELECT kind FROM journal_entry WHERE stream = 'workspace'")]
    assert "access.sign-in-refused" in kinds


def test_an_address_that_is_not_verified_proves_nothing(client: TestClient, provider: IdentityProvider) -> None:
    told = come_back(client, answer_of(provider, client, "unverified"))
    assert told.status_code == 403
    assert "has not verified the address" in told.text


def test_the_provider_may_change_its_keys(client: TestClient, provider: IdentityProvider, clock: LaterClock) -> None:
    enter(provider, client, "carl")
    provider.rotate_keys()
    with_old_keys = come_back(client, answer_of(provider, client, "carl"))
    assert with_old_keys.status_code == 403
    clock.more = timedelta(seconds=61)
    try:
        # The same clock dates the token's checks, which allow a minute of difference and ten of age.
        enter(provider, client, "carl")
    finally:
        clock.more = timedelta()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example.org",
        "//evil.example.org",
        "/\\evil.example.org",
        "/\t/evil.example.org",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(
    house: App, client: TestClient, provider: IdentityProvider, elsewhere: str
) -> None:
    url = client.get("/sign-in/oidc", params={"next": elsewhere}).headers["location"]
    with provider.browser() as stranger:
        answer = stranger.sign_in(str(url), "carl")
    assert isinstance(answer, dict)
    assert come_back(client, answer).headers["location"] == "/"


def test_the_api_tells_how_people_come_in(house: App) -> None:
    with TestClient(build_api(house), base_url=HOME) as api:
        told = api.get("/sign-in")
    assert told.json() == {"methods": ["link", "oidc"], "provider": {"name": "Example ID", "start": "/sign-in/oidc"}}


@contextmanager
def changed_settings(house: App, old: str, new: str) -> Iterator[None]:
    path = house.workspace / "tiebeam.toml"
    text = path.read_text("utf-8")
    assert old in text
    for content in (text.replace(old, new), text):
        path.write_text(content, "utf-8")
        with house.store.unit() as unit:
            house.graph.apply(unit, actor="person:local-administrator")
        if content != text:
            try:
                yield
            finally:
                path.write_text(text, "utf-8")


def test_where_only_the_provider_counts_links_sign_nobody_in(house: App, client: TestClient) -> None:
    with house.store.unit() as unit:
        token = house.workforce.access.create_link(unit, "carl")
    with changed_settings(house, 'sign_in = ["link", "oidc"]', 'sign_in = ["oidc"]'):
        assert "tiebeam sign-in" not in client.get(f"/sign-in?token={token}").text
        assert client.post("/sign-in", data={"token": token}).status_code == 403
        with TestClient(build_api(house), base_url=HOME) as api:
            assert api.post("/session", json={"token": token}).status_code == 403
    assert client.post("/sign-in", data={"token": token}).status_code == 303


def test_a_provider_that_is_away_is_told_in_words(house: App, client: TestClient, provider: IdentityProvider) -> None:
    with changed_settings(house, provider.issuer, "http://127.0.0.1:9"):
        told = client.get("/sign-in/oidc")
    assert told.status_code == 502
    assert "The identity provider does not answer" in told.text
