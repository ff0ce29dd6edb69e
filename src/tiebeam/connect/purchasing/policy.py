"""The matching policy, from a declared TOML record or the JSON form other systems write."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.connect.purchasing.errors import ReferenceUnreadable
from tiebeam.connect.purchasing.model import Policy
from tiebeam.connect.purchasing.values import decimal_of
from tiebeam.kit import slug
from tiebeam.spec import MatchingPolicy

_LEADING_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)")
_LARGEST = 5 * 1024 * 1024
_WINDOW = re.compile(r"within\s+(\d+)\s+days", re.IGNORECASE)


def policy_of(record: MatchingPolicy) -> Policy:
    """The declared record as the plain form the rules work with."""
    return Policy(
        currency=record.currency,
        price_tolerance_percent=record.price_tolerance_percent,
        price_tolerance_per_line=record.price_tolerance_per_line,
        quantity_tolerance=record.quantity_tolerance,
        receipt_required=record.receipt_required,
        auto_pay_limit=record.auto_pay_limit,
        duplicate_window_days=record.duplicate_window_days,
        rates=dict(record.rates),
        rates_source=record.rates_source,
    )


def load_policy(path: str | Path) -> Policy:
    """A `*.toml` record of a MatchingPolicy or a `*.json` policy. Raises ReferenceUnreadable naming the field."""
    file = Path(path)
    try:
        if file.stat().st_size > _LARGEST:
            raise ReferenceUnreadable(f"the policy {str(file)!r} is larger than {_LARGEST} bytes; no policy is")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ReferenceUnreadable(f"the policy {str(file)!r} cannot be read: {problem}") from problem
    try:
        if file.suffix.lower() == ".toml":
            fields = tomllib.loads(text, parse_float=Decimal)
            return policy_of(MatchingPolicy.model_validate({"id": slug(file.stem)} | fields))
        return policy_from(json.loads(text, parse_float=Decimal), place=repr(file.name))
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as problem:
        raise ReferenceUnreadable(f"the policy {file.name!r} is not right: {problem}") from problem


def policy_from(form: Mapping[str, Any], *, place: str = "policy") -> Policy:
    """From the fields of `Policy`, or the wordier form with `price_tolerance`, `fx_to_eur` and `duplicate_rule`."""
    if "price_tolerance" not in form:
        return _from_fields(form, place=place)
    limit_key = _suffixed(form, "auto_pay_limit_", place=place)
    rates_key = _suffixed(form, "fx_to_", place=place)
    tolerance = form["price_tolerance"]
    window = _WINDOW.search(str(form.get("duplicate_rule", "")))
    if window is None:
        raise ReferenceUnreadable(f"{place}: 'duplicate_rule' must say 'within N days'", place=place)
    return Policy(
        currency=limit_key.removeprefix("auto_pay_limit_").upper(),
        price_tolerance_percent=_number(tolerance, "percent", place=place),
        price_tolerance_per_line=_number(tolerance, "absolute_per_line", place=place),
        quantity_tolerance=_number(form, "quantity_tolerance", place=place),
        receipt_required=_flag(form, "receipt_required", place=place),
        auto_pay_limit=_number(form, limit_key, place=place),
        duplicate_window_days=int(window[1]),
        rates=_rates(form[rates_key], place=f"{place}, {rates_key}"),
        rates_source=str(form.get("rates_source", place.strip("'"))),
    )


def _from_fields(form: Mapping[str, Any], *, place: str) -> Policy:
    return Policy(
        currency=str(form.get("currency") or "EUR"),
        price_tolerance_percent=_number(form, "price_tolerance_percent", place=place),
        price_tolerance_per_line=_number(form, "price_tolerance_per_line", place=place),
        quantity_tolerance=_number(form, "quantity_tolerance", place=place),
        receipt_required=_flag(form, "receipt_required", place=place),
        auto_pay_limit=_number(form, "auto_pay_limit", place=place),
        duplicate_window_days=int(_number(form, "duplicate_window_days", place=place)),
        rates=_rates(form.get("rates", {}), place=f"{place}, rates"),
        rates_source=str(form.get("rates_source", "")),
    )


def _suffixed(form: Mapping[str, Any], prefix: str, *, place: str) -> str:
    found = [key for key in form if re.fullmatch(prefix + "[a-z]{3}", key)]
    if len(found) != 1:
        raise ReferenceUnreadable(f"{place}: needs exactly one '{prefix}…' such as '{prefix}eur'", place=place)
    return found[0]


def _number(form: Mapping[str, Any], key: str, *, place: str) -> Decimal:
    """The number a value begins with; words after it explain it."""
    value = form.get(key)
    match = None if value is None else _LEADING_NUMBER.match(str(value))
    if match is None:
        raise ReferenceUnreadable(f"{place}: {key!r} must be a number that is not negative, got {value!r}", place=place)
    return decimal_of(match[1], place=f"{place}, {key}")


def _flag(form: Mapping[str, Any], key: str, *, place: str) -> bool:
    value = form.get(key)
    if not isinstance(value, bool):
        raise ReferenceUnreadable(f"{place}: {key!r} must be true or false, got {value!r}", place=place)
    return value


def _rates(rates: Mapping[str, Any], *, place: str) -> dict[str, Decimal]:
    return {code.upper(): decimal_of(str(rate), place=f"{place}, {code}") for code, rate in rates.items()}
