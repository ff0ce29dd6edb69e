"""Who may come in, and how: the `[access]` table of `tiebeam.toml`."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from tiebeam.spec.base import DottedId, Frozen, Text
from tiebeam.spec.secret import SecretRef

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SignInMethod(StrEnum):
    LINK = "link"
    OIDC = "oidc"


class Vouched(StrEnum):
    """Whether separation of duties treats whoever opened a session for a colleague as having taken part in it."""

    COUNTS = "counts"
    ALLOWED = "allowed"


class OidcUse(Frozen):
    """One OpenID provider, and what its groups mean here.

    `roles` maps the provider's group names to role ids; a group that is not named gives nothing.
    """

    issuer: str = Field(max_length=500)
    client_id: Text
    client_secret: SecretRef | None = None
    """A reference such as `env:TIEBEAM_OIDC_SECRET`; None for a public client."""
    name: Text = "your identity provider"
    """What the button on the sign-in page says after "Continue with"."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    groups_claim: Text = "groups"
    verified_claim: Text = "email_verified"
    """The claim that says whether the provider has verified the e-mail address."""
    roles: dict[str, tuple[DottedId, ...]] = Field(default_factory=dict[str, tuple[DottedId, ...]])
    administrators: Text | None = None
    """The one group whose members administer Tiebeam while signed in; None gives that to no group."""
    skew_seconds: int = Field(default=60, ge=0, le=300)
    """How far the provider's clock may differ from ours."""
    private_network: bool = False
    """Whether the issuer's host may lie on a private network; other hosts go into `[outgoing] allow`."""

    @field_validator("issuer")
    @classmethod
    def _is_a_safe_address(cls, value: str) -> str:
        parts = urlsplit(value)
        is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or (parts.scheme != "https" and not is_here):
            raise ValueError(f"the issuer {value!r} must be an https address; http is for this machine alone")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError(f"the issuer {value!r} must have no query, fragment or password")
        return value

    @field_validator("scopes")
    @classmethod
    def _asks_for_identity(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            raise ValueError("scopes must hold 'openid'; without it the provider sends no identity")
        return value

    @model_validator(mode="after")
    def _administrators_are_named_once(self) -> OidcUse:
        if self.administrators in self.roles:
            raise ValueError(
                f"group {self.administrators!r} is the group of administrators and also maps to roles; use two groups, "
                "so that administration and approving stay apart"
            )
        return self


class AccessUse(Frozen):
    sign_in: tuple[SignInMethod, ...] = Field(default=(SignInMethod.LINK,), min_length=1)
    oidc: OidcUse | None = None
    machine_owner: bool = True
    """Whether the operating-system user who owns the database file acts without signing in."""
    vouched: Vouched = Vouched.COUNTS
    emergency_roles: tuple[DottedId, ...] = ()
    """Roles whose holders may open emergency access, besides administrators."""

    @model_validator(mode="after")
    def _provider_is_told(self) -> AccessUse:
        if SignInMethod.OIDC in self.sign_in and self.oidc is None:
            raise ValueError("sign_in names 'oidc'; add the table [access.oidc] with issuer and client_id")
        if self.oidc is not None and SignInMethod.OIDC not in self.sign_in:
            raise ValueError("[access.oidc] is set, but sign_in does not name 'oidc'; add it or remove the table")
        return self

    @property
    def offers_links(self) -> bool:
        return SignInMethod.LINK in self.sign_in
