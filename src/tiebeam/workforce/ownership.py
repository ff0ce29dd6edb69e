"""Who answers for what: accountable owners, owning roles, and handoffs that answer the three questions."""

from __future__ import annotations

from tiebeam.spec import Adoption, HandoffProtocol, Intent, Person
from tiebeam.workforce.directory import Directory, holders
from tiebeam.workforce.opening import protocol_problems


def accountable_owner(directory: Directory, adoption: Adoption) -> Person | None:
    """The one person who answers for an adopted workflow; None when the record names nobody real (WF-10)."""
    return directory.people.get(adoption.owner)


def ownership_problems(directory: Directory, adoption: Adoption) -> list[str]:
    """Why an adopted workflow has no accountable owner; empty when it has one. A stall waiting to happen (WF-10)."""
    problems: list[str] = []
    if accountable_owner(directory, adoption) is None:
        problems.append(
            f"owner {adoption.owner!r} of {adoption.id!r} is not a person of this workspace; "
            f"name one in adoptions/, or add people/{adoption.owner}.toml"
        )
    if adoption.team not in directory.teams:
        problems.append(f"team {adoption.team!r} of {adoption.id!r} does not exist; add teams/{adoption.team}.toml")
    return problems


def intent_problems(directory: Directory, intent: Intent) -> list[str]:
    """Why an intent is owned by no role that somebody holds; empty when it is (HO-03)."""
    if intent.owner_role not in directory.roles:
        return [f"owner role {intent.owner_role!r} of intent {intent.id!r} does not exist"]
    if not holders(directory, intent.owner_role):
        return [f"nobody holds {intent.owner_role!r}, the role that owns intent {intent.id!r}"]
    return []


def handoff_problems(directory: Directory, protocol: HandoffProtocol) -> list[str]:
    """Why a handoff protocol does not answer: when, with what, and who owns the audit trail (HO-01, HO-02)."""
    problems = [f"handoff {protocol.id!r}: {problem}" for problem in protocol_problems(protocol)]
    asked = [("to_role", protocol.to_role), ("audit_owner", protocol.audit_owner)]
    asked += [(f"rung {place}", rung.role) for place, rung in enumerate(protocol.ladder, 1) if rung.role is not None]
    for where, role in asked:
        if role not in directory.roles:
            problems.append(f"handoff {protocol.id!r}: {where} names the unknown role {role!r}")
    return problems
