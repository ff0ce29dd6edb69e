"""Database addresses whose password is kept elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from tiebeam.connect.secrets.secret import Secret
from tiebeam.errors import Invalid
from tiebeam.kit import MASKING


def url_with_password(url: str, password: Secret | None) -> sa.URL:
    """The database URL with its password put in. A password within the URL is masked everywhere from now on.

    Raises Invalid, which never repeats the URL.
    """
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise Invalid("the database's address is no URL; write postgresql://user@host/name") from None
    if parsed.password is not None:
        MASKING.add(str(parsed.password))
    for name, value in parsed.query.items():
        if name.lower() in {"password", "sslpassword", "passfile"} and isinstance(value, str):
            MASKING.add(value)
    return parsed if password is None else parsed.set(password=password.reveal())
