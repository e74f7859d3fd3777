# requires: opentelemetry-instrumentation-mcp==0.62.4
# requires: mcp==1.30.0
# requires: fastmcp==2.14.5
# requires: opentelemetry-sdk==1.45.2
# requires: opentelemetry-exporter-otlp-proto-http==1.45.2
"""OpenLLMetry's instrumentation: MCP Python SDK 1 as client, FastMCP 2 as server; it hooks into both."""

from opentelemetry.instrumentation.mcp import McpInstrumentor
from otel import trace_as
from two_processes_v1 import run, service_name

provider = trace_as(service_name())
McpInstrumentor().instrument()


def server_class(name: str):
    from fastmcp import FastMCP

    return FastMCP(name=name)


run(server_class)
provider.shutdown()
