"""The queues there are, and what of each may run at once."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.errors import Invalid


class UnknownQueue(Invalid):
    """There is no queue of this name."""

    code = "unknown_queue"


@dataclass(frozen=True, slots=True)
class QueueRule:
    """How many segments of a queue run at once in one process, and there for one team.

    `in_order`: one at a time in all processes, in the order of their commits, whatever their team and priority.
    `is_limited`: what the workspace says about teams (`[work]`) holds here.
    """

    per_worker: int
    per_team: int
    in_order: bool = False
    is_limited: bool = False


QUEUES: dict[str, QueueRule] = {
    "human": QueueRule(per_worker=16, per_team=16),
    "intake": QueueRule(per_worker=1, per_team=1, in_order=True),
    "effects": QueueRule(per_worker=8, per_team=6, is_limited=True),
    "work": QueueRule(per_worker=16, per_team=12, is_limited=True),
}
"""In the order in which they are asked for work."""
ALL = tuple(QUEUES)
LIMITED = tuple(name for name, rule in QUEUES.items() if rule.is_limited)


def rule_of(queue: str) -> QueueRule:
    if queue not in QUEUES:
        raise UnknownQueue(f"queue {queue!r} does not exist: use one of {', '.join(ALL)}")
    return QUEUES[queue]
