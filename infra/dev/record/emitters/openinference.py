# requires: openinference-instrumentation-openai-agents==2.6.0
# requires: openinference-instrumentation-mcp==2.0.13
# requires: openai-agents==0.24.0
# requires: mcp==2.3.0
# requires: opentelemetry-sdk==1.45.2
# requires: opentelemetry-exporter-otlp-proto-http==1.45.2
"""OpenInference on an agent of the OpenAI Agents SDK with a scripted model; its package for MCP only carries the context to the server."""

import asyncio
import json
import os
import sys

from conversation import HOSTILE
from openinference.instrumentation import using_attributes
from openinference.instrumentation.mcp import MCPInstrumentor
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from otel import trace_as
from two_processes import is_server, serve, service_name

CALLS = [
    ('read_file', {'path': '/srv/q3.xlsx', 'lines': 3}),
    ('run_command', {'command': HOSTILE}),
    ('fail', {'reason': 'boom'}),
]


def scripted_model():
    from agents import ModelResponse, Usage
    from agents.models.interface import Model
    from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

    class Scripted(Model):
        """Calls one tool a turn, then answers."""

        turn = 0

        async def get_response(self, *_, **__):
            self.turn += 1
            if self.turn <= len(CALLS):
                tool, arguments = CALLS[self.turn - 1]
                output = ResponseFunctionToolCall(
                    type='function_call', call_id=f'call_{self.turn}', name=tool, arguments=json.dumps(arguments)
                )
            else:
                text = ResponseOutputText(type='output_text', text='Revenue was 12.', annotations=[])
                output = ResponseOutputMessage(id='m1', type='message', role='assistant', status='completed', content=[text])
            return ModelResponse(output=[output], usage=Usage(), response_id=None)

        def stream_response(self, *_, **__):
            raise NotImplementedError

    return Scripted()


async def run_agent() -> None:
    from agents import Agent, Runner
    from agents.mcp import MCPServerStdio

    params = {'command': sys.executable, 'args': [sys.argv[0], 'server'], 'env': dict(os.environ)}
    async with MCPServerStdio(params=params, client_session_timeout_seconds=60) as server:
        agent = Agent(name='support', instructions='Help.', model=scripted_model(), mcp_servers=[server])
        with using_attributes(session_id='conv-1', user_id='kim@corp.example'):
            await Runner.run(agent, 'Summarise revenue in /srv/q3.xlsx')


provider = trace_as(service_name())
MCPInstrumentor().instrument()
if is_server():
    serve()
else:
    OpenAIAgentsInstrumentor().instrument()
    asyncio.run(run_agent())
provider.shutdown()
