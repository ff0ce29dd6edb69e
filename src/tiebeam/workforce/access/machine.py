"""The owner of the machine: who may read and change the database's file anyway needs no second proof."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from tiebeam.errors import Invalid, Refused
from tiebeam.workforce.directory import Directory


class NotTheOwner(Refused):
    """The operating-system user does not own what holds the data, so they must sign in."""

    code = "not_machine_owner"


def operating_user(owned: Path) -> str:
    """The operating-system user of this process, when they own `owned` (a database file, or a workspace's folder).

    Raises NotTheOwner with what to do instead.
    """
    if not hasattr(os, "getuid"):
        # Where files have no owner number, who can open the file is let in by the system's own access lists.
        return getpass.getuser()
    user = _name_of(os.getuid())
    owner = owned.stat().st_uid
    if owner != os.getuid():
        raise NotTheOwner(
            f"{str(owned)!r} belongs to {_name_of(owner)!r} and you are {user!r}; sign in with "
            "'tiebeam login --link URL' (a colleague makes the link), or set TIEBEAM_TOKEN",
            user=user,
        )
    return user


def person_of_machine(directory: Directory, user: str) -> str:
    """The id of the person whose record names this user, else of the first administrator. Raises Invalid."""
    named = sorted(person.id for person in directory.people.values() if person.machine_user == user)
    if len(named) > 1:
        raise Invalid(f"{' and '.join(named)} both say machine_user = {user!r}; leave it with one of them in people/")
    if named:
        return named[0]
    found = next((person.id for person in directory.people.values() if person.administrator), None)
    if found is None:
        raise Invalid("the workspace has no administrator; set administrator = true for one person in people/")
    return found


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
