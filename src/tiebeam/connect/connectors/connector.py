"""What a connector is given when one of its systems is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiebeam.connect.secrets import Secret, read_secret
from tiebeam.errors import Invalid
from tiebeam.spec import System, is_secret_reference

BUILT_IN_KINDS = frozenset({"tables", "folder", "http", "mail", "payments"})
"""The kinds this version opens itself."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One declared system, with its secrets still by reference: they are read when asked for and never kept."""

    system: System
    workspace: Path

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.system.settings

    def location(self) -> str:
        """Where the system is; a reference to a secret is followed."""
        text = self.system.location
        return read_secret(text, base=self.workspace).reveal() if is_secret_reference(text) else text

    def secret(self, setting: str) -> Secret:
        """The secret a setting refers to. Raises Invalid when the record has no such setting."""
        reference = self.system.settings.get(setting)
        if reference is None:
            raise Invalid(f"the system {self.system.id!r} has no setting {setting!r}; add a reference to a secret")
        return read_secret(str(reference), base=self.workspace)


@dataclass(frozen=True, slots=True)
class Connector:
    """`open` gives whatever the package's own steps work with; it is called once a process and must be thread-safe."""

    kind: str
    title: str
    open: Callable[[Connection], Any]
