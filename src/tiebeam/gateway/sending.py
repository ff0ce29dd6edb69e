"""The upstreams of the workspace as this process calls them: connections, addresses, and which are left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tiebeam.connect.upstreams import Target, UpstreamPool
from tiebeam.gateway.breaker import Breaker
from tiebeam.spec import GatewayUse, OutgoingRules, Upstream


class Sending:
    """One for each event loop. Addresses and breakers are kept as long as an upstream's record stays the same."""

    def __init__(self, *, workspace: Path, rules: Callable[[], OutgoingRules], use: Callable[[], GatewayUse]) -> None:
        self._workspace = workspace
        self._rules = rules
        self._use = use
        self._pool: UpstreamPool | None = None
        self._pooled: tuple[OutgoingRules, int] | None = None
        self._former: list[UpstreamPool] = []
        self._targets: dict[str, tuple[Upstream, UpstreamPool, Target]] = {}
        self._breakers: dict[str, tuple[Upstream, Breaker]] = {}

    @property
    def breakers(self) -> dict[str, Breaker]:
        """By upstream, of those called so far."""
        return {name: breaker for name, (_, breaker) in self._breakers.items()}

    def pool(self) -> UpstreamPool:
        """The connections, made anew where the workspace's rules for them have changed."""
        wanted = (self._rules(), self._use().largest_answer_bytes)
        if self._pool is None or self._pooled != wanted:
            if self._pool is not None:
                # Calls under way still use it; it is closed with the process.
                self._former.append(self._pool)
            rules, largest = wanted
            self._pool = UpstreamPool(rules, workspace=self._workspace, largest=largest)
            self._pooled = wanted
        return self._pool

    def target(self, upstream: Upstream, pool: UpstreamPool) -> Target:
        """Where it is reached. Raises Invalid where its record leads nowhere."""
        known = self._targets.get(upstream.id)
        if known is None or known[0] is not upstream or known[1] is not pool:
            known = self._targets[upstream.id] = (upstream, pool, pool.target(upstream))
        return known[2]

    def breaker(self, upstream: Upstream) -> Breaker:
        known = self._breakers.get(upstream.id)
        if known is None or known[0] is not upstream:
            made = Breaker(failures=upstream.breaker_failures, seconds=upstream.breaker_seconds)
            known = self._breakers[upstream.id] = (upstream, made)
        return known[1]

    async def close(self) -> None:
        for pool in (*self._former, *([self._pool] if self._pool is not None else [])):
            await pool.aclose()
        self._pool, self._pooled = None, None
        self._former.clear()
        self._targets.clear()
