"""The provider's public keys. They change: an unknown key id asks for them again, at most once a minute."""

from __future__ import annotations

import base64
import threading
from datetime import datetime, timedelta
from typing import Any

from tiebeam.connect.identity.errors import ProviderUnreachable, refused
from tiebeam.connect.identity.transport import Http, ask
from tiebeam.kit import Clock

MOST_KEYS = 50
KEPT = timedelta(hours=1)
REFETCH_AFTER = timedelta(seconds=60)
"""A stranger who sends tokens with invented key ids makes us ask the provider no more often than this."""
_KEY_TYPES = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("Ed",)}
_SMALLEST_RSA_BITS, _LARGEST_RSA_BITS = 2048, 16384


class Keys:
    """Safe to use from many threads; one of them asks while the others wait."""

    def __init__(self, http: Http, jwks_uri: str, *, clock: Clock) -> None:
        self._http = http
        self._uri = jwks_uri
        self._clock = clock
        self._keys: tuple[dict[str, Any], ...] = ()
        self._fetched_at: datetime | None = None
        self._lock = threading.Lock()

    def find(self, *, kid: str | None, algorithm: str) -> Any:
        """The joserfc key that a token's header means. Raises IdentityRefused or ProviderUnreachable."""
        with self._lock:
            if self._fetched_at is None or self._age() > KEPT:
                self._fetch()
            found = self._matching(kid, algorithm)
            if not found and self._age() >= REFETCH_AFTER:
                self._fetch()
                found = self._matching(kid, algorithm)
        if len(found) != 1:
            what = "several keys fit its signature" if found else f"it is signed with an unknown key {kid!r}"
            raise refused("kid", what)
        return _imported(found[0])

    def _age(self) -> timedelta:
        assert self._fetched_at is not None
        # A clock that was set back must not keep old keys for longer.
        return abs(self._clock.now() - self._fetched_at)

    def _fetch(self) -> None:
        reply = ask(self._http, self._uri)
        listed = reply.data.get("keys")
        if reply.status != 200 or not isinstance(listed, list) or len(listed) > MOST_KEYS:
            raise ProviderUnreachable(f"the identity provider shows no usable set of keys at {self._uri!r}")
        self._keys = tuple(key for key in listed if isinstance(key, dict))
        self._fetched_at = self._clock.now()

    def _matching(self, kid: str | None, algorithm: str) -> list[dict[str, Any]]:
        """Keys of the right type and use; a token without a key id fits only where that leaves one."""
        fit = [
            key
            for key in self._keys
            if algorithm.startswith(_KEY_TYPES.get(str(key.get("kty")), ("!",)))
            and key.get("use") in {None, "sig"}
            and key.get("alg") in {None, algorithm}
        ]
        return fit if kid is None else [key for key in fit if key.get("kid") == kid]


def _imported(data: dict[str, Any]) -> Any:
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    public = {name: value for name, value in data.items() if name in {"kty", "kid", "alg", "n", "e", "crv", "x", "y"}}
    try:
        if data.get("kty") == "RSA":
            _check_size(str(data["n"]))
        return JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise refused("key", "its key cannot be read") from problem


def _check_size(modulus: str) -> None:
    padded = modulus + "=" * (-len(modulus) % 4)
    bits = int.from_bytes(base64.urlsafe_b64decode(padded), "big").bit_length()
    if not _SMALLEST_RSA_BITS <= bits <= _LARGEST_RSA_BITS:
        raise refused("key", f"its key has {bits} bits")
