"""Model use out of the ordinary: spikes, drift, cache misses, wasted retries and runaway executions."""

from tiebeam.economics.anomalies.anomaly import Anomaly, AnomalyKind
from tiebeam.economics.anomalies.detecting import detect

__all__ = ["Anomaly", "AnomalyKind", "detect"]
