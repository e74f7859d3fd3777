"""The conversation between a FastMCP client and the FastMCP server that it starts, over HTTP with bearer tokens."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

from conversation import add_tools, talk

# Tokens of OAuth clients; no person is named anywhere.
TOKENS = {'token-claude': {'client_id': 'claude-desktop', 'scopes': ['files:read']}, 'token-ci': {'client_id': 'ci-bot', 'scopes': ['files:read', 'files:write']}}


def is_server() -> bool:
    return 'server' in sys.argv[1:]


def service_name() -> str:
    return 'files-mcp' if is_server() else 'desktop-agent'


def serve() -> None:
    from fastmcp import FastMCP
    from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

    server = FastMCP('files', auth=StaticTokenVerifier(tokens=TOKENS))
    add_tools(server)
    try:
        server.run(transport='http', host='127.0.0.1', port=int(sys.argv[2]), show_banner=False)
    except KeyboardInterrupt:
        pass


def wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(('127.0.0.1', port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError('the server does not listen')


async def converse(port: int) -> None:
    from fastmcp import Client

    url = f'http://127.0.0.1:{port}/mcp'
    for token in TOKENS:
        async with Client(url, auth=token) as client:
            await talk(client)
    try:
        async with Client(url, auth='token-of-nobody') as client:
            await client.list_tools()
    except Exception as error:
        print(f'a bad token: {type(error).__name__}')


def run() -> None:
    """Whichever of the two this process is. Instrumentation is set up before."""
    if is_server():
        serve()
        return
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, sys.argv[0], 'server', str(port)], env=dict(os.environ))
    try:
        wait_for(port)
        asyncio.run(converse(port))
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
