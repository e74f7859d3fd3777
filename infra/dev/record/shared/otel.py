"""A tracer provider as an application sets it up: OTLP over HTTP to where the environment says."""

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def trace_as(service: str) -> TracerProvider:
    """Sets the provider of this process; what is left is sent when it is shut down."""
    provider = TracerProvider(resource=Resource.create({'service.name': service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider
