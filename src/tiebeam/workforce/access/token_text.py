"""The text of an API token: `tb_<kind>_<public id>_<secret>_<checksum>`."""

from __future__ import annotations

from enum import StrEnum

from tiebeam.kit import CREDENTIAL, Credential, make_credential, parse_credential

TokenText = Credential
TOKEN = CREDENTIAL
"""Finds tokens, and keys of the gateway, in a longer text too."""


class HolderKind(StrEnum):
    """Whom a token stands for."""

    PERSON = "person"
    SERVICE = "service"
    AGENT = "agent"


def make_text(kind: HolderKind) -> TokenText:
    """A fresh token with 256 random bits."""
    return make_credential(kind.value[0])


def parse_text(text: str) -> TokenText | None:
    """The token in a text that holds nothing else; None when it is none."""
    return parse_credential(text, kinds="psa")
