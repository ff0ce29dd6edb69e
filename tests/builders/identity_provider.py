"""A real identity provider beside the tests, and somebody who fills in its pages."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx

PROCESS = Path(__file__).parent / "identity_provider_process.py"
CLIENT_ID, CLIENT_SECRET = "tiebeam", "a secret: with signs/"
PASSWORD = "correct horse battery staple"


@dataclass
class IdentityProvider:
    """`issuer` is where it listens."""

    issuer: str
    process: subprocess.Popen[str]

    def rotate_keys(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("rotate\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "rotated"

    @contextmanager
    def browser(self) -> Iterator[Stranger]:
        with httpx.Client(follow_redirects=True, trust_env=False, timeout=30) as client:
            yield Stranger(client)


class Stranger:
    """Somebody before the provider's pages, with cookies of their own. Stops where it leads away from the provider."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def sign_in(self, url: str, name: str, password: str = PASSWORD, *, answer: str = "accept") -> dict[str, str] | str:
        """The query with which the provider sends the browser back; or the text of the page where it got stuck."""
        page = self._get(url)
        if isinstance(page, dict):
            return page
        if 'name="login"' in page.text:
            page = self._send(page, login=name)
        if not isinstance(page, dict) and 'name="password"' in page.text:
            page = self._send(page, password=password)
        if not isinstance(page, dict) and 'name="answer"' in page.text:
            page = self._send(page, answer=answer)
        return page if isinstance(page, dict) else page.text

    def open(self, url: str) -> httpx.Response | dict[str, str]:
        return self._get(url)

    def _get(self, url: str) -> httpx.Response | dict[str, str]:
        return self._followed(self._client.build_request("GET", url))

    def _send(self, page: httpx.Response, **fields: str) -> httpx.Response | dict[str, str]:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        data = {"csrf_token": token[1] if token else "", **fields}
        return self._followed(self._client.build_request("POST", str(page.url), data=data))

    def _followed(self, request: httpx.Request) -> httpx.Response | dict[str, str]:
        home = request.url.host
        response = self._client.send(request, follow_redirects=False)
        while response.next_request is not None:
            if response.next_request.url.host != home:
                return dict(parse_qsl(urlsplit(str(response.next_request.url)).query))
            response = self._client.send(response.next_request, follow_redirects=False)
        return response


@contextmanager
def running_provider(
    *, people: dict[str, str], groups: dict[str, list[str]], callback: str, after: str
) -> Iterator[IdentityProvider]:
    """`people` maps names to addresses; one that begins with `unverified` is not verified by the provider."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    setup = {
        "people": {name: (address, PASSWORD) for name, address in people.items()},
        "groups": groups,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [callback],
        "post_logout_redirect_uris": [after],
    }
    process = subprocess.Popen(
        [sys.executable, str(PROCESS), str(port), json.dumps(setup)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", "the identity provider did not start"
        yield IdentityProvider(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
