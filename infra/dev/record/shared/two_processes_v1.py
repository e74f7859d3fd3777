"""The conversation between a client and the server that it starts over standard input and output, on MCP Python SDK 1."""

import asyncio
import os
import sys

from conversation import add_tools, talk


def is_server() -> bool:
    return 'server' in sys.argv[1:]


def service_name() -> str:
    return 'files-mcp' if is_server() else 'desktop-agent'


async def converse() -> None:
    from mcp import ClientSession, StdioServerParameters
    from mcp.client import stdio

    command = StdioServerParameters(command=sys.executable, args=[sys.argv[0], 'server'], env=dict(os.environ))
    async with stdio.stdio_client(command) as (reader, writer), ClientSession(reader, writer) as session:
        await session.initialize()
        await talk(session)


def run(server_class) -> None:
    """Whichever of the two this process is. Instrumentation is set up before."""
    if not is_server():
        asyncio.run(converse())
        return
    server = server_class('files')
    add_tools(server)
    server.run('stdio')
