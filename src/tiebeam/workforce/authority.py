"""The one function every face asks before it acts: may this principal do this verb to this object?

Forbidding rules come first and override every permit; what no rule permits is denied. Each rule is a small function
with an id, which the journal keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tiebeam.errors import Refused


class PrincipalKind(StrEnum):
    PERSON = "person"
    SYSTEM = "system"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts. It comes from a session or a key, never from a parameter of the request.

    `deputising` holds pairs (role, absent person) this person stands in for today.
    """

    person_id: str
    name: str
    roles: tuple[str, ...] = ()
    administrator: bool = False
    kind: PrincipalKind = PrincipalKind.PERSON
    deputising: tuple[tuple[str, str], ...] = ()

    @property
    def actor(self) -> str:
        """How the journal names this principal: `person:ada`, `agent:coder`, `system:escalation`."""
        return self.person_id if self.kind is PrincipalKind.SYSTEM else f"{self.kind}:{self.person_id}"

    @property
    def all_roles(self) -> frozenset[str]:
        return frozenset(self.roles) | {role for role, _ in self.deputising}

    def on_behalf_of(self, role: str) -> tuple[str, ...]:
        """The absent people through whom this principal acts in the role; empty when the role is their own."""
        return () if role in self.roles else tuple(person for held, person in self.deputising if held == role)


ESCALATION = Principal("system:escalation", "Escalation ladder", kind=PrincipalKind.SYSTEM)
"""The principal in whose name a ladder's last rungs decide."""


@dataclass(frozen=True, slots=True)
class Obj:
    """What is acted upon. `attributes` hold what rules look at; docs/guides/handoffs.md lists them per kind."""

    kind: str
    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def names(self, key: str) -> frozenset[str]:
        """An attribute that holds one name, several, or none."""
        value = self.attributes.get(key)
        if value is None:
            return frozenset()
        return frozenset({value}) if isinstance(value, str) else frozenset(value)

    def __str__(self) -> str:
        return f"{self.kind} {self.id!r}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, why in words for the person, and the id of the rule that gave it."""

    allowed: bool
    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class Question:
    principal: Principal
    verb: str
    obj: Obj
    context: Mapping[str, Any]

    @property
    def roles_asked(self) -> frozenset[str]:
        """All roles the object says may act on it."""
        return self.obj.names("role") | self.obj.names("roles") | self.obj.names("owner_role")


VERBS: Mapping[str, str] = {
    "run.start": "someone who holds a role of the intent, or an administrator",
    "run.view": "everyone with a role in this workspace",
    "run.cancel": "who started the run, someone who holds its owning role, or an administrator",
    "task.view": "everyone with a role in this workspace",
    "task.decide": "someone who holds the task's role, or their deputy",
    "task.claim": "someone who holds the task's role, or their deputy",
    "task.release": "who claimed the task, or an administrator",
    "task.reassign": "someone who holds the task's role or owns its audit trail, or an administrator",
    "task.snooze": "someone who holds the task's role, or their deputy",
    "intent.view": "everyone with a role in this workspace",
    "document.view": "everyone with a role in this workspace",
    "recipe.promote": "someone who holds the owning role, or an administrator",
    "recipe.override": "someone who holds the owning role or an administrator, with a reason",
    "journal.view": "an administrator, or someone who owns the audit trail",
    "settings.view": "an administrator",
    "workspace.apply": "an administrator",
    "person.link": "an administrator, or the person themselves",
}
"""Every verb, and who may, in words for the reason of a refusal."""

Test = Callable[[Question], str | None]
"""Returns the reason when the rule applies, None otherwise."""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    verbs: frozenset[str]
    test: Test


_READS = frozenset({"run.view", "task.view", "intent.view", "document.view"})
_WORK = frozenset({"task.decide", "task.claim", "task.snooze"})
_MANAGE = frozenset(VERBS) - _WORK - {"recipe.override"}


def _agents_never_decide(q: Question) -> str | None:
    if q.principal.kind is PrincipalKind.AGENT:
        return f"agent {q.principal.person_id!r} proposes; a person decides"
    return None


def _separation_of_duties(q: Question) -> str | None:
    excluded = q.obj.names("excluded_people")
    earlier = q.context.get("earlier", "took part earlier in this case")
    if q.principal.person_id in excluded:
        return f"{q.principal.name} {earlier}; separation of duties asks for another person on {q.obj}"
    role = q.obj.attributes.get("role")
    absent = q.principal.on_behalf_of(role) if isinstance(role, str) else ()
    if absent and excluded.issuperset(absent):
        return f"{q.principal.name} would act for {', '.join(absent)}, whom separation of duties keeps from {q.obj}"
    return None


def _claimed_by_another(q: Question) -> str | None:
    claimer = q.obj.attributes.get("claimed_by")
    if q.principal.kind is PrincipalKind.PERSON and claimer is not None and claimer != q.principal.person_id:
        return f"{q.obj} is claimed by {claimer!r}; ask them to release it, or have it reassigned"
    return None


