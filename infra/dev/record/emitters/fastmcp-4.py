# requires: fastmcp==4.1.2
# requires: opentelemetry-sdk==1.45.2
# requires: opentelemetry-exporter-otlp-proto-http==1.45.2
"""FastMCP 4 on MCP Python SDK 2, both of which trace each call. `test/fixtures/otlp/fastmcp` is an older recording, which stays as it is."""

from fastmcp_http import run, service_name
from otel import trace_as

provider = trace_as(service_name())
run()
provider.shutdown()
