import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** The Sentinel security proxy (`mcp-sentinel-proxy`): a span for each message that it forwards, and what its checks found. */
export const mcpSentinelProxy: EmitterTable = {
  id: 'mcp-sentinel-proxy',
  version: '1',
  title: 'Sentinel proxy (mcp-sentinel-proxy)',
  golden: 'recorded',
  recognise: { scopes: ['sentinel.telemetry'], marks: [{ keys: ['sentinel.redaction.applied'] }] },
  keeps: 'recognised',
  passes: ['mcp.message'],
  vantage: { '': 'gateway', internal: 'gateway', server: 'gateway', client: 'gateway', producer: 'gateway', consumer: 'gateway' },
  vantageWhere: [{ when: { nameStartsWith: 'sentinel.' }, vantage: 'log' }],
  fields: {
    ...CONVENTIONS,
    method: [{ key: 'gen_ai.operation.name', reading: 'mcp-method' }],
    object: [{ key: 'gen_ai.tool.name' }],
    tool: [{ key: 'gen_ai.tool.name', from: ['log'] }],
    wire_session: [],
    agent: [{ key: 'sentinel.caller.agent_id', trust: 'self_declared', except: ['default'] }],
    decision: [{ key: 'sentinel.quarantine.action', except: ['quarantined'] }],
  },
  implied: [
    { when: { key: 'gen_ai.operation.name', is: ['execute_tool'] }, method: 'tools/call' },
    { when: { key: 'gen_ai.operation.name', is: ['list_tools'] }, method: 'tools/list' },
  ],
  outcomes: [{ name: 'sentinel.security.tool_quarantined', field: 'decision', is: 'blocked_call', outcome: 'denied' }],
  successIsUnknown: true,
  notes: [
    'A span is the forwarding of a request: how it ended is not in it. Answers (`mcp.message`) have a trace of their own and say nothing: skipped.',
    '`gen_ai.tool.name` is the name in the request, a prompt\'s too. `mcp.session.id` is what the client wrote into `_meta`, no session on the wire.',
    'Its checks (`sentinel.integrity.check` and others) and findings (`sentinel.security.*`) are kept beside the calls, not as calls.',
  ],
}
