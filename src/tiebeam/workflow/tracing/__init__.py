"""Runs as traces, told from their rows."""

from tiebeam.workflow.tracing.spans import Span, SpanKind, run_span, span_id_of, trace_id_of, traceparent_of
from tiebeam.workflow.tracing.tracing import Tracing

__all__ = ["Span", "SpanKind", "Tracing", "run_span", "span_id_of", "trace_id_of", "traceparent_of"]
