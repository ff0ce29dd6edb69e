"""Identities: which identity of a provider is whom, what its groups mean, and the sign-ins under way."""

from tiebeam.workforce.identities.attempts import Begun, Resumed, SignInLapsed, TooManySignIns
from tiebeam.workforce.identities.groups import GroupRoles, roles_of_groups
from tiebeam.workforce.identities.room import Binding, Identities, NoRecord

__all__ = [
    "Begun",
    "Binding",
    "GroupRoles",
    "Identities",
    "NoRecord",
    "Resumed",
    "SignInLapsed",
    "TooManySignIns",
    "roles_of_groups",
]
