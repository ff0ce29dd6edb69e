"""What can go wrong between us and an identity provider."""

from __future__ import annotations

from tiebeam.errors import Refused, TiebeamError


class ProviderUnreachable(TiebeamError):
    """The provider did not answer, or not as an OpenID provider does."""

    code = "provider_unreachable"
    status = 502


class ProviderDenied(Refused):
    """The provider sent the person back without an identity; `data["error"]` is its own code."""

    code = "sign_in_denied"


class IdentityRefused(Refused):
    """What the provider sent proves nothing to us; `data["check"]` names the check that failed."""

    code = "identity_refused"


class OidcMissing(TiebeamError):
    """The libraries of the extra `oidc` are not installed."""

    code = "oidc_missing"
    status = 501


def refused(check: str, what: str) -> IdentityRefused:
    return IdentityRefused(
        f"the identity provider's answer was not accepted: {what}; start again from the sign-in page, "
        "and tell your administrator if it happens twice",
        check=check,
    )
