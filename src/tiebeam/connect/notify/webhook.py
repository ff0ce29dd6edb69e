"""Messages as one POST each, signed so that the receiver knows who sent them and that nothing was changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from tiebeam.connect.notify.message import NotTold, Told
from tiebeam.connect.outgoing import Outgoing
from tiebeam.connect.secrets import Secret
from tiebeam.connect.signing import MESSAGE_ID, SIGNATURE, signature_of
from tiebeam.kit import Clock


class WebhookPlace:
    """`secret` is read anew for each message; None where the receiver asks for no signature."""

    def __init__(self, url: str, *, outgoing: Outgoing, clock: Clock, secret: Callable[[], Secret] | None) -> None:
        self._url = url
        self._outgoing = outgoing
        self._clock = clock
        self._secret = secret
        # Addresses of chat channels are secrets in themselves, so the name shows only the host, and tells them apart.
        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        self.name = f"webhook:{host}:{hashlib.sha256(url.encode()).hexdigest()[:8]}"

    def tell(self, told: Told) -> None:
        """Raises NotTold, and what the outgoing client and the secret raise."""
        body = json.dumps(told.as_json(), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        headers = {"content-type": "application/json", MESSAGE_ID: told.id}
        if self._secret is not None:
            at = int(self._clock.now().timestamp())
            headers[SIGNATURE] = signature_of(self._secret().reveal().encode(), body, at=at)
        answer = self._outgoing.request("POST", self._url, headers=headers, content=body)
        if not answer.is_success:
            raise NotTold(f"{self.name} answered {answer.status}")
