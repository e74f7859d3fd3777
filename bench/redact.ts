/** How long redaction takes: ordinary events, and hostile texts of 64 KiB. Run it through `npm run bench`, never as a test. */
import { hash } from 'node:crypto'
import { blankAuditEvent, type AuditEventFields } from '../schemas/audit-event.ts'
import { createRedactor } from '../services/collector/redact/redactor.ts'
import { createKeyedHash } from '../infra/keys/keyed-hash.ts'

const SIZE = 64 * 1024
const fill = (unit: string): string => unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE)

/** Texts made to be slow for one detector each. */
export const HOSTILE: Readonly<Record<string, string>> = {
  'one letter': fill('a'),
  'blanks': fill(' '),
  'prefixes': fill('sk-'),
  'jwt heads': fill('eyJ'),
  'jwt heads with points': fill('eyJhbGciOiJ.'),
  'named values': fill('token='),
  'named values, digits': fill('token=a1b2c3d4e5 '),
  'short named values': fill('password=a '),
  'open quotes': fill('password="'),
  'open escaped quotes': fill('password=\\"'),
  'colons': fill(':'),
  'key marks': fill('-----BEGIN PRIVATE KEY-----('),
  'digits': fill('4'),
  'digit groups': fill('4 '),
  'cards': fill('4111111111111111 '),
  'url starts': fill('://'),
  'url users': fill('://a:b@'),
  'bearers': fill('bearer '),
  'options': fill('--password '),
  'curl users': `curl ${fill('-u a:')}`,
  'mysql passwords': `mysql ${fill('-p ')}`,
  'crypt marks': fill('$1$'),
  'open arrays': fill('['),
  'open objects': fill('{"a":'),
  'secret objects': fill('{"password":['),
  'escapes': `"${fill('\\u0061')}"`,
  'base64': fill('QUJDREVGRw'),
  'base64 words': fill('QUJDREVGR0hJSktMTU5PUFFSU1RVVg '),
  'replacements': fill('[redacted:card:0123456789ab]token='),
  'quoted once more': JSON.stringify(JSON.stringify(JSON.stringify(fill('{"token":"a1b2c3d4"}').slice(0, SIZE / 8)))),
}

/** An event as pydantic-ai sends it: 12 attributes, arguments of 200 bytes. */
export function ordinaryEvent(number: number): AuditEventFields {
  const id = hash('sha256', String(number)).slice(0, 16)
  const attributes = new Map(Object.entries({
    'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'read_file', 'gen_ai.tool.call.id': `call_${id}`, 'gen_ai.conversation.id': `0192f0c1-7e1a-7c3b-9d2e-${id.slice(4)}`,
    'mcp.method.name': 'tools/call', 'mcp.session.id': `${id}${id}`, 'server.address': 'files.internal', 'network.transport': 'tcp', 'gen_ai.agent.name': 'support',
    'enduser.id': 'claude-desktop', 'rpc.system': 'jsonrpc', 'logfire.msg': `running tool: read_file ${number}`,
  }).map(([key, text]) => [key, { type: 'string' as const, text }]))
  const text = JSON.stringify({ path: `/srv/shares/finance/2026/q3/report-${number}.xlsx`, sheet: 'Revenue by region', range: 'A1:H40', options: { header: true, format: 'markdown', limit: 500 }, note: 'only the European rows' })
  return {
    ...blankAuditEvent(), tenant: 'default', name: 'tools/call read_file', span_kind: 'client', source: 'support-agent', emitter: 'pydantic-ai', scope_name: 'pydantic-ai',
    scope_version: '1.4.0', service_version: '2.1.0', service_instance: id, trace_id: `${id}${id}`, span_id: id, method: 'tools/call', tool: 'read_file', server: 'files',
    target: 'http://files.internal:8000/mcp', jsonrpc_request_id: String(number % 97), tool_call_id: `call_${id}`, conversation: `conv-${number}`, client: 'claude-desktop',
    agent: 'support', actor: 'claude-desktop', actor_kind: 'client', host: 'agents-01', outcome: 'ok', arguments: text, attributes,
    resource_attributes: new Map([['service.name', { type: 'string' as const, text: 'support-agent' }], ['host.name', { type: 'string' as const, text: 'agents-01' }]]),
  }
}

const milliseconds = (since: bigint): number => Number(process.hrtime.bigint() - since) / 1e6

/** Prints microseconds per ordinary event and milliseconds per hostile text. */
export function benchRedactor(print: (line: string) => void): void {
  const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 7)))
  for (let round = 0; round < 4; round++) {
    // Four observations of one call carry the same arguments.
    const events = Array.from({ length: 20_000 }, (_, i) => ordinaryEvent(round * 20_000 + (i >> 2)))
    const start = process.hrtime.bigint()
    for (const event of events) redactor.redact(event)
    print(`ordinary event: ${((milliseconds(start) * 1000) / events.length).toFixed(2)} µs`)
  }
  for (const [name, text] of Object.entries(HOSTILE)) {
    const start = process.hrtime.bigint()
    redactor.text('default', text)
    print(`${name}, ${text.length} characters: ${milliseconds(start).toFixed(1)} ms`)
  }
}
