"""Who may do what: one question, answered by Cedar policies, with the reason in words."""

from tiebeam.authority.authority import APPROVAL_LIMIT, DEFAULT_DENY, NOT_DECIDABLE, Authority, refusal
from tiebeam.authority.expected import Outcome, WrongTable, run_table
from tiebeam.authority.lint import Finding, check_rules
from tiebeam.authority.matrix import Ground, Reach, matrix
from tiebeam.authority.overlay import compile_workspace
from tiebeam.authority.policies import Policies, PolicyBroken, compile_policies
from tiebeam.authority.principals import ESCALATION, Principal, PrincipalKind
from tiebeam.authority.questions import VERBS, Obj
from tiebeam.authority.rules import Rule
from tiebeam.authority.verdicts import Explanation, Said, Verdict
from tiebeam.authority.visible import Visible, look_around
from tiebeam.authority.words import in_general

__all__ = [
    "APPROVAL_LIMIT",
    "DEFAULT_DENY",
    "ESCALATION",
    "NOT_DECIDABLE",
    "VERBS",
    "Authority",
    "Explanation",
    "Finding",
    "Ground",
    "Obj",
    "Outcome",
    "Policies",
    "PolicyBroken",
    "Principal",
    "PrincipalKind",
    "Reach",
    "Rule",
    "Said",
    "Verdict",
    "Visible",
    "WrongTable",
    "check_rules",
    "compile_policies",
    "compile_workspace",
    "in_general",
    "look_around",
    "matrix",
    "refusal",
    "run_table",
]
