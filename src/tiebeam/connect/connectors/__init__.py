"""Kinds of systems that other packages bring: a name for `kind = …` in systems/, and how such a system is opened."""

from tiebeam.connect.connectors.connector import BUILT_IN_KINDS, Connection, Connector

__all__ = ["BUILT_IN_KINDS", "Connection", "Connector"]