def _restricted(q: Question) -> str | None:
    kept_for = q.obj.names("restricted_roles")
    if kept_for and not kept_for & q.principal.all_roles:
        return f"{q.obj} is kept for {', '.join(sorted(kept_for))}"
    return None


def _override_without_reason(q: Question) -> str | None:
    return None if str(q.context.get("reason", "")).strip() else "an override needs a reason, which goes on the record"


def _escalation_decides(q: Question) -> str | None:
    return "the declared escalation ladder" if q.principal == ESCALATION else None


def _system_runs(q: Question) -> str | None:
    return "the system's own work" if q.principal.kind is PrincipalKind.SYSTEM else None


def _people_read_work(q: Question) -> str | None:
    is_colleague = q.principal.kind is PrincipalKind.PERSON and (q.principal.all_roles or q.principal.administrator)
    return "work is open to everyone in the workspace" if is_colleague else None


def _role_acts(q: Question) -> str | None:
    shared = q.roles_asked & q.principal.all_roles
    return f"holds the role {min(shared)!r}" if shared and q.principal.kind is PrincipalKind.PERSON else None


def _owner_acts(q: Question) -> str | None:
    shared = (q.obj.names("owner_role") | q.obj.names("role")) & q.principal.all_roles
    return f"holds the owning role {min(shared)!r}" if shared and q.principal.kind is PrincipalKind.PERSON else None


def _own_work(q: Question) -> str | None:
    own = {q.obj.attributes.get("started_by"), q.obj.attributes.get("claimed_by"), q.obj.attributes.get("person")}
    return "their own" if q.principal.person_id in own else None


def _audit_owner(q: Question) -> str | None:
    shared = q.obj.names("audit_owner") & q.principal.all_roles
    return f"owns the audit trail as {min(shared)!r}" if shared else None


def _administrator(q: Question) -> str | None:
    return "administrator" if q.principal.administrator and q.principal.kind is PrincipalKind.PERSON else None


FORBIDS: tuple[Rule, ...] = (
    Rule("agents-never-decide", frozenset(VERBS) - _READS - {"run.start"}, _agents_never_decide),
    Rule("separation-of-duties", frozenset({"task.decide", "task.claim", "recipe.override"}), _separation_of_duties),
    Rule("claimed-by-another", _WORK, _claimed_by_another),
    Rule("restricted-to-roles", _READS, _restricted),
    Rule("override-without-reason", frozenset({"recipe.override"}), _override_without_reason),
)
PERMITS: tuple[Rule, ...] = (
    Rule("declared-escalation", frozenset({"task.decide", "task.reassign"}), _escalation_decides),
    Rule("system-runs-work", _READS | {"run.start", "run.cancel"}, _system_runs),
    Rule("people-read-work", _READS, _people_read_work),
    Rule("role-acts-on-task", _WORK | {"task.reassign"}, _role_acts),
    Rule("role-starts-runs", frozenset({"run.start"}), _role_acts),
    Rule("owner-answers-for-it", frozenset({"run.cancel", "recipe.promote", "recipe.override"}), _owner_acts),
    Rule("own-work", frozenset({"run.cancel", "task.release", "person.link"}), _own_work),
    Rule("audit-owner", frozenset({"journal.view", "task.reassign"}), _audit_owner),
    Rule("administrator-manages", _MANAGE | {"recipe.override"}, _administrator),
)


def may(principal: Principal, verb: str, obj: Obj, context: Mapping[str, Any] | None = None) -> Verdict:
    """Forbids override permits; what nothing permits is denied. Pure: everything it looks at is passed in."""
    question = Question(principal, verb, obj, context or {})
    for rule in FORBIDS:
        if verb in rule.verbs and (reason := rule.test(question)) is not None:
            return Verdict(False, reason, rule.id)
    for rule in PERMITS:
        if verb in rule.verbs and (reason := rule.test(question)) is not None:
            return Verdict(True, reason, rule.id)
    return Verdict(False, _why_denied(question), "default-deny")


def require(principal: Principal, verb: str, obj: Obj, context: Mapping[str, Any] | None = None) -> Verdict:
    """The verdict when it is yes. Raises Refused with the reason and the rule otherwise."""
    verdict = may(principal, verb, obj, context)
    if not verdict.allowed:
        raise Refused(
            f"{principal.name} may not {verb!r} on {obj}: {verdict.reason}",
            verb=verb,
            object=obj.id,
            rule=verdict.rule,
            reason=verdict.reason,
        )
    return verdict


def _why_denied(q: Question) -> str:
    who = VERBS.get(q.verb)
    if who is None:
        return f"no rule knows the verb {q.verb!r}"
    held = ", ".join(sorted(q.principal.all_roles)) or "no role"
    asked = f" (asked for: {', '.join(sorted(q.roles_asked))})" if q.roles_asked else ""
    return f"this is for {who}{asked}; {q.principal.name} holds {held}"
