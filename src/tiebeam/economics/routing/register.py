"""The central register of approved providers: what lines of business may decide for themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tiebeam.kit import matches_star
from tiebeam.spec import Approval, Upstream


class Register:
    """Where it is empty everything is allowed; where it is not, what no approval covers is refused."""

    def __init__(self, approvals: Iterable[Approval]) -> None:
        self._approvals = tuple(approvals)

    def covering(self, upstream: Upstream, model: str, day: date) -> Approval | None:
        """The approval that lets this upstream be called for this model on a day."""
        return next((one for one in self._approvals if _covers(one, upstream, model, day)), None)

    def allows(self, upstream: Upstream, model: str, day: date) -> bool:
        return not self._approvals or self.covering(upstream, model, day) is not None

    def why_not(self, upstream: Upstream, model: str, day: date) -> str:
        """What keeps it from being called, in words that go on after "it is not approved: "."""
        of_provider = [one for one in self._approvals if one.provider == upstream.provider]
        if not of_provider:
            return f"no approval names the provider {upstream.provider!r}"
        in_time = [one for one in of_provider if one.until is None or day <= one.until]
        if not in_time:
            last = max(one.until for one in of_provider if one.until is not None)
            return f"the approval of {upstream.provider!r} ended on {last}"
        if not any(_names(one, model) for one in in_time):
            return f"no approval of {upstream.provider!r} names the model {model!r}"
        return f"{upstream.provider!r} is not approved in the region {upstream.region or 'that is not stated'!r}"

    @property
    def is_empty(self) -> bool:
        return not self._approvals


def _covers(approval: Approval, upstream: Upstream, model: str, day: date) -> bool:
    return (
        approval.provider == upstream.provider
        and (approval.until is None or day <= approval.until)
        and _names(approval, model)
        and (not approval.regions or upstream.region in approval.regions)
    )


def _names(approval: Approval, model: str) -> bool:
    return any(matches_star(model, one) for one in approval.models)
