"""Budgets that hold: what may be spent is leased from the database, reserved in memory and settled exactly once."""

from tiebeam.economics.spending.bank import LEASE_LIFE, Bank, HeldOf
from tiebeam.economics.spending.caps import (
    CapDecision,
    UnknownBudget,
    WrongCap,
    budget_of,
    change_cap,
    decisions,
)
from tiebeam.economics.spending.holding import Hold, Short, Why
from tiebeam.economics.spending.in_force import Trees
from tiebeam.economics.spending.keeper import Keeper
from tiebeam.economics.spending.leases import Held, Lease, LeaseWish
from tiebeam.economics.spending.nodes import CapChange, KeyCap, Level, NoBudget, Node, Path
from tiebeam.economics.spending.refusing import (
    BudgetExhausted,
    BudgetsBusy,
    BudgetsUnreachable,
    Owner,
    ask_for_more,
    owner_of,
    refusal,
)
from tiebeam.economics.spending.releasing import (
    ProcessLeases,
    StillRenewed,
    UnknownProcess,
    process_leases,
    release_leases,
)
from tiebeam.economics.spending.spending import Spending
from tiebeam.economics.spending.thresholds import crossings
from tiebeam.economics.spending.tree import Tree, cap_of
from tiebeam.economics.spending.viewing import BudgetLine, Budgets, budget_form
from tiebeam.economics.spending.windows import NEVER, Window, moment_of

__all__ = [
    "LEASE_LIFE",
    "NEVER",
    "Bank",
    "BudgetExhausted",
    "BudgetLine",
    "Budgets",
    "BudgetsBusy",
    "BudgetsUnreachable",
    "CapChange",
    "CapDecision",
    "Held",
    "HeldOf",
    "Hold",
    "Keeper",
    "KeyCap",
    "Lease",
    "LeaseWish",
    "Level",
    "NoBudget",
    "Node",
    "Owner",
    "Path",
    "ProcessLeases",
    "Short",
    "Spending",
    "StillRenewed",
    "Tree",
    "Trees",
    "UnknownBudget",
    "UnknownProcess",
    "Why",
    "Window",
    "WrongCap",
    "ask_for_more",
    "budget_form",
    "budget_of",
    "cap_of",
    "change_cap",
    "crossings",
    "decisions",
    "moment_of",
    "owner_of",
    "process_leases",
    "refusal",
    "release_leases",
]
