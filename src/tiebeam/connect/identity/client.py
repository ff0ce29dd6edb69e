"""Signing people in by an OpenID provider: the authorization-code flow with PKCE, and nothing else."""

from __future__ import annotations

import base64
import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from tiebeam.connect.identity.discovery import Provider, discover
from tiebeam.connect.identity.errors import OidcMissing, ProviderDenied, ProviderUnreachable, refused
from tiebeam.connect.identity.keys import Keys
from tiebeam.connect.identity.tokens import check_same_subject, verify
from tiebeam.connect.identity.transport import Http, ask
from tiebeam.kit import Clock
from tiebeam.spec import OidcUse

PROVIDER_KEPT = timedelta(hours=1)
MOST_GROUPS = 1000
_LONGEST_CODE = 4096
_DENIED = frozenset({"access_denied", "consent_required", "login_required", "interaction_required"})


@dataclass(frozen=True, slots=True)
class Challenge:
    """What one sign-in sends to the provider. The browser keeps the secret that all of it is made from."""

    state: str
    nonce: str
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says somebody is. `subject` never changes; an address may pass to another person."""

    issuer: str
    subject: str
    email: str | None
    is_email_verified: bool
    groups: tuple[str, ...]

    @property
    def key(self) -> str:
        """The one name under which this identity is remembered."""
        return f"{self.issuer}|{self.subject}"


def challenge_of(secret: str, state: str) -> Challenge:
    """Derived, so that a database that remembers the sign-in holds nothing that completes it."""
    return Challenge(state, nonce=_derived(secret, "nonce", state), code_verifier=_derived(secret, "verifier", state))


def _derived(secret: str, use: str, state: str) -> str:
    made = hmac.new(secret.encode(), f"tiebeam.oidc.{use}|{state}".encode(), "sha256").digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


class OidcClient:
    """One provider. Safe to use from many threads; it asks the provider nothing until somebody signs in."""

    def __init__(
        self,
        settings: OidcUse,
        *,
        http: Http,
        clock: Clock,
        client_secret: Callable[[], str] | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._client_secret = client_secret
        self._lock = threading.Lock()
        self._known: tuple[datetime, Provider, Keys] | None = None

    @property
    def settings(self) -> OidcUse:
        return self._settings

    def provider(self) -> Provider:
        """What the provider says about itself, asked at most once an hour. Raises ProviderUnreachable."""
        return self._discovered()[0]

    def authorization_url(self, challenge: Challenge, *, redirect_uri: str) -> str:
        """Where to send the browser. Raises ProviderUnreachable and OidcMissing."""
        _require_libraries()
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        return prepare_grant_uri(
            self.provider().authorization_endpoint,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=list(self._settings.scopes),
            state=challenge.state,
            nonce=challenge.nonce,
            code_challenge=create_s256_code_challenge(challenge.code_verifier),
            code_challenge_method="S256",
        )

    def finish(self, answer: Mapping[str, str], challenge: Challenge, *, redirect_uri: str) -> Identity:
        """Who came back. `answer` is the query of the callback, whose state was already found to be ours.

        Raises ProviderDenied, IdentityRefused, ProviderUnreachable and OidcMissing.
        """
        _require_libraries()
        provider, keys = self._discovered()
        _check_answer(answer, provider)
        reply = self._exchange(provider, answer["code"], challenge, redirect_uri=redirect_uri)
        access_token = reply.get("access_token")
        claims = verify(
            reply.get("id_token"),
            provider=provider,
            keys=keys,
            client_id=self._settings.client_id,
            nonce=challenge.nonce,
            access_token=access_token if isinstance(access_token, str) else None,
            clock=self._clock,
            skew_seconds=self._settings.skew_seconds,
        )
        return self._identity(claims, self._more(provider, claims, access_token))

    def sign_out_url(self, *, return_to: str) -> str | None:
        """Where the provider ends its own session; None where it offers that not. Raises ProviderUnreachable."""
        from authlib.common.urls import add_params_to_uri

        endpoint = self.provider().end_session_endpoint
        if endpoint is None:
            return None
        told = [("client_id", self._settings.client_id), ("post_logout_redirect_uri", return_to)]
        return add_params_to_uri(endpoint, told)

    def _discovered(self) -> tuple[Provider, Keys]:
        with self._lock:
            now = self._clock.now()
            if self._known is None or abs(now - self._known[0]) > PROVIDER_KEPT:
                provider = discover(self._http, self._settings.issuer)
                self._known = (now, provider, Keys(self._http, provider.jwks_uri, clock=self._clock))
            return self._known[1], self._known[2]

    def _exchange(self, provider: Provider, code: str, challenge: Challenge, *, redirect_uri: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._settings.client_id,
            "code_verifier": challenge.code_verifier,
        }
        headers: dict[str, str] = {}
        secret = None if self._client_secret is None else self._client_secret()
        if secret is not None and "client_secret_basic" in provider.token_auth_methods:
            pair = f"{quote(self._settings.client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif secret is not None:
            form["client_secret"] = secret
        reply = ask(self._http, provider.token_endpoint, form=form, headers=headers)
        if reply.status == 200:
            return reply.data
        error = str(reply.data.get("error", ""))[:60]
        if error in {"invalid_client", "unauthorized_client"}:
            raise ProviderUnreachable(
                f"the identity provider does not know this installation ({error!r}); check client_id and "
                "client_secret in [access.oidc]"
            )
        raise refused("code", f"it did not take back the code it gave ({error or reply.status!r})")

    def _more(self, provider: Provider, claims: dict[str, Any], access_token: object) -> dict[str, Any]:
        """What the userinfo endpoint adds, asked only where the ID token leaves out groups or address."""
        wants_groups = bool(self._settings.roles or self._settings.administrators)
        is_complete = "email" in claims and (self._settings.groups_claim in claims or not wants_groups)
        if is_complete or provider.userinfo_endpoint is None or not isinstance(access_token, str):
            return {}
        if not access_token.isascii() or not access_token.isprintable() or len(access_token) > 16_384:
            raise refused("access_token", "its access token cannot be sent")
        reply = ask(self._http, provider.userinfo_endpoint, headers={"authorization": f"Bearer {access_token}"})
        if reply.status != 200:
            raise refused("userinfo", f"its userinfo endpoint answered {reply.status}")
        check_same_subject(claims, reply.data)
        return reply.data

    def _identity(self, claims: dict[str, Any], more: dict[str, Any]) -> Identity:
        # What is signed goes first; address and verification must come from the same place.
        said = claims if "email" in claims else more
        email = said.get("email")
        verified = said.get(self._settings.verified_claim)
        groups = claims.get(self._settings.groups_claim, more.get(self._settings.groups_claim))
        return Identity(
            issuer=self._settings.issuer,
            subject=claims["sub"],
            email=email if isinstance(email, str) and len(email) <= 320 and email.isprintable() else None,
            # Some providers write the boolean as text; anything else is not a yes.
            is_email_verified=verified is True or verified in {"true", "True"},
            groups=_groups(groups),
        )


def _check_answer(answer: Mapping[str, str], provider: Provider) -> None:
    issuer = answer.get("iss")
    if (issuer is None and provider.sends_issuer) or (issuer is not None and issuer != provider.issuer):
        # RFC 9207: the answer of another provider was mixed in.
        raise refused("iss", "it does not come from the provider that was asked")
    error = answer.get("error")
    if error is not None:
        if error in _DENIED:
            raise ProviderDenied(
                "the identity provider signed nobody in: it was cancelled or refused there", error=error
            )
        if error in {"temporarily_unavailable", "server_error"}:
            raise ProviderUnreachable("the identity provider says that it is out of order; try again in a moment")
        raise ProviderDenied(
            f"the identity provider refused the request ({error[:60]!r}); tell your administrator, "
            "who finds the settings under [access.oidc]",
            error=error[:60],
        )
    if not 0 < len(answer.get("code", "")) <= _LONGEST_CODE:
        raise refused("code", "it holds no code")


def _groups(value: object) -> tuple[str, ...]:
    """Names of groups: a list of texts, or one text. Raises IdentityRefused when there are too many to be true."""
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if len(listed) > MOST_GROUPS:
        raise refused("groups", f"it names more than {MOST_GROUPS} groups")
    return tuple(sorted({one for one in listed if isinstance(one, str) and 0 < len(one) <= 500 and one.isprintable()}))


def _require_libraries() -> None:
    try:
        import authlib
        import joserfc
    except ImportError as missing:
        raise OidcMissing(
            "sign-in by an identity provider needs the extra 'oidc': pip install 'tiebeam[oidc]'"
        ) from missing
    assert authlib
    assert joserfc
