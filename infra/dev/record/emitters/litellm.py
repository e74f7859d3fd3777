# requires: litellm[proxy]==1.98.0
# requires: mcp==1.30.0
# requires: opentelemetry-sdk==1.33.1
# requires: opentelemetry-exporter-otlp-proto-http==1.33.1
"""
LiteLLM's proxy, without a database, as gateway between a client and a server on MCP Python SDK 1, neither of which is traced. The caller's context
that it links is one that the client makes up.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time

from conversation import add_tools, talk

KEY = 'sk-invented-key'
CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    for _ in range(900):
        with socket.socket() as probe:
            if probe.connect_ex(('127.0.0.1', port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f'nobody listens on {port}')


def serve(port: int) -> None:
    from mcp.server.fastmcp import FastMCP

    server = FastMCP('files', host='127.0.0.1', port=port)
    add_tools(server)
    server.run('streamable-http')


async def converse(port: int) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    headers = {'Authorization': f'Bearer {KEY}', 'traceparent': CALLER}
    async with streamablehttp_client(f'http://127.0.0.1:{port}/mcp/', headers=headers) as (reader, writer, _), ClientSession(reader, writer) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        print(names)
        for tool, arguments in (('read_file', {'path': '/srv/q3.xlsx', 'lines': 3}), ('fail', {'reason': 'boom'})):
            await session.call_tool(next(name for name in names if name.endswith(tool)), arguments)


def main() -> None:
    server_port, port = free_port(), free_port()
    with open('litellm.yaml', 'w') as file:
        json.dump({
            'model_list': [],
            'litellm_settings': {'callbacks': ['otel']},
            'general_settings': {'master_key': KEY},
            'mcp_servers': {'files': {'url': f'http://127.0.0.1:{server_port}/mcp', 'transport': 'http'}},
        }, file)
    url = os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']
    env = {
        **os.environ, 'LITELLM_OTEL_V2': 'true', 'OTEL_EXPORTER': 'otlp_http', 'OTEL_ENDPOINT': url, 'OTEL_SERVICE_NAME': 'litellm',
        'OTEL_BSP_SCHEDULE_DELAY': '1000', 'LITELLM_LOCAL_MODEL_COST_MAP': 'True',
    }
    command = [os.path.join(os.path.dirname(sys.executable), 'litellm'), '--config', 'litellm.yaml', '--port', str(port), '--host', '127.0.0.1']
    running = [subprocess.Popen([sys.executable, sys.argv[0], str(server_port)])]
    try:
        wait_for(server_port)
        running.append(subprocess.Popen(command, env=env))
        wait_for(port)
        asyncio.run(converse(port))
        time.sleep(5)
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
            process.wait(60)


if len(sys.argv) > 1:
    serve(int(sys.argv[1]))
else:
    main()
