"""Telling people and programs outside the console, once and for certain."""

from tiebeam.workflow.telling import tables
from tiebeam.workflow.telling.telling import Delivery, DeliveryState, Message, Telling, UnknownMessage

__all__ = ["Delivery", "DeliveryState", "Message", "Telling", "UnknownMessage", "tables"]
