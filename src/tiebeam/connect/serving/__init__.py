"""Measuring a model server: a bounded load over the OpenAI-compatible protocol, and what came of it."""

from tiebeam.connect.serving.driving import drive
from tiebeam.connect.serving.load import MOST_REQUESTS, Load, WrongLoad, check_concurrency
from tiebeam.connect.serving.measured import LoadFailed, Measured
from tiebeam.connect.serving.sending import Sent

__all__ = ["MOST_REQUESTS", "Load", "LoadFailed", "Measured", "Sent", "WrongLoad", "check_concurrency", "drive"]
