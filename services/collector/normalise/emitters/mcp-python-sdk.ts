import { BY_KIND, CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** MCP Python SDK 2: tracer `mcp-python-sdk`. */
export const mcpPythonSdk: EmitterTable = {
  id: 'mcp-python-sdk',
  version: '2',
  title: 'MCP Python SDK',
  golden: 'recorded',
  recognise: { scopes: ['mcp-python-sdk'] },
  keeps: 'all',
  vantage: BY_KIND,
  fields: CONVENTIONS,
  names: ['MCP send {method} {target}', '{method} {target}'],
  resultUnseenBy: ['client'],
  notes: ['Client spans carry tool and prompt only in their name. `resources/read` names no URI at all.'],
}
