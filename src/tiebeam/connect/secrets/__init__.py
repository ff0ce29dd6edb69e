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
from tiebeam.connect.secrets.use import SecretUse, secrets_in_use

__all__ = [
    "COMMANDS_VARIABLE",
    "Secret",
    "SecretMissing",
    "SecretShown",
    "SecretUnreadable",
    "SecretUse",
    "UnsafeSecretFile",
    "read_secret",
    "secrets_in_use",
    "url_with_password",
]
