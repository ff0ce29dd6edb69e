"""Telling people and programs outside the console: signed webhooks and mail."""

from tiebeam.connect.notify.message import NotTold, Place, Told
from tiebeam.connect.notify.opening import notify_places
from tiebeam.connect.notify.smtp import SmtpPlace
from tiebeam.connect.notify.webhook import WebhookPlace

__all__ = ["NotTold", "Place", "SmtpPlace", "Told", "WebhookPlace", "notify_places"]
