"""An ERP reached over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from tiebeam.connect.erp.posting import KeyReused, read_posting
from tiebeam.connect.outgoing import Answer, AnswerTooLarge, Outgoing, OutgoingFailed, OutgoingRefused
from tiebeam.connect.outgoing import OutgoingUnreachable as NotReached
from tiebeam.connect.secrets import Secret
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.kit import MASKING

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

    `password` reads the secret at each call, so that a changed one needs no restart: a bearer token, or with `user` the
    password of basic authentication. It is only ever sent over https, or to this machine. Redirects are not followed:
    a posting goes where it was configured to go.
    """

    def __init__(
        self,
        base_url: str,
        password: Callable[[], Secret] | None = None,
        *,
        outgoing: Outgoing,
        user: str | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Invalid(f"the ERP's address {MASKING.mask(base_url)!r} is not an http or https URL")
        if parts.scheme == "http" and password and parts.hostname not in _LOOPBACK:
            raise Invalid(f"the ERP's address {MASKING.mask(base_url)!r} would send its secret unencrypted; use https")
        if user is not None and (":" in user or password is None):
            raise Invalid(f"the ERP's user {user!r} needs a password beside it, and holds no colon")
        self._url = base_url.rstrip("/")
        self._password = password
        self._user = user
        self._outgoing = outgoing

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
        headers = {"Idempotency-Key": key, "Accept": "application/json", **self._login()}
        try:
            answer = self._outgoing.request(method, self._url + path, headers=headers, json=content)
        except (NotReached, OutgoingRefused) as problem:
            raise ErpUnreachable(f"the ERP cannot be reached: {problem.message}") from problem
        except AnswerTooLarge as problem:
            raise ErpUncertain(f"the ERP: {problem.message}; look for the key {key!r} there") from problem
        except OutgoingFailed as problem:
            raise ErpUncertain(
                f"the ERP did not answer in full: {problem.message}; look for the key {key!r} there before trying again"
            ) from problem
        return answer.status, _body(answer)

    def _login(self) -> dict[str, str]:
        if self._password is None:
            return {}
        secret = self._password().reveal()
        if self._user is None:
            return {"Authorization": f"Bearer {secret}"}
        pair = base64.b64encode(f"{self._user}:{secret}".encode()).decode("ascii")
        return {"Authorization": f"Basic {pair}"}


def _body(answer: Answer) -> dict[str, Any]:
    """What the ERP said. It becomes part of our rows and errors, so a secret it repeats is masked first."""
    try:
        read = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {"error": MASKING.mask(answer.body.decode("utf-8", "replace"))[:200]}
    return MASKING.mask_data(read) if isinstance(read, dict) else {"error": "an answer that is no JSON object"}


def _reason(body: Mapping[str, Any]) -> str:
    return str(body.get("error") or body.get("message") or "no reason given")[:300]
