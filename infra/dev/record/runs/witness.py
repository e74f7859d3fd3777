"""
What really happened in a run, written down beside the telemetry by those who took part. Every call carries an id in its argument `ref`. Whoever has the
call's content in hand - the agent, the HTTP request on both sides, the tool itself - notes the span that is current there as the call's.
"""

import contextlib
import contextvars
import json
import os

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor

CALL = contextvars.ContextVar('call', default='')


def note(**what) -> None:
    """One line; several processes append."""
    with open(f'witness-{os.getpid()}.jsonl', 'a') as file:
        file.write(json.dumps(what) + '\n')


def note_span(ref: str, span=None) -> None:
    context = (span or trace.get_current_span()).get_span_context()
    if context.is_valid:
        note(span=f'{context.trace_id:032x}:{context.span_id:016x}', ref=ref)


@contextlib.contextmanager
def calling(ref: str):
    """While it lasts, spans that MCP libraries start in this context are the call's."""
    token = CALL.set(ref)
    try:
        yield
    finally:
        CALL.reset(token)


class Caller(SpanProcessor):
    """
    Notes spans of the call by the caller's libraries. Not those of HTTP: a connection's task can have the context of an earlier call; nor those of
    the lists that a client asks for on the way.
    """

    SCOPES = ('fastmcp', 'mcp-python-sdk')

    def on_start(self, span, parent_context=None):
        calls = 'tools/call' in span.name and span.instrumentation_scope.name in self.SCOPES
        if CALL.get() and calls and span.kind is not trace.SpanKind.SERVER:
            note_span(CALL.get(), span)


def ref_of(body: bytes) -> str:
    """The id of the call in a JSON-RPC request; '' where it is none."""
    try:
        message = json.loads(body)
        return message['params']['arguments']['ref'] if message['method'] == 'tools/call' else ''
    except (ValueError, KeyError, TypeError):
        return ''


class Inside:
    """ASGI application below the instrumentation of HTTP: notes the span of a request that brings a call, and says on it whose token came."""

    def __init__(self, app, identities):
        self.app, self.identities = app, identities

    async def __call__(self, scope, receive, send):
        if scope['type'] != 'http' or scope['method'] != 'POST':
            return await self.app(scope, receive, send)
        body, more = b'', True
        while more:
            message = await receive()
            body, more = body + message.get('body', b''), message.get('more_body', False)
        if ref := ref_of(body):
            note_span(ref)
        for name, value in scope['headers']:
            if name == b'authorization':
                for key, said in self.identities.get(value.decode().removeprefix('Bearer '), {}).items():
                    trace.get_current_span().set_attribute(key, said)
        replayed = iter([{'type': 'http.request', 'body': body, 'more_body': False}])

        async def again():
            return next(replayed, None) or await receive()

        return await self.app(scope, again, send)


def watch_requests(transport) -> None:
    """Below the instrumentation of HTTP, so before it: notes the span of a request that takes a call out."""
    sends = transport.handle_async_request

    async def handle(self, request):
        if request.method == 'POST' and (ref := ref_of(request.content)):
            note_span(ref)
        return await sends(self, request)

    transport.handle_async_request = handle
