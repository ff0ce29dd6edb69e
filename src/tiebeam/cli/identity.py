"""As whom a command acts: the token in the environment, else who signed in here, else the owner of the machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tiebeam.cli.credentials import SignedIn, changing, credentials_path, read_signed_in
from tiebeam.errors import Refused, TiebeamError

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.authority import Principal

TOKEN_VARIABLE = "TIEBEAM_TOKEN"  # noqa: S105 - the name of a variable
AGENT = "tiebeam command line"


class NotSignedIn(Refused):
    """This identity is not signed in on this machine."""

    code = "not_signed_in"


class SessionEnded(TiebeamError):
    """The session remembered on this machine is over."""

    code = "session_ended"
    status = 401


def installation_of(app: App) -> str:
    """What tells one installation from another: the hash of the first fact in its workspace's journal."""
    from tiebeam.store import read_journal

    with app.store.read() as conn:
        return read_journal(conn, "workspace", limit=1)[0].hash


def named(person: str) -> str:
    """`ada` as it stands in the credentials file: `person:ada`."""
    return person if ":" in person else f"person:{person}"


def token_given() -> str | None:
    """The token of the environment. Raises NotSignedIn where the variable is there and empty.

    A script whose token went missing must not go on as the owner of the machine.
    """
    given = os.environ.get(TOKEN_VARIABLE)
    if given is not None and not given.strip():
        raise NotSignedIn(f"{TOKEN_VARIABLE} is set and empty; put the token there, or unset it to act without one")
    return None if given is None else given.strip()


def identify(app: App, person: str | None) -> Principal:
    """Who acts. `person` chooses among those signed in on this machine and asserts nothing.

    Raises NotSignedIn, SessionEnded, TokenRefused or NotTheOwner, each with the command that helps.
    """
    token = token_given()
    if token is not None:
        principal = app.workforce.access.principal_of_token(token)
        return _chosen(principal, person, because=f"{TOKEN_VARIABLE} is set, and its token stands for")
    installation = installation_of(app)
    signed_in = read_signed_in(credentials_path(), installation)
    name = signed_in.active if person is None else named(person)
    if name is not None and name in signed_in.secrets:
        return _remembered(app, installation, signed_in, name)
    if person is None:
        return app.machine_owner()
    try:
        owner = app.machine_owner()
    except TiebeamError as refusal:
        raise _not_signed_in(person) from refusal
    if named(person) != owner.actor:
        raise _not_signed_in(person)
    return owner


def _chosen(principal: Principal, person: str | None, *, because: str) -> Principal:
    if person is not None and principal.actor != named(person):
        raise NotSignedIn(f"{because} {principal.actor!r}, not {named(person)!r}; leave one of the two out")
    return principal


def _not_signed_in(person: str) -> NotSignedIn:
    option = person.removeprefix("person:")
    return NotSignedIn(
        f"{person!r} is not signed in on this machine, and saying so signs nobody in; run "
        f"'tiebeam login --person {option}', or 'tiebeam login --link URL' with a link that they were given",
        person=person,
    )


def _remembered(app: App, installation: str, signed_in: SignedIn, name: str) -> Principal:
    access, secret = app.workforce.access, signed_in.secrets[name]
    if secret.startswith("tb_"):
        return access.principal_of_token(secret)
    session = access.session(secret)
    if session is None:
        option = name.removeprefix("person:")
        raise SessionEnded(
            f"the session of {option!r} on this machine has ended; sign in again with "
            f"'tiebeam login --person {option}' or '--link URL', or forget it with 'tiebeam logout'",
            person=option,
        )
    if session.rotated is not None:
        with changing(credentials_path(), installation) as kept:
            kept.secrets[name] = session.rotated
    return access.principal(session)
