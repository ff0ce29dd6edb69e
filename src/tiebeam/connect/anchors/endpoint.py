"""Anchors sent to another machine, one POST each, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tiebeam.connect.anchors.place import Load
from tiebeam.connect.outgoing import Outgoing
from tiebeam.connect.secrets import Secret
from tiebeam.errors import TiebeamError


class AnchorEndpointFailed(TiebeamError):
    """The endpoint did not take an anchor."""

    code = "anchor_endpoint_failed"
    status = 502


class EndpointPlace:
    """`secret` reads the bearer's token anew for each delivery; None where the endpoint asks for none."""

    def __init__(self, url: str, *, outgoing: Outgoing, secret: Callable[[], Secret] | None = None) -> None:
        self._url = url
        self._outgoing = outgoing
        self._secret = secret
        self.name = f"http:{url}"

    def bring(self, load: Load, *, written: int) -> Iterator[int]:
        """Raises AnchorEndpointFailed, and what the outgoing client and the secret raise."""
        headers = {} if self._secret is None else {"authorization": f"Bearer {self._secret().reveal()}"}
        while anchors := load(written):
            for anchor in anchors:
                answer = self._outgoing.request("POST", self._url, headers=headers, json=dict(anchor))
                if not answer.is_success:
                    number = anchor["number"]
                    raise AnchorEndpointFailed(f"{self._url} answered {answer.status} to anchor {number}")
                written = anchor["number"]
                yield written
