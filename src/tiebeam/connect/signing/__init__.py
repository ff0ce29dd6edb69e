"""Messages between programs, signed: what leaves the house, and what comes in."""

from tiebeam.connect.signing.schemes import (
    MESSAGE_ID,
    SIGNATURE,
    WINDOW_SECONDS,
    SignatureRefused,
    Signed,
    signature_of,
    standard_signature_of,
    verify_stamped,
    verify_standard,
)

__all__ = [
    "MESSAGE_ID",
    "SIGNATURE",
    "WINDOW_SECONDS",
    "SignatureRefused",
    "Signed",
    "signature_of",
    "standard_signature_of",
    "verify_stamped",
    "verify_standard",
]
