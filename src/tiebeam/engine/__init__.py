"""Durable segments, queues, waits, timers, effects and workers."""

from tiebeam.engine.archived import ARCHIVED_EFFECTS, runs_with_open_effects
from tiebeam.engine.effects import EffectRecord, Effects, EffectSettled, EffectState, EffectStatus, UnknownEffect
from tiebeam.engine.engine import Engine, Segment
from tiebeam.engine.putting import Enqueued, Failure
from tiebeam.engine.queues import ALL, UnknownQueue
from tiebeam.engine.segments import NotRunning, UnknownKind
from tiebeam.engine.waits import Timer
from tiebeam.engine.workers import EngineBusy, SegmentLost

__all__ = [
    "ALL",
    "ARCHIVED_EFFECTS",
    "EffectRecord",
    "EffectSettled",
    "EffectState",
    "EffectStatus",
    "Effects",
    "Engine",
    "EngineBusy",
    "Enqueued",
    "Failure",
    "NotRunning",
    "Segment",
    "SegmentLost",
    "Timer",
    "UnknownEffect",
    "UnknownKind",
    "UnknownQueue",
    "runs_with_open_effects",
]
