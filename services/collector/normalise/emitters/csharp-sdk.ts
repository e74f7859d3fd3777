import { BY_KIND, CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** MCP C# SDK: follows the OTel MCP conventions, or adds its attributes to the `execute_tool` span of Microsoft.Extensions.AI. */
export const csharpSdk: EmitterTable = {
  id: 'csharp-sdk',
  version: '1',
  title: 'MCP C# SDK',
  golden: 'built',
  recognise: { scopes: ['Experimental.ModelContextProtocol', 'Experimental.Microsoft.Extensions.AI'] },
  keeps: 'recognised',
  vantage: BY_KIND,
  agentOperations: true,
  fields: { ...CONVENTIONS, wire_session: [] },
  names: ['{method} {target}', 'execute_tool {tool}'],
  implied: [{ when: { key: 'gen_ai.operation.name', is: ['execute_tool'] }, method: 'tools/call' }],
  namesToolErrorsAt: ['server'],
  notes: [
    '`mcp.session.id` is made up by each side for its telemetry: no session on the wire, so it stays an attribute.',
    'The status message of a tool error is the content of the result, without any opt-in.',
    'The parent of a server\'s span is the context in `_meta`, its link the HTTP request.',
    'A tool that failed says `tool_error`; a class name is an exception around it, answered with a JSON-RPC error.',
  ],
}
