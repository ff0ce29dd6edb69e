"""Identity providers: who somebody is, proved by OpenID Connect."""

from tiebeam.connect.identity.client import Challenge, Identity, OidcClient, challenge_of
from tiebeam.connect.identity.errors import IdentityRefused, OidcMissing, ProviderDenied, ProviderUnreachable
from tiebeam.connect.identity.opening import ProviderInForce, open_provider
from tiebeam.connect.identity.transport import Answer, Http

__all__ = [
    "Answer",
    "Challenge",
    "Http",
    "Identity",
    "IdentityRefused",
    "OidcClient",
    "OidcMissing",
    "ProviderDenied",
    "ProviderInForce",
    "ProviderUnreachable",
    "challenge_of",
    "open_provider",
]
