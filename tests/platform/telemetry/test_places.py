"""Where a span belongs when the Functions host has a span around the call, as in Azure."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from shared.platform.telemetry.sending import Sender

HOST = SpanContext(0xAAAA, 0xBBBB, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
SAME = f"00-{HOST.trace_id:032x}-{0xCCCC:016x}-01"
OTHER = f"00-{0xDDDD:032x}-{0xEEEE:016x}-01"


@pytest.mark.parametrize(
    ("given", "trace_id", "parent", "links"),
    [
        (None, HOST.trace_id, HOST.span_id, 0),
        (SAME, HOST.trace_id, HOST.span_id, 0),  # the host continues the caller's trace: between
        (OTHER, 0xDDDD, 0xEEEE, 1),  # a blob's event: the job's trace, and a link to the host's
        ("nonsense", HOST.trace_id, HOST.span_id, 0),
    ],
)
def test_the_host_s_span(given: str | None, trace_id: int, parent: int, links: int) -> None:
    seen = InMemorySpanExporter()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(seen))
    meters = MeterProvider(shutdown_on_exit=False)
    sender = Sender(tracers, meters)
    with trace.use_span(NonRecordingSpan(HOST)), sender.span("extract", given, {}) as span:
        continued = span.traceparent
    (done,) = seen.get_finished_spans()
    assert done.context is not None
    assert done.parent is not None
    assert (done.context.trace_id, done.parent.span_id) == (trace_id, parent)
    assert len(done.links) == links
    assert continued == f"00-{trace_id:032x}-{done.context.span_id:016x}-01"
    tracers.shutdown()
    meters.shutdown()
