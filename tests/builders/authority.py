"""The built-in policies, compiled once for all tests."""

from __future__ import annotations

from functools import cache

from tiebeam.authority import Authority, Policies, compile_policies


@cache
def built_in_policies() -> Policies:
    return compile_policies()


def authority() -> Authority:
    return Authority(built_in_policies)
