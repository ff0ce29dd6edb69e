"""Who acts at this command line: login, logout, whoami."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import click

from tiebeam.cli.shared import clean, json_option, opened, person_option, print_json, workspace_option

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.authority import Principal
    from tiebeam.workforce import Session

_STDIN = "-"


@click.command()
@click.option("--person", "for_person", default=None, help="Open a session for a colleague; the record says so.")
@click.option("--link", default=None, metavar="URL", help="Redeem a one-time link; '-' reads it from standard input.")
@click.option("--token", default=None, metavar="-", help="Remember an API token, read from standard input.")
@workspace_option
@json_option
def login(for_person: str | None, link: str | None, token: str | None, workspace: Path | None, as_json: bool) -> None:
    """Sign in on this machine, and act so from now on. Without options, as the owner of the machine."""
    if sum(value is not None for value in (for_person, link, token)) > 1:
        raise click.UsageError("give one of --person, --link and --token")
    if token not in (None, _STDIN):
        raise click.UsageError("a token among the arguments can be read by others; pipe it in and say '--token -'")
    with opened(workspace) as app:
        if token is not None:
            principal = _with_token(app, sys.stdin.readline().strip())
        elif link is not None:
            principal = _with_link(app, sys.stdin.readline().strip() if link == _STDIN else link)
        else:
            principal = _with_session(app, for_person)
    if as_json:
        print_json(_identity(principal))
    else:
        click.echo(f"signed in as {clean(_title(principal))}; 'tiebeam logout' ends it")


@click.command()
@click.option("--all", "everybody", is_flag=True, help="Everybody who is signed in on this machine.")
@workspace_option
@person_option
@json_option
def logout(everybody: bool, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """End your session on this machine and forget it. Tokens are forgotten here, but stay good elsewhere."""
    from tiebeam.cli.credentials import changing, credentials_path
    from tiebeam.cli.identity import installation_of, named

    ended: list[str] = []
    with opened(workspace) as app, changing(credentials_path(), installation_of(app)) as kept:
        asked = named(person) if person else kept.active
        for name in list(kept.secrets) if everybody else [asked] if asked else []:
            secret = kept.secrets.pop(name, None)
            if secret is None:
                continue
            if not secret.startswith("tb_"):
                app.workforce.access.sign_out(secret)
            ended.append(name)
        if kept.active not in kept.secrets:
            kept.active = None
    if as_json:
        print_json({"ended": ended})
    else:
        click.echo(f"signed out: {', '.join(ended)}" if ended else "nobody was signed in here")


@click.command()
@workspace_option
@person_option
@json_option
def whoami(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """As whom commands act here, how that was proved, and who else is signed in on this machine."""
    from tiebeam.cli.credentials import credentials_path, read_signed_in
    from tiebeam.cli.identity import installation_of

    with opened(workspace) as app:
        principal = app.principal(person)
        others = sorted(read_signed_in(credentials_path(), installation_of(app)).secrets)
    if as_json:
        print_json({**_identity(principal), "signed_in_here": others})
        return
    click.echo(clean(_title(principal)))
    click.echo(f"  proved by {principal.method} ({clean(principal.subject)})")
    if principal.vouched_by:
        click.echo(f"  opened by {principal.vouched_by}, who answers for it")
    click.echo(f"  roles: {', '.join(sorted(principal.all_roles)) or 'none'}")
    if principal.scopes is not None:
        click.echo(f"  for: {', '.join(sorted(principal.scopes)) or 'nothing'}")
    if others:
        click.echo(f"  signed in on this machine: {', '.join(others)}")


def _with_token(app: App, text: str) -> Principal:
    principal = app.workforce.access.principal_of_token(text)
    _remember(app, principal.actor, text)
    return principal


def _with_link(app: App, link: str) -> Principal:
    from tiebeam.cli.identity import AGENT

    token = parse_qs(urlsplit(link).query).get("token", [link])[0]
    return _kept(app, app.workforce.access.redeem_link(token, user_agent=AGENT))


def _with_session(app: App, for_person: str | None) -> Principal:
    """A session of the machine's owner, or one that they, or an administrator signed in here, open for a colleague."""
    from tiebeam.authority import Obj
    from tiebeam.cli.identity import AGENT, TOKEN_VARIABLE, NotSignedIn, token_given
    from tiebeam.workforce import NotTheOwner

    if token_given() is not None:
        raise NotSignedIn(f"{TOKEN_VARIABLE} is set, and a token signs nobody in; unset it to sign in")
    access = app.workforce.access
    try:
        by = app.machine_owner()
    except NotTheOwner:
        if for_person is None:
            raise
        by = app.principal()
    if for_person is None or for_person == by.person_id:
        with app.store.unit() as unit:
            session = access.start_session(
                unit,
                by.person_id,
                method=by.method,
                subject=by.subject,
                vouched_by=by.vouched_by,
                user_agent=AGENT,
            )
        return _kept(app, session)
    app.authority.require(by, "person.link", Obj("person", for_person, {"person": for_person}))
    with app.store.unit() as unit:
        token = access.create_link(unit, for_person, by=by)
    return _kept(app, access.redeem_link(token, user_agent=AGENT))


def _kept(app: App, session: Session) -> Principal:
    principal = app.workforce.access.principal(session)
    _remember(app, principal.actor, session.secret)
    return principal


def _remember(app: App, name: str, secret: str) -> None:
    from tiebeam.cli.credentials import changing, credentials_path
    from tiebeam.cli.identity import installation_of

    with changing(credentials_path(), installation_of(app)) as kept:
        former = kept.secrets.get(name)
        kept.workspace, kept.active = str(app.workspace), name
        kept.secrets[name] = secret
    if former is not None and not former.startswith("tb_"):
        app.workforce.access.sign_out(former)


def _identity(principal: Principal) -> dict[str, Any]:
    return {
        "actor": principal.actor,
        "person": principal.person_id,
        "name": principal.name,
        "kind": principal.kind,
        "roles": sorted(principal.roles),
        "deputising": [{"role": role, "for": person} for role, person in principal.deputising],
        "administrator": principal.administrator,
        "managing_role": principal.managing_role,
        "method": principal.method,
        "subject": principal.subject,
        "session": principal.session_id,
        "vouched_by": principal.vouched_by,
        "scopes": None if principal.scopes is None else sorted(principal.scopes),
    }


def _title(principal: Principal) -> str:
    return f"{principal.name} ({principal.actor})"
