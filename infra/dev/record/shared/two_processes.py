"""The conversation between a client and the server that it starts over standard input and output, on MCP Python SDK 2."""

import asyncio
import os
import sys

from conversation import add_tools, talk


def is_server() -> bool:
    return 'server' in sys.argv[1:]


def service_name() -> str:
    return 'files-mcp' if is_server() else 'desktop-agent'


def serve() -> None:
    from mcp.server.mcpserver import MCPServer

    server = MCPServer('files')
    add_tools(server)
    server.run('stdio')


async def converse() -> None:
    from mcp import Client, StdioServerParameters

    command = StdioServerParameters(command=sys.executable, args=[sys.argv[0], 'server'], env=dict(os.environ))
    async with Client(command) as client:
        await talk(client)


def run() -> None:
    """Whichever of the two this process is. Instrumentation is set up before."""
    if is_server():
        serve()
    else:
        asyncio.run(converse())
