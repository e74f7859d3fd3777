# requires: fastmcp==3.4.9
# requires: mcp==1.30.0
# requires: opentelemetry-sdk==1.45.1
# requires: opentelemetry-exporter-otlp-proto-http==1.45.1
# requires: opentelemetry-instrumentation-httpx==0.66b1
# requires: opentelemetry-instrumentation-asgi==0.66b1
"""Runs of clients of FastMCP 3 and of MCP Python SDK 1, which has no tracing of its own."""

import asyncio
import contextlib

from opentelemetry import context, propagate, trace
from parties import call, running, start_tracing
from starting import SERVERS, main, run
from witness import calling, note, note_span


def search(ref: str, query: str = 'revenue'):
    return ('search', {'query': query, 'ref': ref})


@contextlib.asynccontextmanager
async def session_with(url: str, token: str = 'token-kim'):
    """A session of the SDK itself."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    headers = {'Authorization': f'Bearer {token}'}
    async with streamablehttp_client(url, headers=headers) as (reader, writer, _), ClientSession(reader, writer) as session:
        await session.initialize()
        yield session


@run()
async def context_in_http_headers():
    with running(name='files') as url:
        async with session_with(url) as session:
            await asyncio.gather(*(call(session, *search(f'r{n}')) for n in range(3)))


@run(http=False, traced=False)
async def client_not_traced():
    with running(name='files', http=False) as url:
        async with session_with(url) as one, session_with(url, 'token-lee') as other:
            await asyncio.gather(call(one, *search('kim0')), call(other, *search('lee0')), call(one, *search('kim1')), call(other, *search('lee1')))
    for ref, client in (('kim', 'claude-desktop'), ('lee', 'ci-bot')):
        for n in range(2):
            note(call=f'{ref}{n}', client=client)


@run()
async def two_sessions_in_turn():
    from fastmcp import Client

    async def ask(client, ref: str) -> None:
        for n in range(3):
            await call(client, *search(f'{ref}{n}'))

    with running(name='files') as url, trace.get_tracer('nightly').start_as_current_span('job'):
        async with Client(url, auth='token-kim') as one, Client(url, auth='token-lee') as other:
            await asyncio.gather(ask(one, 'kim'), ask(other, 'lee'))


@run()
async def two_sessions_at_once():
    from fastmcp import Client

    with running(name='files') as url, trace.get_tracer('nightly').start_as_current_span('job'):
        async with Client(url, auth='token-kim') as one, Client(url, auth='token-lee') as other:
            await asyncio.gather(*(call(client, *search(f'{ref}{n}')) for n in range(3) for ref, client in (('kim', one), ('lee', other))))


def serve_linking(port: int, name: str) -> None:
    """A server of the SDK with spans that its author made after the OTel MCP conventions, but as roots that link the caller's."""
    from mcp.server.fastmcp import Context, FastMCP

    provider = start_tracing(f'{name}-mcp', http=False)
    tracer = trace.get_tracer('files.telemetry')
    server = FastMCP(name, host='127.0.0.1', port=port, log_level='ERROR')

    @server.tool(name='search')
    async def find(query: str, ref: str, ctx: Context) -> str:
        request = ctx.request_context
        caller = trace.get_current_span(propagate.extract(request.meta.model_dump() if request.meta else {})).get_span_context()
        attributes = {
            'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'search', 'gen_ai.operation.name': 'execute_tool', 'jsonrpc.request.id': str(request.request_id),
        }
        with tracer.start_as_current_span(
            'tools/call search', context=context.Context(), kind=trace.SpanKind.SERVER, links=[trace.Link(caller)], attributes=attributes
        ):
            await asyncio.sleep(0.02)
            note_span(ref)
            note(call=ref, server=name)
            return f'{name} knows {query}'

    try:
        server.run('streamable-http')
    except KeyboardInterrupt:
        pass
    provider.shutdown()


SERVERS['linking'] = serve_linking


@run(http=False)
async def linked_not_parented():
    tracer = trace.get_tracer('agent.telemetry')

    async def ask(session, ref: str) -> None:
        tool, arguments = search(ref)
        note(call=ref, tool=tool, arguments=arguments)
        attributes = {'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool, 'gen_ai.operation.name': 'execute_tool'}
        with calling(ref), tracer.start_as_current_span(f'tools/call {tool}', kind=trace.SpanKind.CLIENT, attributes=attributes):
            note_span(ref)
            meta: dict[str, str] = {}
            propagate.inject(meta)
            await session.call_tool(tool, arguments, meta=meta)

    with running(kind='linking', name='files') as url:
        async with session_with(url) as session:
            with tracer.start_as_current_span('job'):
                await asyncio.gather(*(ask(session, f'r{n}') for n in range(3)))
            await asyncio.gather(*(ask(session, f's{n}') for n in range(2)))


if __name__ == '__main__':
    main()
