"""ids: B14 — what is written down holds no secret, in no spelling."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.kit import Masking

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=40).filter(
    lambda text: text.strip() == text and len(text.splitlines()) == 1 and "*" not in text
)


def _spellings(secret: str) -> dict[str, str]:
    raw = secret.encode()
    return {
        "plain": secret,
        "json": json.dumps({"a": secret}),
        "json twice": json.dumps(json.dumps({"a": secret})),
        "json in utf-8": json.dumps({"a": secret}, ensure_ascii=False),
        "url": f"https://x/?a={quote(secret, safe='')}&b",
        "form": f"a={quote_plus(secret)}",
        "python": repr([secret]),
        "bytes": repr(raw),
        "hex": raw.hex(),
        "base64": base64.b64encode(raw).decode(),
        "basic": base64.b64encode(b"user:" + raw).decode(),
        "basic, other place": base64.b64encode(b"user2:" + raw + b"!").decode(),
        "url base64": base64.urlsafe_b64encode(b"user22:" + raw + b"!!").decode(),
    }


@given(SECRETS)
def test_a_known_secret_is_masked_in_every_spelling(secret: str) -> None:
    masking = Masking()
    masking.add(secret)
    for name, text in _spellings(secret).items():
        masked = masking.mask(text)
        assert "***" in masked, name
        assert secret not in masked, name


def test_texts_without_secrets_stay_as_they_are() -> None:
    masking = Masking()
    masking.add("hunter2-hunter2")
    for text in (
        "the invoice 4711 of Harbour Tools",
        "basic understanding and bearer bonds",
        "https://tiebeam.example/runs/1?page=2",
        "Bearer token missing",
        "postgresql://ada@db/erp",
    ):
        assert masking.mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdefgh12345678ijkl", "Authorization: Bearer ***"),
        ("Basic dXNlcjpwYXNzd29yZDEyMw==", "Basic ***"),
        (f"tb_p_abcd1234_{'A' * 43}_123456", "tb_p_abcd1234_***"),
        ("http://h/sign-in?token=abc.def&next=/", "http://h/sign-in?token=***&next=/"),
        ("cookie: tiebeam_session=abc; theme=dark", "cookie: tiebeam_session=***; theme=dark"),
        ("__Host-tiebeam_session=abc", "__Host-tiebeam_session=***"),
        ("postgresql+psycopg://ada:pw@db/erp", "postgresql+psycopg://ada:***@db/erp"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_masked_unknown(text: str, masked: str) -> None:
    assert Masking().mask(text) == masked


def test_data_is_masked_at_any_depth() -> None:
    masking = Masking()
    masking.add("hunter2-hunter2")
    assert masking.mask_data({"a": ["x hunter2-hunter2"], "hunter2-hunter2": ({"b": "hunter2-hunter2"}, 3, None)}) == {
        "a": ["x ***"],
        "***": ({"b": "***"}, 3, None),
    }


def test_a_value_too_short_to_tell_from_words_is_left() -> None:
    masking = Masking()
    masking.add("abc")
    assert masking.mask("abcdef") == "abcdef"


def test_each_long_line_of_a_key_is_a_secret_by_itself() -> None:
    masking = Masking()
    masking.add("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nabc\n-----END KEY-----")
    assert "MIIEvQ" not in masking.mask("first line: MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")


def test_the_oldest_of_very_many_is_forgotten() -> None:
    masking = Masking()
    for number in range(2_010):
        masking._values[f"secret-number-{number}"] = None
    masking.add("the-last-secret")
    assert masking.mask("the-last-secret secret-number-2009") == "*** ***"
    assert masking.mask("secret-number-1 ") == "secret-number-1 "
