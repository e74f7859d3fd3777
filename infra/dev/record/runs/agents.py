# requires: pydantic-ai-slim[mcp]==2.68.0
# requires: fastmcp==4.1.2
# requires: mcp-sentinel-proxy==0.1.0
# requires: opentelemetry-sdk==1.45.1
# requires: opentelemetry-exporter-otlp-proto-http==1.45.1
# requires: opentelemetry-exporter-otlp-proto-grpc==1.45.1
# requires: opentelemetry-instrumentation-httpx==0.66b1
# requires: opentelemetry-instrumentation-asgi==0.66b1
"""Runs of agents of pydantic-ai and clients of FastMCP against servers of FastMCP 4 behind HTTP. One run a process: `agents.py RUN`."""

import asyncio
import contextlib
import json
import os
import sys

from opentelemetry import trace
from parties import agent_of, call, fingerprint, run_app, running, start_tracing, tools_of
from starting import SERVERS, main, run
from witness import note, note_span


def read(ref: str, path: str = '/srv/q3.xlsx'):
    return ('read_file', {'path': path, 'ref': ref})


def search(ref: str, query: str = 'revenue'):
    return ('search', {'query': query, 'ref': ref})


def connect(url: str, token: str = 'token-kim'):
    from fastmcp import Client

    return Client(url, auth=token)


def job():
    """A span of the application itself, so that what is below is one trace."""
    return trace.get_tracer('nightly').start_as_current_span('job')


@run()
async def agent_over_http():
    mail = ('send_mail', {'to': 'billing@contoso.example', 'body': 'Invoice 4711, please, and notes to archive-77@box.example', 'ref': 'ref-9d27e5'})
    prompt = 'Summarise revenue in /srv/q3.xlsx and ask billing for the invoice'
    with running(name='files') as url:
        await agent_of('support', [[read('ref-4b81c0')], [mail]], [tools_of(url)]).run(prompt, conversation_id='conv-1')
    said = {'turn': prompt, 'principal': 'kim@corp.example', 'fingerprint': fingerprint('token-kim')}
    note(call='ref-4b81c0', sources={'$.path': 'user', '$.ref': 'model'}, **said)
    note(call='ref-9d27e5', sources={'$.to': 'tool_result', '$.body': 'model', '$.ref': 'model'}, **said)


@run()
async def same_tool_at_once():
    with running(name='files') as url:
        await agent_of('support', [[search(f'r{n}') for n in range(4)]], [tools_of(url)]).run('Search', conversation_id='conv-1')


@run(http=False)
async def one_session_at_once():
    with running(name='files', http=False) as url, job():
        async with connect(url) as client:
            await asyncio.gather(*(call(client, *search(f'r{n}')) for n in range(5)))


@run()
async def model_tries_again():
    steps = [[('fail', {'reason': 'busy', 'ref': 'r1'})], [('fail', {'reason': 'busy', 'ref': 'r2'})], [read('r3')]]
    with running(name='files') as url:
        await agent_of('support', steps, [tools_of(url, max_retries=5)]).run('Read it', conversation_id='conv-1')


@run()
async def gives_up_and_calls_again():
    with running(name='files') as url, job():
        async with connect(url) as client:
            await call(client, 'slow', {'seconds': 1.5, 'ref': 'r1'}, timeout=0.3)
            await call(client, 'slow', {'seconds': 0.1, 'ref': 'r2'})
            await asyncio.sleep(2)


@run()
async def parallel_conversations():
    with running(name='files') as url:
        agents = [agent_of('support', [[search(f'c{n}.r1')], [read(f'c{n}.r2')]], [tools_of(url)]) for n in range(3)]
        await asyncio.gather(*(agent.run(f'Search {n}', conversation_id=f'conv-{n}') for n, agent in enumerate(agents)))


@run()
async def two_servers():
    steps = [[('files_search', search('r1')[1]), ('wiki_search', search('r2')[1])], [('wiki_read_file', read('r3')[1])]]
    with running(name='files') as files, running(name='wiki') as wiki:
        toolsets = [tools_of(files).prefixed('files'), tools_of(wiki, 'token-lee').prefixed('wiki')]
        await agent_of('support', steps, toolsets).run('Search both', conversation_id='conv-1')


@run()
async def server_calls_server():
    with running(name='files') as files, running(name='digest', inner=files) as digest:
        steps = [[('summarise', {'path': '/srv/q3.xlsx', 'ref': 'r1'}), ('summarise', {'path': '/srv/q4.xlsx', 'ref': 'r2'})]]
        await agent_of('support', steps, [tools_of(digest)]).run('Summarise', conversation_id='conv-1')


@run()
async def server_calls_its_namesake():
    with running(name='wiki') as wiki, running(name='digest', inner=wiki) as digest:
        await agent_of('support', [[('ask', {'query': 'leave', 'ref': 'r1'})]], [tools_of(digest)]).run('Ask', conversation_id='conv-1')


@run()
async def fastmcp_proxy():
    with running(name='files', http=False) as files, running(name='gate', proxy_of=files) as gate, job():
        async with connect(gate, 'token-kim') as client:
            await asyncio.gather(*(call(client, *search(f'r{n}')) for n in range(3)))
            await call(client, *read('r3'))


