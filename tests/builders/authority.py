"""The built-in policies, compiled once for all tests."""

from __future__ import annotations

from functools import cache

from tiebeam.authority import Authority, Policies, compile_policies


@cache
def built_in_policies(*, voucher_counts: bool = True) -> Policies:
    return compile_policies(voucher_counts=voucher_counts)


def authority(*, voucher_counts: bool = True) -> Authority:
    return Authority(lambda: built_in_policies(voucher_counts=voucher_counts))
