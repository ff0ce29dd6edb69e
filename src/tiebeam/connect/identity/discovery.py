"""What a provider says about itself at `/.well-known/openid-configuration`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tiebeam.connect.identity.errors import ProviderUnreachable
from tiebeam.connect.identity.transport import Http, ask, is_safe

WELL_KNOWN = "/.well-known/openid-configuration"
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signatures that only the provider can make. `none` and the shared-key HS family are never among them."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider's addresses and habits."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: frozenset[str]
    """What it signs ID tokens with, as far as we accept it."""
    token_auth_methods: frozenset[str]
    sends_issuer: bool
    """Whether its answers name their issuer (RFC 9207), so that an answer without one is refused."""


def discover(http: Http, issuer: str) -> Provider:
    """Read and check the provider's own description. Raises ProviderUnreachable."""
    reply = ask(http, issuer.rstrip("/") + WELL_KNOWN)
    if reply.status != 200:
        raise _broken(issuer, f"answered {reply.status} to {WELL_KNOWN}")
    data = reply.data
    if data.get("issuer") != issuer:
        raise _broken(issuer, f"calls itself {str(data.get('issuer'))[:200]!r}; [access.oidc] issuer must be the same")
    methods = data.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise _broken(issuer, "offers no PKCE with S256")
    algorithms = ALGORITHMS & _names(data, "id_token_signing_alg_values_supported", ("RS256",))
    if not algorithms:
        raise _broken(issuer, "signs ID tokens with none of the algorithms we accept")
    return Provider(
        issuer=issuer,
        authorization_endpoint=_endpoint(issuer, data, "authorization_endpoint"),
        token_endpoint=_endpoint(issuer, data, "token_endpoint"),
        jwks_uri=_endpoint(issuer, data, "jwks_uri"),
        userinfo_endpoint=_optional_endpoint(issuer, data, "userinfo_endpoint"),
        end_session_endpoint=_optional_endpoint(issuer, data, "end_session_endpoint"),
        algorithms=algorithms,
        token_auth_methods=_names(data, "token_endpoint_auth_methods_supported", ("client_secret_basic",)),
        sends_issuer=data.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(issuer: str, data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or len(value) > 2000 or not is_safe(value):
        raise _broken(issuer, f"names no usable {name}")
    return value


def _optional_endpoint(issuer: str, data: dict[str, Any], name: str) -> str | None:
    return None if data.get(name) is None else _endpoint(issuer, data, name)


def _names(data: dict[str, Any], key: str, default: tuple[str, ...]) -> frozenset[str]:
    value = data.get(key)
    if not isinstance(value, list):
        return frozenset(default)
    return frozenset(one for one in value if isinstance(one, str))


def _broken(issuer: str, what: str) -> ProviderUnreachable:
    return ProviderUnreachable(f"the identity provider {issuer!r} {what}", issuer=issuer)
