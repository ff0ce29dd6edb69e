"""Workflow: intents carried out by recipes; runs, their steps and effects; evaluations and promotion."""

from tiebeam.workflow.beginning import Begin
from tiebeam.workflow.correspondence import KIND as MAIL_KIND
from tiebeam.workflow.correspondence import Correspondence
from tiebeam.workflow.given_up import settle_given_up
from tiebeam.workflow.objects import (
    IntentFacts,
    batch_object,
    document_object,
    intent_object,
    recipe_object,
    run_object,
)
from tiebeam.workflow.served import Served, served
from tiebeam.workflow.sources import Bindings, ReferenceData, read_reference
from tiebeam.workflow.starting import Starting, review_rates, roles_as_data
from tiebeam.workflow.unit_list import StatedWorkflow, UnitRow, portfolio_candidates, stated_workflows, unit_rows
from tiebeam.workflow.unit_study import NoSuchWorkflow, seen_economics, stated_economics, unit_case

__all__ = [
    "MAIL_KIND",
    "Begin",
    "Bindings",
    "Correspondence",
    "IntentFacts",
    "NoSuchWorkflow",
    "ReferenceData",
    "Served",
    "Starting",
    "StatedWorkflow",
    "UnitRow",
    "batch_object",
    "document_object",
    "intent_object",
    "portfolio_candidates",
    "read_reference",
    "recipe_object",
    "review_rates",
    "roles_as_data",
    "run_object",
    "seen_economics",
    "served",
    "settle_given_up",
    "stated_economics",
    "stated_workflows",
    "unit_case",
    "unit_rows",
]
