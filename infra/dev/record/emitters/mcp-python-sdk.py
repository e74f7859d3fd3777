# requires: mcp==2.3.0
# requires: opentelemetry-sdk==1.45.2
# requires: opentelemetry-exporter-otlp-proto-http==1.45.2
"""MCP Python SDK 2: spans of its own, in client and server."""

from otel import trace_as
from two_processes import run, service_name

provider = trace_as(service_name())
run()
provider.shutdown()
