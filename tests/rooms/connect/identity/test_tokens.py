"""What an identity provider sends is believed only where every check holds."""

from __future__ import annotations

import base64
import hmac
import json
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.builders.token_provider import CLIENT, ISSUER, TokenProvider
from tiebeam.connect.identity import (
    Identity,
    IdentityRefused,
    OidcClient,
    ProviderDenied,
    ProviderUnreachable,
    challenge_of,
)
from tiebeam.kit import FixedClock
from tiebeam.spec import OidcUse

BACK = "https://tiebeam.example.org/sign-in/oidc/callback"


class Scene:
    """A client, its provider, and one sign-in between them."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.provider = TokenProvider(self.clock)
        self.use = OidcUse(issuer=ISSUER, client_id=CLIENT, roles={"controllers": ("controller",)}, **settings)
        self.client = OidcClient(self.use, http=self.provider, clock=self.clock)
        self.challenge = challenge_of("the browser's secret", "the-state")

    def begin(self) -> dict[str, str]:
        return self.provider.authorize(self.client.authorization_url(self.challenge, redirect_uri=BACK))

    def sign_in(self, **changes: str) -> Identity:
        return self.client.finish({**self.begin(), **changes}, self.challenge, redirect_uri=BACK)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def _part(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def refusal(scene: Scene) -> str:
    with pytest.raises(IdentityRefused) as refused:
        scene.sign_in()
    return str(refused.value.data["check"])


def test_an_honest_provider_tells_who_somebody_is(scene: Scene) -> None:
    assert scene.sign_in() == Identity(ISSUER, "4711", "ada@example.org", True, ("controllers",))


def test_the_browser_is_sent_with_pkce_state_and_nonce_and_no_secret(scene: Scene) -> None:
    url = scene.client.authorization_url(scene.challenge, redirect_uri=BACK)
    assert "code_challenge_method=S256" in url
    assert "state=the-state" in url
    assert f"nonce={scene.challenge.nonce}" in url
    assert scene.challenge.code_verifier not in url
    assert len(scene.challenge.code_verifier) == 43


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"iss": "https://evil.example.org"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"nonce": "of another sign-in"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": 1_000_000_000}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "tomorrow"}, "exp"),
        ({"iat": 1_000_000_000}, "iat"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"iat": None}, "iat"),
        ({"nbf": 4_000_000_000}, "nbf"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"sub": "4711\n"}, "sub"),
        ({"sub": 4711}, "sub"),
        ({"at_hash": "of-another-access-token"}, "at_hash"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(scene: Scene, claims: dict[str, Any], check: str) -> None:
    scene.provider.claims = claims
    assert refusal(scene) == check


def test_several_audiences_are_taken_when_the_token_was_made_for_us(scene: Scene) -> None:
    scene.provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert scene.sign_in().subject == "4711"


def test_a_clock_that_is_a_little_off_is_forgiven_and_more_is_not(scene: Scene) -> None:
    now = int(scene.clock.now().timestamp())
    scene.provider.claims = {"iat": now + 59, "exp": now - 59}
    assert scene.sign_in().subject == "4711"
    scene.provider.claims = {"exp": now - 61}
    assert refusal(scene) == "exp"


def test_an_unsigned_token_is_refused(scene: Scene) -> None:
    scene.begin()
    scene.provider.token = f"{_part({'alg': 'none'})}.{_part(scene.provider.honest())}."
    assert refusal(scene) == "alg"


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(scene: Scene) -> None:
    scene.begin()
    head = _part({"alg": "HS256", "kid": scene.provider.key.kid})
    signed = f"{head}.{_part(scene.provider.honest())}"
    shared = scene.provider.key.as_pem(private=False)
    seal = base64.urlsafe_b64encode(hmac.new(shared, signed.encode(), "sha256").digest()).rstrip(b"=").decode()
    scene.provider.token = f"{signed}.{seal}"
    assert refusal(scene) == "alg"


def test_a_token_of_another_key_is_refused_even_under_the_right_key_id(scene: Scene) -> None:
    scene.begin()
    scene.provider.token = scene.provider.sign(key=RSAKey.generate_key(2048))
    assert refusal(scene) == "signature"


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt"])
def test_another_kind_of_token_is_refused(scene: Scene, typ: str) -> None:
    scene.provider.header = {"typ": typ}
    assert refusal(scene) == "typ"


@pytest.mark.parametrize("token", ["", "no token", "a.b.c", "x" * 40_000, "ä.ö.ü", "e30.e30."])
def test_what_is_no_token_is_refused(scene: Scene, token: str) -> None:
    scene.begin()
    scene.provider.token = token or " "
    assert refusal(scene) in {"id_token", "alg"}


def test_a_weak_key_is_refused(scene: Scene) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scene.provider.key = RSAKey.generate_key(1024, auto_kid=True)
        assert refusal(scene) == "key"


def test_keys_may_change_and_are_asked_for_once_more(scene: Scene) -> None:
    scene.sign_in()
    scene.provider.key = RSAKey.generate_key(2048, auto_kid=True)
    scene.clock.advance(minutes=2)
    assert scene.sign_in().subject == "4711"
    assert scene.provider.asked.count("/keys") == 2


def test_invented_key_ids_do_not_make_us_ask_again_and_again(scene: Scene) -> None:
    scene.sign_in()
    scene.provider.shown = [scene.provider.key]
    scene.provider.key = RSAKey.generate_key(2048, auto_kid=True)
    for _ in range(5):
        assert refusal(scene) == "kid"
    assert scene.provider.asked.count("/keys") == 1


def test_an_answer_of_another_provider_is_refused(scene: Scene) -> None:
    answer = scene.begin()
    for changed in ({**answer, "iss": "https://evil.example.org"}, {k: v for k, v in answer.items() if k != "iss"}):
        with pytest.raises(IdentityRefused, match="does not come from the provider"):
            scene.client.finish(changed, scene.challenge, redirect_uri=BACK)
    assert not scene.provider.forms


def test_a_code_of_another_sign_in_is_of_no_use(scene: Scene) -> None:
    answer = scene.begin()
    other = challenge_of("another browser's secret", "the-state")
    with pytest.raises(IdentityRefused, match="invalid_grant"):
        scene.client.finish(answer, other, redirect_uri=BACK)


def test_groups_come_from_userinfo_where_the_token_leaves_them_out(scene: Scene) -> None:
    scene.provider.claims = {"groups": None}
    scene.provider.userinfo = {"sub": "4711", "groups": ["clerks"]}
    assert scene.sign_in().groups == ("clerks",)
    scene.provider.userinfo = {"sub": "somebody else", "groups": ["clerks"]}
    assert refusal(scene) == "userinfo"


@pytest.mark.parametrize(
    ("said", "is_verified"), [(True, True), ("true", True), (False, False), (None, False), (1, False)]
)
def test_an_address_counts_as_verified_only_where_the_provider_says_so(
    scene: Scene, said: object, is_verified: bool
) -> None:
    scene.provider.claims = {"email_verified": said}
    assert scene.sign_in().is_email_verified is is_verified


def test_groups_that_are_none_are_left_out_and_too_many_are_refused(scene: Scene) -> None:
    scene.provider.claims = {"groups": ["a", 3, None, "", "a", "x" * 501]}
    assert scene.sign_in().groups == ("a",)
    scene.provider.claims = {"groups": [str(n) for n in range(1001)]}
    assert refusal(scene) == "groups"


def test_what_the_provider_denies_is_told_in_words(scene: Scene) -> None:
    with pytest.raises(ProviderDenied, match="cancelled"):
        scene.sign_in(error="access_denied")
    with pytest.raises(ProviderDenied, match="invalid_scope"):
        scene.sign_in(error="invalid_scope")
    with pytest.raises(ProviderUnreachable, match="out of order"):
        scene.sign_in(error="server_error")


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example.org"},
        {"token_endpoint": None},
        {"token_endpoint": "http://id.example.org/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(scene: Scene, metadata: dict[str, Any]) -> None:
    scene.provider.metadata = metadata
    with pytest.raises(ProviderUnreachable):
        scene.begin()


def test_a_provider_that_is_away_is_named(scene: Scene) -> None:
    scene.provider.is_down = True
    with pytest.raises(ProviderUnreachable, match=r"id\.example\.org"):
        scene.begin()


def test_the_client_secret_goes_into_a_header_where_the_provider_takes_it_there() -> None:
    scene = Scene()
    scene.client = OidcClient(scene.use, http=scene.provider, clock=scene.clock, client_secret=lambda: "s:ecret")
    scene.sign_in()
    assert scene.provider.headers[-1]["authorization"] == "Basic " + base64.b64encode(b"tiebeam:s%3Aecret").decode()
    assert "client_secret" not in scene.provider.forms[-1]


def test_the_way_out_leads_back_to_us(scene: Scene) -> None:
    url = scene.client.sign_out_url(return_to="https://tiebeam.example.org/sign-in")
    assert url is not None
    assert url.startswith(f"{ISSUER}/end?client_id=tiebeam&post_logout_redirect_uri=https%3A%2F%2Ftiebeam")
    other = Scene()
    other.provider.metadata = {"end_session_endpoint": None}
    assert other.client.sign_out_url(return_to="https://tiebeam.example.org/") is None
