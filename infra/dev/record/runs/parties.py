"""Servers and agents of the runs: FastMCP behind HTTP, agents of pydantic-ai with scripted models."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time

import opentelemetry.sdk.trace
from opentelemetry import trace
from otel import trace_as
from witness import Caller, Inside, calling, note, note_span, watch_requests

# OAuth clients and the people behind them, as the server knows them.
TOKENS = {
    'token-kim': {'client_id': 'claude-desktop', 'scopes': ['files:read'], 'sub': 'kim@corp.example'},
    'token-lee': {'client_id': 'ci-bot', 'scopes': ['files:read'], 'sub': 'lee@corp.example'},
}


def fingerprint(token: str) -> str:
    return hmac.new(b'key of the server', token.encode(), hashlib.sha256).hexdigest()


def start_tracing(service: str, http: bool, skew_seconds: int = 0):
    """Tracing of one process; `http`: its outgoing requests too. `skew_seconds`: how wrong its clock is."""
    if skew_seconds:
        opentelemetry.sdk.trace.time_ns = lambda: time.time_ns() + skew_seconds * 1_000_000_000
    provider = trace_as(service)
    provider.add_span_processor(Caller())
    if http:
        try:
            from httpx2 import AsyncHTTPTransport
            from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor as Instrumentor
        except ImportError:
            from httpx import AsyncHTTPTransport
            from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor as Instrumentor
        watch_requests(AsyncHTTPTransport)
        Instrumentor().instrument()
    return provider


# Servers


def add_tools(server, name: str, inner_url: str) -> None:
    from fastmcp import Client, Context

    def took(ref: str, result: str) -> str:
        note_span(ref)
        note(call=ref, server=name, result_bytes=len(result))
        return result

    @server.tool()
    async def read_file(path: str, ref: str) -> str:
        return took(ref, f'Revenue in {path} was 12. Ask billing@contoso.example about invoice 4711.')

    @server.tool()
    async def search(query: str, ref: str) -> str:
        await asyncio.sleep(0.02)
        return took(ref, f'{name} knows {query}')

    @server.tool()
    async def send_mail(to: str, body: str, ref: str) -> str:
        return took(ref, f'sent to {to}')

    @server.tool()
    async def slow(seconds: float, ref: str, ctx: Context) -> str:
        for part in range(3):
            await ctx.report_progress(part, 3)
            await asyncio.sleep(seconds / 3)
        return took(ref, 'done')

    @server.tool()
    async def fail(reason: str, ref: str) -> str:
        took(ref, '')
        raise ValueError(reason)

    async def inside(tool: str, arguments: dict) -> str:
        note(call=arguments['ref'], tool=tool, arguments=arguments)
        async with Client(inner_url, auth='token-lee') as client:
            with calling(arguments['ref']):
                return (await client.call_tool(tool, arguments)).data

    if inner_url:

        @server.tool()
        async def summarise(path: str, ref: str) -> str:
            return took(ref, await inside('read_file', {'path': path, 'ref': f'{ref}.inner'}))

        @server.tool(name='ask')
        async def ask(query: str, ref: str) -> str:
            return took(ref, await inside('ask', {'query': f'first {query}', 'ref': f'{ref}.inner'}))
    else:

        @server.tool(name='ask')
        async def answer(query: str, ref: str) -> str:
            return took(ref, f'{name} knows {query}')

    @server.resource('file:///reports/q3')
    def report() -> str:
        return 'revenue 12'

    @server.prompt()
    def summarize(text: str) -> str:
        return f'Summarise {text}'


def serve(port: int, *, name: str, http: bool = True, skew: int = 0, inner: str = '', proxy_of: str = '', transport: str = 'http') -> None:
    from fastmcp import FastMCP
    from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

    provider = start_tracing(f'{name}-mcp', http, skew)
    if proxy_of:
        from fastmcp.server import create_proxy

        server = create_proxy(proxy_of, name=name)
    else:
        server = FastMCP(name, auth=StaticTokenVerifier(tokens=TOKENS) if transport == 'http' else None)
        add_tools(server, name, inner)
    try:
        if transport == 'stdio':
            server.run('stdio', show_banner=False)
        else:
            run_app(server.http_app(), port, http)
    except KeyboardInterrupt:
        pass
    provider.shutdown()


def run_app(app, port: int, http: bool) -> None:
    import uvicorn
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    identities = {
        token: {'watchkeeper.principal': said['sub'], 'watchkeeper.token.fingerprint': fingerprint(token)} for token, said in TOKENS.items()
    }
    if http:
        app = OpenTelemetryMiddleware(Inside(app, identities), exclude_spans=['send', 'receive'])
    uvicorn.run(app, host='127.0.0.1', port=port, log_level='error', timeout_graceful_shutdown=5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(**options):
    """A server in a process of its own; gives its URL. What it has to send is sent when it ends."""
    port = free_port()
    process = subprocess.Popen([sys.executable, sys.argv[0], 'server', str(port), json.dumps(options)], env=dict(os.environ))
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    break
            time.sleep(0.1)
        yield f'http://127.0.0.1:{port}/mcp'
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


# Agents


async def call(client, tool: str, arguments: dict, **options) -> None:
    """A call by a client without a model; that it fails may be meant."""
    ref = arguments['ref']
    note(call=ref, tool=tool, arguments=arguments)
    with calling(ref):
        try:
            await client.call_tool(tool, arguments, **options)
        except Exception as error:
            note(call=ref, failed=True)
            print(f'{ref}: {type(error).__name__}')


async def watched(ctx, call_tool, name, arguments):
    """pydantic-ai's hook around a call: its span of the tool run is current."""
    note(call=arguments['ref'], tool=name, arguments=arguments, tool_call_id=ctx.tool_call_id)
    note_span(arguments['ref'])
    with calling(arguments['ref']):
        return await call_tool(name, arguments)


def tools_of(url: str, token: str = 'token-kim', **options):
    from fastmcp import Client
    from fastmcp.client.transports import StreamableHttpTransport
    from pydantic_ai.mcp import MCPToolset

    return MCPToolset(Client(StreamableHttpTransport(url, auth=token)), process_tool_call=watched, **options)


def scripted(steps):
    """A model that calls the tools of each step at once, one step a turn, then answers."""
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
    from pydantic_ai.models.function import FunctionModel

    def answer(messages, _info):
        turn = sum(isinstance(message, ModelResponse) for message in messages)
        if turn >= len(steps):
            return ModelResponse(parts=[TextPart('Done.')])
        return ModelResponse(parts=[ToolCallPart(tool, arguments) for tool, arguments in steps[turn]])

    return FunctionModel(answer, model_name='scripted')


def agent_of(name: str, steps, toolsets, **settings):
    from pydantic_ai import Agent
    from pydantic_ai.models.instrumented import InstrumentationSettings

    agent = Agent(scripted(steps), name=name, toolsets=toolsets)
    agent.instrument = InstrumentationSettings(**settings)
    return agent
