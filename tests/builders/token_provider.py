"""A tiny OpenID provider inside the test: it signs whatever ID token a test asks for, honest or not."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tiebeam.errors import TiebeamError
from tiebeam.kit import Clock

ISSUER = "https://id.example.org"
CLIENT = "tiebeam"


class LineCut(TiebeamError):
    """The provider does not answer."""

    code = "line_cut"


@dataclass(frozen=True)
class Said:
    status: int
    body: bytes


@dataclass
class TokenProvider:
    """Answers as `Http` does. A test changes what it says through the fields."""

    clock: Clock
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    shown: list[RSAKey] | None = None
    token: str | None = None
    is_down: bool = False
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    nonce: str = ""
    challenge: str = ""

    def authorize(self, url: str) -> dict[str, str]:
        """What a browser comes back with after it was sent to `url`."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.nonce, self.challenge = query["nonce"], query["code_challenge"]
        return {"code": "the-code", "state": query["state"], "iss": ISSUER}

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Said:
        path = urlsplit(url).path
        self.asked.append(path)
        if self.is_down:
            raise LineCut("the line is cut")
        match path:
            case "/.well-known/openid-configuration":
                return _json(self._description())
            case "/keys":
                return _json(KeySet(self.shown if self.shown is not None else [self.key]).as_dict())
            case "/token":
                return self._give_token(dict(parse_qsl((content or b"").decode())), dict(headers or {}))
            case _:
                return _json(self.userinfo or {})

    def _description(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/end",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
            "authorization_response_iss_parameter_supported": True,
        }
        told |= self.metadata
        return {name: value for name, value in told.items() if value is not None}

    def _give_token(self, form: dict[str, str], headers: dict[str, str]) -> Said:
        self.forms.append(form)
        self.headers.append(headers)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge or form["code"] != "the-code":
            return Said(400, b'{"error": "invalid_grant"}')
        return _json({"access_token": "access", "token_type": "Bearer", "id_token": self.token or self.sign()})

    def sign(self, *, key: RSAKey | None = None) -> str:
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        claims = {name: value for name, value in {**self.honest(), **self.claims}.items() if value is not None}
        return jwt.encode(header, claims, key or self.key)

    def honest(self) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        return {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "4711",
            "nonce": self.nonce,
            "iat": now,
            "exp": now + 300,
            "email": "ada@example.org",
            "email_verified": True,
            "groups": ["controllers"],
        }


def _json(data: Any) -> Said:
    return Said(200, json.dumps(data).encode())
