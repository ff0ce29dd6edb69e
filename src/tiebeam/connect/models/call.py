"""A provider is asked, and its whole answer comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tiebeam.connect.outgoing import AnswerTooLarge, OutgoingFailed, OutgoingRefused, OutgoingUnreachable, outgoing_for
from tiebeam.connect.secrets import read_secret
from tiebeam.connect.upstreams import AnswerOverLimit, Failed, Unreachable, address_of, vouched
from tiebeam.errors import TiebeamError
from tiebeam.spec import Endpoint, OutgoingRules, Upstream

LARGEST_ANSWER = 16_000_000


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What the provider answered, whatever its status. `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class ModelClient:
    """`rules` are those of the workspace's `[outgoing]`. Safe to share between threads."""

    def __init__(self, rules: OutgoingRules, *, workspace: Path, largest: int = LARGEST_ANSWER) -> None:
        self._rules = rules
        self._workspace = workspace
        self._largest = largest

    def call(self, upstream: Upstream, endpoint: Endpoint, *, model: str, body: bytes) -> ModelAnswer:
        """Sends `body`, JSON without a stream. `model` is the provider's own name of it.

        Raises the errors of `connect.upstreams`: Unreachable when nothing was sent, Failed when it is unknown what
        became of the call, within `total_seconds` of the record.
        """
        address = address_of(upstream, endpoint, model)
        headers = {"Content-Type": "application/json", **address.headers}
        if upstream.secret is not None:
            headers[address.key_header] = address.key_prefix + self._key(upstream.secret)
        http = outgoing_for(
            self._rules,
            workspace=self._workspace,
            also_allowed=vouched(upstream),
            timeout=upstream.total_seconds,
            connect_timeout=upstream.connect_seconds,
            largest=self._largest,
        )
        try:
            answer = http.request("POST", address.url, headers=headers, content=body)
        except (OutgoingRefused, OutgoingUnreachable) as problem:
            raise Unreachable(problem.message, **problem.data) from problem
        except AnswerTooLarge as problem:
            raise AnswerOverLimit(problem.message, **problem.data) from problem
        except OutgoingFailed as problem:
            raise Failed(problem.message, **problem.data) from problem
        return ModelAnswer(answer.status, answer.headers, answer.body)

    def _key(self, reference: str) -> str:
        try:
            return read_secret(reference, base=self._workspace).reveal()
        except TiebeamError as problem:
            raise Unreachable(f"the provider's key cannot be read: {problem.message}", **problem.data) from problem
