"""Who may do what: one question, answered by Cedar policies, with the reason in words."""

from tiebeam.authority.authority import APPROVAL_LIMIT, DEFAULT_DENY, NOT_DECIDABLE, Authority, refusal
from tiebeam.authority.policies import Policies, PolicyBroken, compile_policies
from tiebeam.authority.principals import ESCALATION, Principal, PrincipalKind
from tiebeam.authority.questions import VERBS, Obj
from tiebeam.authority.rules import Rule
from tiebeam.authority.verdicts import Explanation, Said, Verdict
from tiebeam.authority.visible import Visible, look_around

__all__ = [
    "APPROVAL_LIMIT",
    "DEFAULT_DENY",
    "ESCALATION",
    "NOT_DECIDABLE",
    "VERBS",
    "Authority",
    "Explanation",
    "Obj",
    "Policies",
    "PolicyBroken",
    "Principal",
    "PrincipalKind",
    "Rule",
    "Said",
    "Verdict",
    "Visible",
    "compile_policies",
    "look_around",
    "refusal",
]
