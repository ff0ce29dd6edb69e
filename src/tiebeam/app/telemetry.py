"""Traces for OpenTelemetry, where the extra `otel` is installed and a place to send them to is named."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

import tiebeam
from tiebeam.workflow.tracing import Span, SpanKind

ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_log = logging.getLogger("tiebeam.telemetry")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """`export` never waits: spans are sent by a thread of the library's own. Close it when done."""

    export: Callable[[Sequence[Span]], None]
    close: Callable[[], None]


def telemetry(environment: Mapping[str, str] = os.environ) -> Telemetry | None:
    """None where nobody asked for traces; what is missing for those who did is in the log."""
    if not any(environment.get(name) for name in ENDPOINT_VARIABLES):
        return None
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        _log.warning("traces were asked for, but the extra is missing: install tiebeam[otel]")
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return telemetry_to(BatchSpanProcessor(OTLPSpanExporter()))


def telemetry_to(processor: Any) -> Telemetry:
    """Send to a span processor of OpenTelemetry's SDK."""
    from opentelemetry.sdk.resources import Resource

    resource = Resource.create({"service.name": "tiebeam", "service.version": tiebeam.__version__})

    def export(spans: Sequence[Span]) -> None:
        for span in spans:
            processor.on_end(_readable(span, resource))

    return Telemetry(export, processor.shutdown)


def _readable(span: Span, resource: Any) -> Any:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    def context(span_id: int) -> Any:
        sampled = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        return trace.SpanContext(span.trace_id, span_id, is_remote=False, trace_flags=sampled)

    kinds = {SpanKind.INTERNAL: trace.SpanKind.INTERNAL, SpanKind.CLIENT: trace.SpanKind.CLIENT}
    code = trace.StatusCode.UNSET if span.error is None else trace.StatusCode.ERROR
    return ReadableSpan(
        name=span.name,
        context=context(span.span_id),
        parent=None if span.parent_id is None else context(span.parent_id),
        resource=resource,
        attributes=dict(span.attributes),
        kind=kinds[span.kind],
        status=trace.Status(code, span.error),
        start_time=_nanos(span.began),
        end_time=_nanos(span.ended),
        instrumentation_scope=InstrumentationScope("tiebeam", tiebeam.__version__),
    )


def _nanos(moment: datetime) -> int:
    since = moment - _BEGINNING
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
