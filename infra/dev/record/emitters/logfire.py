# requires: logfire==4.41.0
# requires: mcp==1.30.0
"""Logfire's `instrument_mcp`, sending to an OTLP endpoint and not to its cloud. Its hooks are those of MCP Python SDK 1."""

import logfire
from two_processes_v1 import run, service_name

logfire.configure(send_to_logfire=False, console=False, service_name=service_name(), metrics=False, inspect_arguments=False)
logfire.instrument_mcp()


def server_class(name: str):
    from mcp.server.fastmcp import FastMCP

    return FastMCP(name)


run(server_class)
logfire.shutdown()