@run(http=False)
async def sentinel_proxy():
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport
    from sentinel_between import receiving

    with receiving() as endpoint, job():
        options = json.dumps({'name': 'files', 'http': False, 'transport': 'stdio'})
        with open('sentinel.yaml', 'w') as file:
            json.dump({
                'telemetry': {'service_name': 'sentinel'},
                'servers': [{
                    'name': 'files', 'transport': 'stdio', 'command': [sys.executable, sys.argv[0], 'server', '0', options],
                    'env': {key: os.environ[key] for key in ('PATH', 'OTEL_EXPORTER_OTLP_ENDPOINT')},
                }],
            }, file)
        env = {**os.environ, 'OTEL_EXPORTER_OTLP_ENDPOINT': endpoint, 'OTEL_BSP_SCHEDULE_DELAY': '300', 'OTEL_BLRP_SCHEDULE_DELAY': '300'}
        arguments = ['-m', 'sentinel.main', '--config', 'sentinel.yaml', '--skip-preflight', '--server', 'files']
        async with Client(StdioTransport(sys.executable, arguments, env=env)) as client:
            await asyncio.gather(*(call(client, *search(f'r{n}')) for n in range(3)))
            await call(client, *read('r3'))
            await asyncio.sleep(3)


@run()
async def sub_agent():
    with running(name='files') as url:
        helper = agent_of('helper', [[search('r2', 'details')]], [tools_of(url)])
        chief = agent_of('chief', [[search('r1')], [('delegate', {'task': 'details'})], [search('r3')]], [tools_of(url)])

        @chief.tool_plain
        async def delegate(task: str) -> str:
            note(call='own', tool='delegate', arguments={'task': task})
            note_span('own')
            return (await helper.run(f'Look into {task}')).output

        await chief.run('Search, and have it looked into', conversation_id='conv-1')


@run()
async def failures():
    with running(name='files') as url, job():
        async with connect(url) as client:
            await call(client, 'fail', {'reason': 'boom', 'ref': 'r1'})
            await call(client, 'nope', {'ref': 'r2'})
            await call(client, 'read_file', {'lines': 3, 'ref': 'r3'})
            await client.read_resource('file:///reports/q3')
            await client.get_prompt('summarize', {'text': 'q3'})
            await call(client, *read('r4'))


@run()
async def streams():
    with running(name='files') as url, job():
        async with connect(url) as client:
            calls = [call(client, 'slow', {'seconds': 0.6, 'ref': f'r{n}'}) for n in range(3)]
            await asyncio.gather(*calls, call(client, *search('r3')))


@run()
async def clocks_disagree():
    with running(name='files', skew=95) as url:
        steps = [[read('r1')], [search('r2'), search('r3')]]
        await agent_of('support', steps, [tools_of(url)]).run('Read and search', conversation_id='conv-1')


@run()
async def without_content():
    with running(name='files') as url:
        steps = [[read('r1')], [search('r2'), search('r3')]]
        agent = agent_of('support', steps, [tools_of(url)], include_content=False, include_model_request_parameters=False)
        await agent.run('Read and search', conversation_id='conv-1')


@run()
async def two_clients_and_one_refused():
    async def talk(url: str, token: str, ref: str) -> None:
        async with connect(url, token) as client:
            for n in range(2):
                await call(client, *search(f'{ref}{n}'))

    with running(name='files') as url:
        await asyncio.gather(talk(url, 'token-kim', 'kim'), talk(url, 'token-lee', 'lee'))
        with contextlib.suppress(Exception):
            await talk(url, 'token-of-nobody', 'nobody')
    for ref, principal, client in (('kim', 'kim@corp.example', 'claude-desktop'), ('lee', 'lee@corp.example', 'ci-bot')):
        for n in range(2):
            note(call=f'{ref}{n}', principal=principal, client=client)


@run()
async def many_in_one_trace():
    with running(name='files', http=False) as url:
        await agent_of('support', [[search(f'r{n}')] for n in range(8)], [tools_of(url)], include_model_request_parameters=False).run('Search on', conversation_id='conv-1')


def serve_sdk(port: int, name: str) -> None:
    """A server of MCP Python SDK 2 itself."""
    from mcp.server.mcpserver import MCPServer

    provider = start_tracing(f'{name}-mcp', http=True)
    server = MCPServer(name)

    @server.tool(name='search')
    async def find(query: str, ref: str) -> str:
        await asyncio.sleep(0.02)
        note_span(ref)
        note(call=ref, server=name)
        return f'{name} knows {query}'

    with contextlib.suppress(KeyboardInterrupt):
        run_app(server.streamable_http_app(), port, http=True)
    provider.shutdown()


SERVERS['sdk'] = serve_sdk


@run()
async def sdk_on_both_sides():
    from mcp import Client

    with running(kind='sdk', name='files') as url, job():
        async with Client(url) as one, Client(url) as other:
            await asyncio.gather(*(call(client, *search(f'{ref}{n}')) for n in range(2) for ref, client in (('a', one), ('b', other))))


@run(http=False)
async def http_seen_by_the_server_alone():
    with running(name='files', http=True) as url, job():
        async with connect(url) as client:
            await asyncio.gather(*(call(client, *search(f'r{n}')) for n in range(2)))


if __name__ == '__main__':
    main()
