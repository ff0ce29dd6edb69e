"""What is asked: may this principal do this verb to this object, under these circumstances?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tiebeam.authority.principals import Principal

VERBS: Mapping[str, str] = {
    "run.start": "someone who holds a role of the intent, or an administrator",
    "run.view": "someone who holds a role of the intent, who started the run, or an administrator",
    "run.cancel": "who started the run, someone who holds its owning role, or an administrator",
    "run.retry": "who started the run, someone who holds its owning role, or an administrator",
    "run.pause": "who started the run, someone who holds its owning role, or an administrator",
    "run.resume": "who started the run, someone who holds its owning role, or an administrator",
    "run.fork": "someone who holds the run's owning role, or an administrator",
    "run.migrate": "someone who holds the run's owning role, or an administrator",
    "run.replay": "someone who holds the run's owning role or owns its audit trail, or an administrator",
    "trigger.pause": "someone who holds the owning role, or an administrator",
    "trigger.fire": "someone who holds the owning role, or an administrator",
    "event.view": "someone who holds a role of a workflow that the event concerns, or an administrator",
    "event.send": "someone who holds a role of a workflow that the event concerns, a service with that role and a "
    "token for it, or an administrator",
    "task.view": "someone who holds a role of the intent, or an administrator",
    "task.decide": "someone who holds the task's role, or their deputy",
    "task.release_money": "someone who holds the task's role, up to their limit",
    "task.claim": "someone who holds the task's role, or their deputy",
    "task.release": "who claimed the task, or an administrator",
    "task.reassign": "someone who holds the task's role or owns its audit trail, or an administrator",
    "task.snooze": "someone who holds the task's role, or their deputy",
    "intent.view": "someone who holds a role of the intent, or an administrator",
    "document.view": "someone who holds a role of the intent, who handed the document in, or an administrator",
    "ledger.view": "someone who holds a role of the intent, or an administrator",
    "outcome.report": "who owns the workflow or a budget it counts against, a service with that role and a token for "
    "it, or an administrator",
    "statement.issue": "who owns a budget that the team counts against, or an administrator",
    "recipe.promote": "someone who holds the owning role, or an administrator",
    "recipe.override": "someone who holds the owning role or an administrator, with a reason",
    "journal.view": "an administrator, or someone who owns the audit trail",
    "journal.export": "an administrator, or someone who owns the audit trail",
    "journal.redact": "an administrator, with a reason",
    "journal.anchor": "an administrator, or someone who owns the audit trail",
    "evidence.export": "someone who owns the audit trail or holds the owning role, or an administrator",
    "settings.view": "an administrator",
    "workspace.apply": "an administrator",
    "workspace.backup": "an administrator",
    "workspace.archive": "an administrator",
    "person.view": "everyone with a role in this workspace",
    "person.link": "an administrator, or the person themselves",
    "session.view": "the person themselves, or an administrator",
    "session.revoke": "the person themselves, or an administrator",
    "token.create": "the person themselves; for an agent or a service account its managing role, or an administrator",
    "token.view": "the person themselves, the managing role, or an administrator",
    "token.revoke": "the person themselves, the managing role, or an administrator",
    "delegation.create": "who gives the role, or an administrator",
    "delegation.view": "who gives or receives the role, or an administrator",
    "delegation.revoke": "who gives or receives the role, or an administrator",
    "emergency.open": "the person themselves, with a reason",
    "emergency.view": "the person themselves, someone who holds the role, or an administrator",
    "emergency.review": "someone else: who holds the role, or an administrator",
    "decision.view": "everyone with a role in this workspace",
    "decision.record": "who answers for it: the person themselves, someone who holds the role, or an administrator",
    "budget.view": "who spends under it, who answers for it or for one above or below it, or an administrator",
    "budget.ask": "who spends under it, who answers for it or for one above or below it, or an administrator",
    "key.view": "who owns a budget that its calls count against, who has a role in its team, or an administrator",
    "key.create": "who owns a budget that its calls count against, or an administrator",
    "key.rotate": "who owns a budget that its calls count against, or an administrator",
    "key.revoke": "who owns a budget that its calls count against, or an administrator",
    "route.view": "everyone with a role in this workspace",
    "route.record_quality": "who answers for the model or its provider, or an administrator",
    "policy.view": "everyone with a role for themselves; about others an administrator, or who owns an audit trail",
}
"""Every verb, and who may by the built-in rules, in words for the reason of a refusal."""


@dataclass(frozen=True, slots=True)
class Obj:
    """What is acted upon. `attributes` hold what rules look at; docs/guides/policies.md lists them per kind.

    The id "*" stands for the list of all objects of the kind.
    """

    kind: str
    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def names(self, key: str) -> frozenset[str]:
        """An attribute that holds one name, several, or none."""
        value = self.attributes.get(key)
        if value is None:
            return frozenset()
        return frozenset({value}) if isinstance(value, str) else frozenset(value)

    @property
    def acting_roles(self) -> frozenset[str]:
        """All roles the object says may act on it."""
        return self.names("role") | self.names("roles") | self.names("owner_role")

    @property
    def owning_roles(self) -> frozenset[str]:
        return self.names("role") | self.names("owner_role")

    def __str__(self) -> str:
        return f"{self.kind} {self.id!r}"


@dataclass(frozen=True, slots=True)
class Question:
    """`context` may hold `reason`, `earlier` (how the principal took part before), `amount` and `limit`."""

    principal: Principal
    verb: str
    obj: Obj
    context: Mapping[str, Any]
