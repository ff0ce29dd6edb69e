"""Durable segments, queues, waits, timers, effects and workers; the only room that imports DBOS."""

from tiebeam.engine.dispatcher import ALL, EngineBusy
from tiebeam.engine.effects import EffectRecord, Effects, EffectSettled, EffectState, EffectStatus, UnknownEffect
from tiebeam.engine.engine import Engine, Segment, UnknownKind, UnknownQueue
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
    "Segment",
    "SegmentLost",
    "Timer",
    "UnknownEffect",
    "UnknownKind",
    "UnknownQueue",
]
