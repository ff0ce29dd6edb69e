"""What one level of load measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tiebeam.connect.serving.sending import Sent
from tiebeam.errors import TiebeamError
from tiebeam.kit import quantile

_SHOWN_PROBLEMS = 5


class LoadFailed(TiebeamError):
    """Nothing of a level succeeded, so there is nothing to measure."""

    code = "load_failed"
    status = 502


@dataclass(frozen=True, slots=True)
class Measured:
    """`seconds` from the first request to the last answer."""

    concurrency: int
    seconds: float
    done: tuple[Sent, ...]
    failed: int
    problems: tuple[tuple[str, int], ...]
    """The most frequent reasons, with how often each was met."""

    @property
    def output_throughput(self) -> float:
        return sum(one.output_tokens for one in self.done) / self.seconds

    def form(self) -> dict[str, Any]:
        """By the names `vllm bench serve` uses; times in milliseconds."""
        first = [1000 * (one.first - one.began) for one in self.done if one.first is not None]
        whole = [1000 * (one.ended - one.began) for one in self.done]
        between = [
            1000 * (one.ended - one.first) / (one.output_tokens - 1)
            for one in self.done
            if one.first is not None and one.output_tokens > 1
        ]
        return {
            "max_concurrency": self.concurrency,
            "completed": len(self.done),
            "failed": self.failed,
            "duration": round(self.seconds, 4),
            "total_input_tokens": sum(one.input_tokens for one in self.done),
            "total_output_tokens": sum(one.output_tokens for one in self.done),
            "request_throughput": round(len(self.done) / self.seconds, 4),
            "output_throughput": round(self.output_throughput, 4),
            **_spread("ttft_ms", first),
            **_spread("tpot_ms", between),
            **_spread("e2el_ms", whole),
            "problems": [{"problem": said, "times": times} for said, times in self.problems],
        }


def measure(sent: Sequence[Sent], *, concurrency: int) -> Measured:
    """Raises LoadFailed with the most frequent reason."""
    done = tuple(one for one in sent if one.is_done)
    problems = Counter(one.problem for one in sent if not one.is_done).most_common(_SHOWN_PROBLEMS)
    if not done:
        why = problems[0][0] if problems else "no request was sent in the time given"
        raise LoadFailed(f"none of {len(sent)} requests succeeded: {why}")
    seconds = max(one.ended for one in done) - min(one.began for one in done)
    return Measured(concurrency, max(seconds, 1e-9), done, len(sent) - len(done), tuple(problems))


def _spread(name: str, values: Sequence[float]) -> dict[str, float]:
    shares = {"median": 0.5, "p90": 0.9, "p99": 0.99}
    return {f"{word}_{name}": round(quantile(values, share), 3) for word, share in shares.items()} if values else {}
