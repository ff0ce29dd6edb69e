"""Workflow: intents carried out by recipes; runs, their steps and effects; evaluations and promotion."""

from tiebeam.workflow.correspondence import KIND as MAIL_KIND
from tiebeam.workflow.correspondence import Correspondence
from tiebeam.workflow.sources import Bindings, ReferenceData, read_reference
from tiebeam.workflow.starting import EffectOpen, Starting, intent_object, review_rates, roles_as_data

__all__ = [
    "MAIL_KIND",
    "Bindings",
    "Correspondence",
    "EffectOpen",
    "ReferenceData",
    "Starting",
    "intent_object",
    "read_reference",
    "review_rates",
    "roles_as_data",
]
