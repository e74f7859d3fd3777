# requires: mcp-sentinel-proxy==0.1.0
# requires: mcp==2.3.0
# requires: opentelemetry-sdk==1.45.2
# requires: opentelemetry-exporter-otlp-proto-http==1.45.2
"""The Sentinel proxy between a client and a server on MCP Python SDK 2, which are traced as well. The proxy sends over gRPC: passed on over HTTP."""

import asyncio
import os
import sys
import urllib.request
from concurrent import futures

import grpc
from conversation import talk
from otel import trace_as
from two_processes import is_server, serve, service_name

CONFIG = """
telemetry: {{service_name: sentinel}}
servers:
  - name: files
    transport: stdio
    command: ["{python}", "{script}", "server"]
    env: {{OTEL_EXPORTER_OTLP_ENDPOINT: "{url}", OTEL_RESOURCE_ATTRIBUTES: "host.name=agent-01", PATH: "{path}"}}
"""
SERVICE = 'opentelemetry.proto.collector.{0}.v1.{1}Service'
SIGNALS = {'traces': ('trace', 'Trace'), 'logs': ('logs', 'Logs'), 'metrics': ('metrics', 'Metrics')}
URL = os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']


def passes_on(signal: str):
    def export(body: bytes, _) -> bytes:
        headers = {'content-type': 'application/x-protobuf'}
        with urllib.request.urlopen(urllib.request.Request(f'{URL}/v1/{signal}', body, headers)):
            return b''

    package, service = SIGNALS[signal]
    handler = grpc.unary_unary_rpc_method_handler(export)
    return grpc.method_handlers_generic_handler(SERVICE.format(package, service), {'Export': handler})


async def converse(port: int) -> None:
    from mcp import Client, StdioServerParameters

    with open('sentinel.yaml', 'w') as file:
        file.write(CONFIG.format(python=sys.executable, script=sys.argv[0], url=URL, path=os.environ['PATH']))
    endpoint = f'http://127.0.0.1:{port}'
    # It is ended with the client's session, so it sends while there is one.
    env = {**os.environ, 'OTEL_EXPORTER_OTLP_ENDPOINT': endpoint, 'OTEL_BSP_SCHEDULE_DELAY': '300', 'OTEL_BLRP_SCHEDULE_DELAY': '300'}
    arguments = ['-m', 'sentinel.main', '--config', 'sentinel.yaml', '--skip-preflight', '--server', 'files']
    async with Client(StdioServerParameters(command=sys.executable, args=arguments, env=env)) as client:
        await talk(client)
        await asyncio.sleep(3)


provider = trace_as(service_name())
if is_server():
    serve()
else:
    gateway = grpc.server(futures.ThreadPoolExecutor(2), handlers=[passes_on(signal) for signal in SIGNALS])
    free = gateway.add_insecure_port('127.0.0.1:0')
    gateway.start()
    asyncio.run(converse(free))
    gateway.stop(5).wait()
provider.shutdown()
