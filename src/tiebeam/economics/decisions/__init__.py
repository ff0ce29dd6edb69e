"""Decisions between ways to serve a volume: what was weighed, what was chosen, by whom and why."""

from tiebeam.economics.decisions.deciding import Decisions
from tiebeam.economics.decisions.decision import Choice, Decision, UnknownDecision, WrongDecision

__all__ = ["Choice", "Decision", "Decisions", "UnknownDecision", "WrongDecision"]
