"""An ID token is believed only after every check of OpenID Connect Core 3.1.3.7, and a few more."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

from tiebeam.connect.identity.discovery import Provider
from tiebeam.connect.identity.errors import refused
from tiebeam.connect.identity.keys import Keys
from tiebeam.kit import Clock

LARGEST_TOKEN = 32 * 1024
LONGEST_SUBJECT = 255
"""OpenID Connect Core allows a subject no more than this."""
OLDEST_SECONDS = 600
"""A token made longer ago than a sign-in may take was not made for this one."""


def verify(
    token: object,
    *,
    provider: Provider,
    keys: Keys,
    client_id: str,
    nonce: str,
    access_token: str | None,
    clock: Clock,
    skew_seconds: int,
) -> dict[str, Any]:
    """The claims of the token. Raises IdentityRefused, whose `check` names what failed."""
    if not isinstance(token, str) or not token.isascii() or len(token) > LARGEST_TOKEN:
        raise refused("id_token", "it holds no ID token of a usable size")
    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in provider.algorithms:
        raise refused("alg", f"its signature algorithm {str(algorithm)[:20]!r} is not accepted")
    kid = header.get("kid")
    if kid is not None and (not isinstance(kid, str) or len(kid) > 200):
        raise refused("kid", "its key id is no short text")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise refused("typ", "it is another kind of token")
    claims = _signed_claims(token, key=keys.find(kid=kid, algorithm=algorithm), algorithm=algorithm)
    now = int(clock.now().timestamp())
    _check_claims(
        claims,
        {"alg": algorithm},
        issuer=provider.issuer,
        client_id=client_id,
        nonce=nonce,
        access_token=access_token,
        now=now,
        skew_seconds=skew_seconds,
    )
    return claims


def _header(token: str) -> dict[str, Any]:
    first = token.split(".", 1)[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise refused("id_token", "its ID token cannot be read")
    return header


def _signed_claims(token: str, *, key: Any, algorithm: str) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        return jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, RecursionError) as problem:
        raise refused("signature", "its signature does not hold") from problem


def _check_claims(
    claims: dict[str, Any],
    header: dict[str, Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
    now: int,
    skew_seconds: int,
) -> None:
    from authlib.oidc.core import CodeIDToken
    from joserfc.errors import ClaimError, ExpiredTokenError, JoseError

    options: dict[str, Any] = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True},
    }
    params = {"client_id": client_id, "nonce": nonce, "access_token": access_token}
    try:
        CodeIDToken(claims, header, options, params).validate(now=now, leeway=skew_seconds)
    except ExpiredTokenError as problem:
        raise refused("exp", "it has expired") from problem
    except ClaimError as problem:
        raise refused(
            str(problem.claim), f"its claim {problem.claim!r} is missing or not the expected one"
        ) from problem
    except (JoseError, ValueError, TypeError) as problem:
        raise refused("claims", "its claims are not those of an ID token") from problem
    _check_more(claims, nonce=nonce, now=now, skew_seconds=skew_seconds)


def _check_more(claims: dict[str, Any], *, nonce: str, now: int, skew_seconds: int) -> None:
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise refused("nonce", "it was made for another sign-in")
    if claims["iat"] < now - OLDEST_SECONDS - skew_seconds:
        raise refused("iat", "it was made too long ago")
    subject = claims["sub"]
    if len(subject) > LONGEST_SUBJECT or not subject.strip() or not subject.isprintable():
        raise refused("sub", "its subject is empty, too long or not printable")


def check_same_subject(claims: dict[str, Any], more: dict[str, Any]) -> None:
    """What the userinfo endpoint tells must be about the person of the ID token. Raises IdentityRefused."""
    if more.get("sub") != claims["sub"]:
        raise refused("userinfo", "its userinfo is about somebody else")
