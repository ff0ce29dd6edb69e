"""Durable segments, queues, waits, timers, effects and workers; the only room that imports DBOS."""

from tiebeam.engine.dispatcher import ALL, EngineBusy
from tiebeam.engine.effects import EffectRecord, Effects, EffectSettled, EffectState, EffectStatus, UnknownEffect
from tiebeam.engine.engine import Engine, Enqueued, Failure, Segment, UnknownKind, UnknownQueue
from tiebeam.engine.segments import NotRunning
from tiebeam.engine.waits import Timer
from tiebeam.engine.workers import SegmentLost

__all__ = [
    "ALL",
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
]
