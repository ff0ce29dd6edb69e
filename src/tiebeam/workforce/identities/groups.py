"""What a provider's groups mean here. A group that is not mapped gives nothing, whatever it is called."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tiebeam.spec import OidcUse


@dataclass(frozen=True, slots=True)
class GroupRoles:
    """`administrator` only through the one group the workspace names for it; `ignored` have no meaning here."""

    roles: tuple[str, ...]
    administrator: bool
    ignored: tuple[str, ...]


def roles_of_groups(use: OidcUse, groups: Collection[str], *, known_roles: Collection[str]) -> GroupRoles:
    """Roles the workspace no longer declares are left out."""
    mapped = {role for group in groups for role in use.roles.get(group, ())}
    return GroupRoles(
        roles=tuple(sorted(mapped & set(known_roles))),
        administrator=use.administrators is not None and use.administrators in groups,
        ignored=tuple(sorted(group for group in groups if group not in use.roles and group != use.administrators)),
    )
