"""Signing in by an identity provider: there, back again, and out. Nobody is signed in yet on these pages."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tiebeam.app import App
from tiebeam.connect.identity import OidcClient, challenge_of
from tiebeam.errors import NotFound, TiebeamError
from tiebeam.http import COOKIE, agent_of, base_url_of, session_cookie, source_of
from tiebeam.web.pages.entering import safe_target, sign_in_page
from tiebeam.web.visit import Console
from tiebeam.workforce import SignInLapsed

START = "/sign-in/oidc"
CALLBACK = f"{START}/callback"
END = f"{START}/sign-out"
BROWSER_COOKIE = "tiebeam_sign_in"
_LONGEST_PARAMETER = 4096
_LOG = logging.getLogger("tiebeam.web")

_TITLES = {
    "sign_in_denied": "You were not signed in there",
    "sign_in_lapsed": "This sign-in is no longer under way",
    "provider_unreachable": "The identity provider does not answer",
    "identity_refused": "The answer was not accepted",
    "no_record": "You have no record here",
    "oidc_missing": "This sign-in is not installed",
    "too_many_sign_ins": "Too many sign-ins",
}


class NoProvider(NotFound):
    """This workspace lets nobody in by a provider."""

    code = "no_provider"


def start(app: App, request: Request) -> Response:
    """Remember where the person wants to go, and send them to the provider."""
    client = _client(app)
    target = safe_target(request.query_params.get("next", ""))
    # Asked before anything is written down: a provider that is away leaves nothing behind.
    client.provider()
    begun = app.workforce.identities.begin(issuer=client.settings.issuer, target=target, source=source_of(request))
    url = client.authorization_url(
        challenge_of(begun.secret, begun.state), redirect_uri=base_url_of(app, request) + CALLBACK
    )
    response = RedirectResponse(url, status_code=303)
    response.set_cookie(
        BROWSER_COOKIE,
        begun.secret,
        max_age=600,
        httponly=True,
        # Lax, since the browser comes back from another site.
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def finish(app: App, request: Request) -> Response:
    """Take the provider's answer, once, from the browser that asked; then go where the person wanted to."""
    client = _client(app)
    answer = _answer(request)
    secret = request.cookies.get(BROWSER_COOKIE, "")
    resumed = app.workforce.identities.resume(state=answer.get("state", ""), secret=secret)
    if resumed.issuer != client.settings.issuer:
        raise SignInLapsed("the settings of sign-in changed in the meantime; start again from the sign-in page")
    identity = client.finish(
        answer, challenge_of(secret, answer["state"]), redirect_uri=base_url_of(app, request) + CALLBACK
    )
    session = app.workforce.identities.arrive(
        identity,
        client.settings,
        source=source_of(request),
        user_agent=agent_of(request),
        former_secret=request.cookies.get(COOKIE),
    )
    response = RedirectResponse(safe_target(resumed.target), status_code=303)
    response.set_cookie(**session_cookie(session, is_https=request.url.scheme == "https"))
    response.delete_cookie(BROWSER_COOKIE)
    return response


def leave(app: App, request: Request) -> Response:
    """To the provider's own way out, for who has signed out here."""
    url = _client(app).sign_out_url(return_to=base_url_of(app, request) + "/sign-in")
    return RedirectResponse(url or "/sign-in", status_code=303)


def _client(app: App) -> OidcClient:
    client = app.provider()
    if client is None:
        raise NoProvider("this workspace lets nobody in by an identity provider; [access] in tiebeam.toml says how")
    return client


def _answer(request: Request) -> Mapping[str, str]:
    """The query, each parameter once. Raises SignInLapsed for what no provider sends."""
    pairs = request.query_params.multi_items()
    answer = dict(pairs)
    if len(answer) != len(pairs) or any(len(value) > _LONGEST_PARAMETER for value in answer.values()):
        raise SignInLapsed("this is no answer of an identity provider; start again from the sign-in page")
    return answer


def _problem_page(console: Console, request: Request, problem: TiebeamError) -> Response:
    response = sign_in_page(
        console,
        request,
        title=_TITLES.get(problem.code, "Signing in did not work"),
        problem=problem.message[:1].upper() + problem.message[1:],
        status=problem.status,
    )
    response.delete_cookie(BROWSER_COOKIE)
    return response


def _open(console: Console, path: str, function: Callable[[App, Request], Response]) -> Route:
    """A route for people who are not signed in, with its errors told on the sign-in page."""

    async def endpoint(request: Request) -> Response:
        try:
            return await run_in_threadpool(function, console.app, request)
        except TiebeamError as problem:
            return await run_in_threadpool(_problem_page, console, request, problem)
        except Exception:  # noqa: BLE001 - the last stop: logged with its traceback, told with a reference
            reference = f"err_{secrets.token_hex(5)}"
            _LOG.exception("%s failed, reference %s", request.url.path, reference)
            failed = TiebeamError(f"something broke on our side; tell your administrator the reference {reference}")
            return await run_in_threadpool(_problem_page, console, request, failed)

    return Route(path, endpoint, methods=["GET"])


def routes(console: Console) -> list[Route]:
    return [_open(console, START, start), _open(console, CALLBACK, finish), _open(console, END, leave)]
