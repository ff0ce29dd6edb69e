"""The gateway as a plain ASGI application: no framework stands between a call and its provider."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus

import msgspec

from tiebeam.app import Calls
from tiebeam.economics.admission import Admitted, BudgetsBehind
from tiebeam.economics.keys import Key
from tiebeam.economics.tokens import Limits, read_request
from tiebeam.errors import TiebeamError
from tiebeam.gateway.asking import call_of, key_of, with_headers
from tiebeam.gateway.counting import Counts
from tiebeam.gateway.desk import Desk
from tiebeam.gateway.exchange import Exchange
from tiebeam.gateway.listing import list_models, show_model
from tiebeam.gateway.measuring import metrics_text
from tiebeam.gateway.problems import GatewayBusy, GatewayNotReady, NoSuchPlace, WrongMethod
from tiebeam.gateway.reading import CallerLeft, Receive, Scope, Send, read_body
from tiebeam.gateway.replying import send_problem, send_whole
from tiebeam.gateway.sending import Sending
from tiebeam.gateway.telling import JSON, Form, Headers, Problem, problem_of
from tiebeam.spec import Endpoint

_log = logging.getLogger("tiebeam.gateway")

_CALLS = {f"/v1/{one.value}": one for one in Endpoint}
_MODELS = "/v1/models"
_TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")


class Torn(Exception):
    """An answer that had begun could not be ended."""


class Gateway:
    """Calls below `/v1`, and `/health`, `/ready` and `/metrics` beside them.

    `calls` gives what the workspace lets calls do; None while it could not be read, which is told as 503. `prepare` is
    called in a thread before the first call. One for each event loop; close it with that.
    """

    def __init__(self, calls: Callable[[], Calls | None], *, prepare: Callable[[], object] | None = None) -> None:
        self.counts = Counts()
        self._calls = calls
        self._prepare = prepare
        self._desk: Desk | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._answer(scope, receive, send)
        elif kind == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def close(self) -> None:
        """Let go of the connections to providers."""
        if self._desk is not None:
            await self._desk.sending.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        endpoint = _CALLS.get(path)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        is_anthropic = endpoint is Endpoint.MESSAGES or (endpoint is None and b"anthropic-version" in headers)
        form = Form.ANTHROPIC if is_anthropic else Form.OPENAI
        counts = self.counts
        counts.inside += 1
        status = 0
        try:
            if endpoint is None:
                status = await self._other(path, scope["method"], headers, form, send)
            else:
                status = await self._call(endpoint, scope, headers, form, receive, send)
        except CallerLeft:
            counts.left += 1
        except Torn:
            # The server closes the connection, by which the caller sees that its answer is not whole.
            raise
        except TiebeamError as problem:
            status = await self._tell(problem_of(problem), form, send)
        except Exception:  # noqa: BLE001 - one call's fault must not end the process; it is logged with a reference
            reference = secrets.token_hex(4)
            _log.exception("internal error, reference %s", reference)
            told = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", f"internal error, reference {reference}")
            status = await self._tell(told, form, send)
        finally:
            counts.inside -= 1
            counts.replies["other" if endpoint is None else endpoint.value, status] += 1

    async def _call(
        self,
        endpoint: Endpoint,
        scope: Scope,
        headers: dict[bytes, bytes],
        form: Form,
        receive: Receive,
        send: Send,
    ) -> int:
        if scope["method"] != "POST":
            raise WrongMethod(f"/v1/{endpoint.value} is called with POST, not with {scope['method']}")
        desk = self._desk or await self._ready()
        calls, use = desk.calls, desk.calls.use
        if self.counts.inside > use.connections:
            raise GatewayBusy(
                f"{use.connections:,} calls are under way, and no more are taken at once; try again in a moment",
                retry_after=1,
            )
        key = key_of(calls.ring, headers, calls.admission.now())
        body = await read_body(receive, largest=use.largest_request_bytes, declared=headers.get(b"content-length"))
        asked = read_request(endpoint, body, limits=Limits(use.largest_request_bytes))
        if b"anthropic-beta" in headers:
            asked = with_headers(asked, scope["headers"])
        call = call_of(key, asked, headers)
        try:
            admitted = calls.admission.admit(call)
        except BudgetsBehind:
            # A key made a moment ago: its first call reads its ceiling, and goes by that.
            await asyncio.to_thread(calls.catch_up)
            admitted = calls.admission.admit(call)
        exchange = Exchange(desk, admitted, body=body, headers=scope["headers"], form=form, receive=receive, send=send)
        return await self._carry_out(exchange, admitted, form, send)

    async def _carry_out(self, exchange: Exchange, admitted: Admitted, form: Form, send: Send) -> int:
        counts_for_key = False
        try:
            await exchange.run()
            counts_for_key = not exchange.is_left
            self.counts.left += exchange.is_left
            return exchange.status
        except TiebeamError as problem:
            counts_for_key = admitted.attempts > 0
            if exchange.is_begun:
                raise Torn from problem
            return await self._tell(problem_of(problem), form, send, admitted=admitted)
        except Exception as problem:
            if exchange.is_begun:
                raise Torn from problem
            raise
        finally:
            exchange.desk.calls.admission.close(admitted, counts=counts_for_key)

    async def _other(self, path: str, method: str, headers: dict[bytes, bytes], form: Form, send: Send) -> int:
        """What is no call of a model."""
        if method not in {"GET", "HEAD"} and (path in {"/health", "/ready", "/metrics"} or path.startswith(_MODELS)):
            raise WrongMethod(f"{path} is read with GET, not with {method}")
        if path == "/health":
            return await _send_json(send, 200, {"status": "ok"})
        if path == "/ready":
            return await self._say_ready(send)
        if path == "/metrics":
            breakers = {} if self._desk is None else self._desk.sending.breakers
            await send_whole(send, 200, [_TEXT], metrics_text(self.counts, self._calls(), breakers))
            return 200
        if path == _MODELS or path.startswith(f"{_MODELS}/"):
            return await self._say_models(path, headers, form, send)
        known = ", ".join((*_CALLS, _MODELS))
        raise NoSuchPlace(f"there is nothing at {path[:200]!r}; there are {known}")

    async def _say_ready(self, send: Send) -> int:
        calls = self._calls()
        if calls is None:
            return await _send_json(send, 503, {"status": "waiting for the database"})
        # While the database is away, calls go on by what was leased: that is no reason to send them elsewhere.
        return await _send_json(send, 200, {"status": "ready", "store": "away" if calls.is_store_away else "here"})

    async def _say_models(self, path: str, headers: dict[bytes, bytes], form: Form, send: Send) -> int:
        calls = (self._desk or await self._ready()).calls
        key: Key = key_of(calls.ring, headers, calls.admission.now())
        names, name = calls.router().names, path[len(_MODELS) + 1 :]
        body = show_model(names, key, form, name) if name else list_models(names, key, form)
        await send_whole(send, 200, [JSON], body)
        return 200

    async def _tell(self, problem: Problem, form: Form, send: Send, *, admitted: Admitted | None = None) -> int:
        self.counts.refusals[problem.code] += 1
        await send_problem(send, problem, form, admitted=admitted)
        return problem.status

    async def _ready(self) -> Desk:
        """At the first call. Raises GatewayNotReady."""
        if self._prepare is not None:
            await asyncio.to_thread(self._prepare)
        calls = self._calls()
        if calls is None:
            raise GatewayNotReady("the database of this workspace does not answer yet; try again", retry_after=2)
        if self._desk is None:
            sending = Sending(workspace=calls.workspace, rules=lambda: calls.outgoing, use=lambda: calls.use)
            self._desk = Desk(calls=calls, sending=sending, counts=self.counts)
        return self._desk


async def _send_json(send: Send, status: int, content: object) -> int:
    headers: Headers = [JSON]
    await send_whole(send, status, headers, msgspec.json.encode(content))
    return status
