"""Verbs about who comes in by the identity provider: check, bind, unbind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import Group, json_option, person_option, print_json, print_table, say, workspace_option

if TYPE_CHECKING:
    from tiebeam.http import Caller


@click.group(cls=Group)
def access() -> None:
    """How people sign in: the provider, its groups, and which identity is whom."""


@access.command("check")
@click.option("--group", "groups", multiple=True, help="What these groups would give; may be repeated.")
@click.option("--offline", is_flag=True, help="Do not ask the provider.")
@workspace_option
@person_option
@json_option
@asks("settings.view", "settings")
def check(groups: tuple[str, ...], offline: bool, workspace: Path | None, person: str | None, as_json: bool) -> int:
    """The ways to sign in, whether the provider answers, and what groups mean here.

    Groups that people have at the provider and that mean nothing here are listed, so that none is overlooked.
    """
    with calling(workspace, person) as caller:
        found = _found(caller, groups, offline=offline)
    if as_json:
        print_json(found)
    else:
        _print(found)
    return 1 if found["problem"] else 0


def _found(caller: Caller, groups: tuple[str, ...], *, offline: bool) -> dict[str, Any]:
    from tiebeam.errors import TiebeamError
    from tiebeam.workforce import roles_of_groups

    app, use = caller.app, caller.app.access.oidc
    found: dict[str, Any] = {"sign_in": list(app.access.sign_in), "provider": None, "problem": None, "people": []}
    if use is None:
        return found
    found["provider"] = {"issuer": use.issuer, "client_id": use.client_id, "administrators": use.administrators}
    client = None if offline else app.provider()
    if client is not None:
        try:
            told = client.provider()
            found["provider"] |= {"algorithms": sorted(told.algorithms), "sign_out": told.end_session_endpoint}
        except TiebeamError as problem:
            found["problem"] = problem.message
    roles = app.graph().roles
    with app.store.read() as conn:
        for one in app.workforce.identities.bindings(conn, caller.principal):
            given = roles_of_groups(use, one.groups, known_roles=roles)
            found["people"].append({"person": one.person_id, "subject": one.subject, "given": given})
    found["mapped"] = {group: list(given) for group, given in use.roles.items()}
    found["ignored"] = sorted({group for one in found["people"] for group in one["given"].ignored})
    found["asked"] = roles_of_groups(use, groups, known_roles=roles) if groups else None
    return found


def _print(found: dict[str, Any]) -> None:
    say(f"people sign in by {', '.join(found['sign_in'])}")
    if found["provider"] is None:
        return
    say(f"provider {found['provider']['issuer']}, client {found['provider']['client_id']}")
    if found["problem"]:
        say(f"  {found['problem']}")
    rows = [(group, ", ".join(roles)) for group, roles in found["mapped"].items()]
    if found["provider"]["administrators"]:
        rows.append((found["provider"]["administrators"], "administration"))
    print_table(("group", "gives"), rows)
    if found["asked"] is not None:
        given = found["asked"]
        say(f"asked for: roles {', '.join(given.roles) or 'none'}, administrator {_yes(given.administrator)}")
        say(f"without a meaning here: {', '.join(given.ignored) or 'none'}")
    print_table(
        ("person", "identity", "roles by groups", "administrator"),
        [
            (
                one["person"],
                one["subject"],
                ", ".join(one["given"].roles),
                "yes" if one["given"].administrator else "no",
            )
            for one in found["people"]
        ],
    )
    if found["ignored"]:
        say(f"groups that people have and that mean nothing here: {', '.join(found['ignored'])}")


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


@access.command("bind")
@click.argument("who", metavar="PERSON")
@click.argument("subject")
@workspace_option
@person_option
@json_option
@asks("workspace.apply", "workspace")
def bind(who: str, subject: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Say that the provider's identity SUBJECT ("https://issuer|sub") is PERSON.

    Needed only where the provider cannot vouch for an address; else the first sign-in binds by the verified one.
    """
    with calling(workspace, person) as caller:
        caller.app.workforce.identities.bind(caller.principal, who, subject)
    if as_json:
        print_json({"person": who, "subject": subject})
    else:
        say(f"bound: {who} is {subject}")


@access.command("unbind")
@click.argument("who", metavar="PERSON")
@workspace_option
@person_option
@json_option
@asks("session.revoke", "session", "who")
def unbind(who: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Forget which identity is PERSON and end their sessions; the next sign-in binds anew."""
    with calling(workspace, person) as caller:
        count = caller.app.workforce.identities.unbind(caller.principal, who)
    if as_json:
        print_json({"person": who, "unbound": count})
    else:
        say(f"unbound: {who}")
