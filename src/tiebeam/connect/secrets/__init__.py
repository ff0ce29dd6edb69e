"""Secrets: read where they are kept, when they are needed, and never shown."""

from tiebeam.connect.secrets.login import url_with_password
from tiebeam.connect.secrets.read import (
    COMMANDS_VARIABLE,
    SecretMissing,
    SecretUnreadable,
    UnsafeSecretFile,
    read_secret,
)
from tiebeam.connect.secrets.secret import Secret, SecretShown

__all__ = [
    "COMMANDS_VARIABLE",
    "Secret",
    "SecretMissing",
    "SecretShown",
    "SecretUnreadable",
    "UnsafeSecretFile",
    "read_secret",
    "url_with_password",
]
