# requires: fastmcp==3.4.9
# requires: opentelemetry-sdk==1.45.2
# requires: opentelemetry-exporter-otlp-proto-http==1.45.2
"""FastMCP 3 on MCP Python SDK 1: spans of its own, in client and server."""

from fastmcp_http import run, service_name
from otel import trace_as

provider = trace_as(service_name())
run()
provider.shutdown()
