"""Small tools that know no domain word and do no I/O."""

from tiebeam.kit.clock import Clock, FixedClock, SystemClock, iso, parse_iso
from tiebeam.kit.credential import CREDENTIAL, Credential, make_credential, parse_credential
from tiebeam.kit.hashing import canonical_json, digest_of, sha256_hex, stored_json
from tiebeam.kit.ids import CountingIds, Ids, RandomIds
from tiebeam.kit.masking import MASK, MASKING, Masking, forms_of, mask_logs
from tiebeam.kit.money import NANO, cents, decimal_text, nano_usd, parse_amount, usd_of_nano
from tiebeam.kit.plain import plain
from tiebeam.kit.randomness import CountingRandomness, Randomness, SystemRandomness
from tiebeam.kit.showing import csv_text, hidden_signs, visible
from tiebeam.kit.statistics import quantile, wilson_lower_bound
from tiebeam.kit.text import compact_key, matches_star, slug, words_key

__all__ = [
    "CREDENTIAL",
    "MASK",
    "MASKING",
    "NANO",
    "Clock",
    "CountingIds",
    "CountingRandomness",
    "Credential",
    "FixedClock",
    "Ids",
    "Masking",
    "RandomIds",
    "Randomness",
    "SystemClock",
    "SystemRandomness",
    "canonical_json",
    "cents",
    "compact_key",
    "csv_text",
    "decimal_text",
    "digest_of",
    "forms_of",
    "hidden_signs",
    "iso",
    "make_credential",
    "mask_logs",
    "matches_star",
    "nano_usd",
    "parse_amount",
    "parse_credential",
    "parse_iso",
    "plain",
    "quantile",
    "sha256_hex",
    "slug",
    "stored_json",
    "usd_of_nano",
    "visible",
    "wilson_lower_bound",
    "words_key",
]
