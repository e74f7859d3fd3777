/** What redaction is measured on: ordinary events, and texts made to be slow. */
import { hash } from 'node:crypto'
import { blankAuditEvent, type AuditEventFields } from '../schemas/audit-event.ts'

const fill = (unit: string, size: number): string => unit.repeat(Math.ceil(size / unit.length)).slice(0, size)

/** What texts are made of that are slow for one detector each. */
const UNITS: Readonly<Record<string, string>> = {
  'one letter': 'a',
  'blanks': ' ',
  'prefixes': 'sk-',
  'jwt heads': 'eyJ',
  'jwt heads with points': 'eyJhbGciOiJ.',
  'named values': 'token=',
  'named values, digits': 'token=a1b2c3d4e5 ',
  'short named values': 'password=a ',
  'open quotes': 'password="',
  'open escaped quotes': 'password=\\"',
  'colons': ':',
  'key marks': '-----BEGIN PRIVATE KEY-----(',
  'digits': '4',
  'digit groups': '4 ',
  'cards': '4111111111111111 ',
  'url starts': '://',
  'url users': '://a:b@',
  'bearers': 'bearer ',
  'options': '--password ',
  'crypt marks': '$1$',
  'open arrays': '[',
  'open objects': '{"a":',
  'secret objects': '{"password":[',
  'base64': 'QUJDREVGRw',
  'base64 words': 'QUJDREVGR0hJSktMTU5PUFFSU1RVVg ',
  'replacements': '[redacted:card:0123456789ab]token=',
  'at signs': '@',
  'domains': 'a@b.',
  'addresses': 'a@b.co ',
  'percent signs': 'a%',
  'percent codes': '%41',
  'coded names': 'password%3D',
  'forms': '%41+',
  'half escapes': 'x\\u004',
  'backslashes': '\\\\',
  'brackets of numbers': '(',
  'phone numbers': '555-1234 ',
  'bank countries': 'DE89 ',
  'social security': '123-45-',
  'names beside values': '"name":"password","value":"',
  'keys of values': 'value":',
  'keys of values in JSON in JSON': 'value\\\\":',
  'pairs in YAML': 'name: password\n',
  'open elements': '<password>',
  'elements': '<a>b</',
  'elements of blanks': '<token>          ',
  'typed names': 'token string =',
  'operators': 'token ?||=',
  'calls': 'set("token", "',
  'calls with digits': 'set("token", "a1b2c3d4',
  'key files': 'Private-Lines: 8\nabcd\n',
  'crypt methods': 'scrypt:1:1:1$',
  'Kerberos marks': '$krb5tgs$23$',
  'dump ends': 'a:1::::',
  'pipes': '123456789012345|',
  'cookies': 'cookie: a=b; ',
  'Azure marks': '1aQ~',
  'Telegram marks': ':AA',
  'Mailchimp marks': '-us',
  'drawn words': 'token Aa0Bb1Cc2Dd3Ee4Ff5Gg6Hh7Ii8Jj9Kk0 ',
  'lines of base64': `${'QUJDREVGR0hJSktMTU5PUFFSU1RV'.repeat(3).slice(0, 76)}\n`,
  'Discord heads': 'MTaaaaaaaaaaaaaaaaaaaaaaa.',
}

/** Texts of `size` characters made to be slow, by name. */
export const hostileTexts = (size: number): ReadonlyMap<string, string> => new Map([
  ...Object.entries(UNITS).map(([name, unit]) => [name, fill(unit, size)] as const),
  ['curl users', `curl ${fill('-u a:', size)}`],
  ['mysql passwords', `mysql ${fill('-p ', size)}`],
  ['shares', `net use ${fill('/user:a ', size)}`],
  ['mounted shares', fill('net use x: \\\\a ', size)],
  ['lines of a key file', `Private-Lines: 8\n${fill('abcd\n', size)}`],
  ['escapes', `"${fill('\\u0061', size)}"`],
  ['quoted once more', JSON.stringify(JSON.stringify(JSON.stringify(fill('{"token":"a1b2c3d4"}', size / 8))))],
])

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
