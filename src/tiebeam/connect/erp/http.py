"""An ERP reached over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from tiebeam.connect.erp.posting import KeyReused, read_posting
from tiebeam.connect.erp.secret import read_secret
from tiebeam.errors import Invalid, TiebeamError

if TYPE_CHECKING:
    import httpx

_LARGEST_ANSWER = 1_000_000
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class ErpUnreachable(TiebeamError):
    """No connection could be made: nothing was sent, and it is safe to try again."""

    code = "erp_unreachable"
    status = 502


class ErpUncertain(TiebeamError):
    """The request left, and no usable answer came back: it is unknown whether the invoice was posted.

    Ask `find(key)`, or a person.
    """

    code = "erp_uncertain"
    status = 502


class ErpRefused(TiebeamError):
    """The ERP answered that it did not post."""

    code = "erp_refused"
    status = 502


class HttpErp:
    """`POST {base}/vouchers` with an `Idempotency-Key` header and `GET {base}/vouchers/{key}`.

    `token_ref` is a secret reference, read at each call so that a changed token needs no restart. A token is only ever
    sent over https, or to this machine. Redirects are not followed: a posting goes where it was configured to go.
    """

    def __init__(
        self, base_url: str, token_ref: str | None = None, *, base: Path | None = None, timeout_seconds: float = 20.0
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Invalid(f"the ERP's address {base_url!r} is not an http or https URL")
        if parts.scheme == "http" and token_ref and parts.hostname not in _LOOPBACK:
            raise Invalid(f"the ERP's address {base_url!r} would send its token unencrypted; use https")
        self._url = base_url.rstrip("/")
        self._token_ref = token_ref
        self._base = base or Path.cwd()
        self._timeout = timeout_seconds

    def post_invoice(self, *, key: str, posting: Mapping[str, Any]) -> dict[str, Any]:
        """The ERP's voucher. Raises ErpUnreachable (not sent), ErpRefused (not posted) or ErpUncertain (unknown)."""
        content = read_posting(posting).model_dump(mode="json")
        status, body = self._call("POST", "/vouchers", key=key, content=content)
        if status == 409:
            raise KeyReused(f"the ERP says the key {key!r} already stands for another posting: {_reason(body)}")
        if 400 <= status < 500:
            raise ErpRefused(f"the ERP refused the posting ({status}): {_reason(body)}", erp_status=status)
        if status not in {200, 201} or not isinstance(body.get("voucher"), str):
            raise ErpUncertain(f"the ERP answered {status} without a voucher; look for the key {key!r} there")
        return {**body, "key": key}

    def find(self, key: str) -> dict[str, Any] | None:
        """The voucher posted under `key`, or None when the ERP knows of none."""
        status, body = self._call("GET", f"/vouchers/{quote(key, safe='')}", key=key, content=None)
        if status == 404:
            return None
        if status != 200 or not isinstance(body.get("voucher"), str):
            raise ErpUncertain(f"the ERP answered {status} to a question about the key {key!r}")
        return {**body, "key": key}

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _call(self, method: str, path: str, *, key: str, content: Any) -> tuple[int, dict[str, Any]]:
        import httpx

        headers = {"Idempotency-Key": key, "Accept": "application/json"}
        if self._token_ref:
            headers["Authorization"] = f"Bearer {read_secret(self._token_ref, base=self._base)}"
        limits = httpx.Timeout(self._timeout, connect=min(self._timeout, 5.0))
        try:
            with (
                httpx.Client(timeout=limits, follow_redirects=False, trust_env=False) as client,
                client.stream(method, self._url + path, headers=headers, json=content) as answer,
            ):
                return answer.status_code, _body(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
            raise ErpUnreachable(f"the ERP at {self._url!r} cannot be reached: {problem}") from problem
        except httpx.HTTPError as problem:
            raise ErpUncertain(
                f"the ERP at {self._url!r} gave no full answer ({type(problem).__name__}); "
                f"look for the key {key!r} there before trying again"
            ) from problem


def _body(answer: httpx.Response) -> dict[str, Any]:
    data = bytearray()
    for part in answer.iter_bytes():
        data += part
        if len(data) > _LARGEST_ANSWER:
            return {"error": f"an answer larger than {_LARGEST_ANSWER} bytes"}
    try:
        read = json.loads(data)
    except ValueError:
        return {"error": bytes(data[:200]).decode("utf-8", "replace")}
    return read if isinstance(read, dict) else {"error": "an answer that is no JSON object"}


def _reason(body: Mapping[str, Any]) -> str:
    return str(body.get("error") or body.get("message") or "no reason given")[:300]
