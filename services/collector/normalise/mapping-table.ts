/** `docs/mappings.md`, made from the tables, so that the page cannot say anything else than the code does. */
import { SKIP_REASONS } from '../../../schemas/vocabulary.ts'
import { HTTP, MCP_HEADERS, RESOURCE, WATCHKEEPER } from './emitters/conventions.ts'
import { EMITTERS } from './emitters/list.ts'
import { SWITCHES } from './emitters/switches.ts'
import { type EmitterTable, type Mark, READINGS, type Source, type When } from './emitters/table.ts'
import { METRIC_LABELS, METRIC_PREFIXES } from './metrics.ts'
import { OWN_NAMES, OWN_PREFIX, SENT } from './own-names.ts'
import { AGENT_OPERATIONS, WITHHELD } from './words.ts'

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
const codes = (texts: Iterable<string>): string => [...texts].map(code).join(', ')
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n')

const WHY_SKIPPED: Readonly<Record<(typeof SKIP_REASONS)[number], string>> = {
  not_mcp:
    'Nothing of what the section below recognises. ' +
    `HTTP spans of configured MCP paths or with ${code('Mcp-*')} headers are never skipped, whatever their status.`,
  own_telemetry: `The resource says ${code(`${RESOURCE.own} = true`)}: it is our own.`,
}

function sourceText({ key, reading, member, except, where, from, only, trust, prefix }: Source): string {
  const notes = [
    member === undefined ? '' : `member ${code([member].flat().join('.'))}`,
    reading === undefined || reading === 'text' ? '' : reading,
    except === undefined ? '' : `not ${codes(except)}`,
    where === undefined ? '' : `where ${code(where.key)} is ${code(where.is)}`,
    from === undefined ? '' : `from ${from.join(', ')}`,
    only === undefined ? '' : 'of log records',
    trust === undefined || trust === 'reporter' ? '' : trust,
  ].filter((note) => note !== '')
  return `${code(prefix === true ? `${key}*` : key)}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`
}

const markText = ({ keys, prefix, kind }: Mark): string =>
  [keys === undefined ? '' : codes(keys), prefix === undefined ? '' : code(`${prefix}*`), kind === undefined ? '' : `kind ${kind}`]
    .filter((part) => part !== '')
    .join(' with ')

function whenText(when: When): string {
  if ('name' in when) return `name is ${codes(when.name)}`
  if ('nameStartsWith' in when) return `name starts with ${code(when.nameStartsWith)}`
  if ('given' in when) return `${code(when.given)} has a value`
  if ('is' in when) return `${code(when.key)} is ${codes(when.is)}`
  return 'startsWith' in when ? `${code(when.key)} starts with ${code(when.startsWith)}` : `${code(when.key)} ends with ${code(when.endsWith)}`
}

function recognisedBy({ http, recognise: { scopes, services, resource, marks } }: EmitterTable): string {
  const ways = [
    scopes === undefined ? '' : `scope ${codes(scopes)}`,
    services === undefined ? '' : `service ${codes(services)}`,
    marks === undefined ? '' : `attributes ${marks.map(markText).join(' or ')}`,
    resource === undefined ? '' : `metrics: resource attribute ${codes(resource)}`,
  ].filter((way) => way !== '')
  if (http !== undefined) ways.unshift('its path or headers, see below')
  return ways.join('; ')
}

const GOLDEN: Readonly<Record<EmitterTable['golden'], string>> = {
  recorded: 'Held against what the program itself sent.',
  built: 'Not recorded: built from its documentation and source.',
}

function rulesOf(table: EmitterTable): string[] {
  return [
    GOLDEN[table.golden],
    `Recognised by ${recognisedBy(table)}. ${table.keeps === 'all' ? 'Everything it sends is kept.' : 'Kept where recognised.'}`,
    `Vantage by span kind: ${Object.entries(table.vantage)
      .map(([kind, vantage]) => `${kind === '' ? 'unspecified' : kind} ${vantage}`)
      .join(', ')}${table.agentOperations === true ? '; an agent operation: agent' : ''}. Logs: ${table.logs ?? 'log'}.`,
    ...(table.vantageWhere ?? []).map(({ when, vantage }) => `Vantage ${vantage} where ${whenText(when)}.`),
    ...(table.passes === undefined ? [] : [`Passed over: spans whose names begin with ${codes(table.passes)}.`]),
    ...(table.events ?? []).map(({ name, key, field }) => `${code(field)} from ${code(key)} of event ${code(name)} where attributes leave it empty.`),
    ...(table.recognise.names === undefined ? [] : [`Of a known sender also: ${codes(table.recognise.names)}.`]),
    ...(table.names === undefined ? [] : [`Span names: ${codes(table.names)}.`]),
    ...(table.implied ?? []).map(({ when, method }) => `Without a method: ${method === '' ? 'still none' : code(method)} where ${whenText(when)}.`),
    ...(table.splitTool === undefined
      ? []
      : [`A tool named ${code(`${table.splitTool.prefix}server${table.splitTool.separator}tool`)} is taken apart.`]),
    ...(table.toolPrefixes === undefined ? [] : [`Dropped before a tool's name, where the server is known: ${codes(table.toolPrefixes)}.`]),
    ...(table.resourcePrincipal === undefined
      ? []
      : [`Where a record names nobody, ${codes(table.resourcePrincipal)} of the resource names the principal, self_declared.`]),
    ...(table.internal ?? []).map(
      ({ kind, method, parentless, name, given }) => `${code('server_internal')}: ${kind} spans ${name === undefined ? '' : `${code(name)} `}of ${method === '' ? 'no method' : code(method)}${parentless ? ' without a parent' : ''}${given === undefined ? '' : ` with ${code(given)}`}.`,
    ),
    ...(table.outcomes ?? []).map(({ name, field, is, outcome }) => `${name === undefined ? 'A record' : code(name)}${field === undefined || is === undefined ? '' : ` with ${field} ${code(is)}`} is ${code(outcome)}.`),
    ...(table.eventName === undefined
      ? []
      : [`Name of a log: ${code(table.eventName.key)}, else the event name, else the body; always with ${code(table.eventName.prefix)}.`]),
    ...(table.namesToolErrorsAt === undefined ? [] : [`A class name as error from ${table.namesToolErrorsAt.join(', ')} is a failure of the protocol.`]),
    ...(table.resultUnseenBy === undefined
      ? []
      : [`Success of ${code('tools/call')} is ${code('unknown')} from ${table.resultUnseenBy.join(', ')}: it says only that an answer came.`]),
    ...(table.notes ?? []),
  ]
}

/** What `watchkeeper coverage` advises. */
const switchesOf = ({ id }: EmitterTable): string[] => (SWITCHES.get(id) ?? []).map(({ gives, set }) => `- For ${codes(gives)}: ${set}.`)

/** What an analyst asks for first; `requested_by` comes from messages and prompts, not from a field. */
const SHOWN = [
  'principal', 'token_fingerprint', 'client_address', 'client', 'scopes', 'agent', 'server', 'tool', 'arguments', 'result', 'tool_call_id', 'conversation', 'wire_session',
] as const satisfies readonly (keyof EmitterTable['fields'])[]

/** Whether the emitter has a field of its own: always, or only with the switch of its section. */
function givenBy({ id, fields, events }: EmitterTable, field: (typeof SHOWN)[number]): string {
  const own = (fields[field] ?? []).some(({ key }) => !key.startsWith('watchkeeper.')) || events?.some((event) => event.field === field) === true
  if (!own) return ''
  return (SWITCHES.get(id) ?? []).some(({ gives }) => gives.includes(field)) ? '○' : '●'
}

const overview = (): string =>
  tableOf(['emitter', 'golden bodies', ...SHOWN], EMITTERS.map((table) => [table.title, table.golden, ...SHOWN.map((field) => givenBy(table, field))]))

const sectionOf = (table: EmitterTable): string =>
  [
    `### ${table.title}`,
    `${code(`emitter = ${table.id}`)}, mapping version ${table.version}`,
    rulesOf(table)
      .map((rule) => `- ${rule}`)
      .join('\n'),
    tableOf(
      ['field', 'from, first usable wins'],
      Object.entries(table.fields).map(([field, sources]) => [code(field), sources.map(sourceText).join(', ')]),
    ),
    switchesOf(table).join('\n'),
  ].filter((part) => part !== '').join('\n\n')

const INTRODUCTION = `# What the telemetry of each emitter becomes

This page is generated from \`services/collector/normalise/emitters\`; a test fails when it differs.

Every attribute that did not become a field whole stays in \`attributes\` with its type; resource attributes are all in \`resource_attributes\`.
A value of \`${WITHHELD}\` is none. Spans without a trace id of 16 bytes and a span id of 8 bytes are rejected and answered as partial success.
Names that we write ourselves are ours: ${codes(OWN_NAMES)} and ${code(`${OWN_PREFIX}*`)}. An attribute of an emitter that is called so is kept with ${code(SENT)} before its name,
and so is one that has that before such a name already.
Events within a span become \`event.<name>\` (\`event.<name>#2\` where an attribute or event has that name), without stack traces; an exception in a failed span also fills \`error_type\` and \`status_message\`.
Trust of an identity is \`server_reported\` from a server or gateway and else \`client_reported\`, unless the table says otherwise.`

const OUTCOMES = tableOf(
  ['told by, in this order', 'outcome'],
  [
    ['a rule of the emitter below', 'as it says'],
    ['`error.type` names a cancellation', '`cancelled`'],
    ['`error.type` is `tool_error`', '`tool_error`'],
    ['HTTP status 401 / 403', '`unauthenticated` / `denied`'],
    ['JSON-RPC code in the response status or `error.type`, or HTTP status from 400', '`protocol_error`, with `error_code`'],
    ['a failed `tools/call` seen by server, gateway, agent or log', '`tool_error`'],
    ['any other failure', '`protocol_error`'],
    ['a span without failure, or `success` = true', '`ok`'],
    ['nothing said (a log without a result, HTTP success)', '`unknown`'],
  ],
)

const HEADERS = codes([...MCP_HEADERS.method, ...MCP_HEADERS.object].map(({ key }) => key))
const RECOGNISED = `By the first of these that holds:

1. scope name
2. service name
3. attributes, in the order of the tables
4. an agent operation: ${code('gen_ai.operation.name')} is one of ${codes(AGENT_OPERATIONS)}
5. HTTP: a request whose path (${codes(HTTP.path.map(({ key }) => key))}) is under a configured MCP path,
   or any of ${HEADERS}
6. the name of the span or log`

const LABELS = Object.entries(METRIC_LABELS)
  .map(([field, sources]) => `${code(field)} from ${sources.map(sourceText).join(', ')}`)
  .join('; ')
const METRICS = `Kept: names that start with ${codes(METRIC_PREFIXES)}, and counters named after a method and its object (${code('tools/call x')}).
Points are kept as sent, never summed. Labels: ${LABELS}.
A server that is not named is the one that measures, unless that is a gateway.`

const skipped = (): string =>
  tableOf(
    ['reason', 'what'],
    SKIP_REASONS.map((reason) => [code(reason), WHY_SKIPPED[reason]]),
  )

/** The whole page as Markdown. */
export function mappingTable(): string {
  const ours = codes(
    Object.values(WATCHKEEPER)
      .flat()
      .map(({ key }) => key),
  )
  return `${[
    INTRODUCTION,
    `## What is skipped\n\n${skipped()}`,
    `## How a record is recognised\n\n${RECOGNISED}`,
    `## From anyone\n\n${ours} are taken from any emitter, on a span, a log record or a resource. What a record says itself goes before what its resource says, unless that is more to be trusted; what is verified goes before both.`,
    `## Outcome\n\nWords in a status message decide nothing.\n\n${OUTCOMES}`,
    `## Readings\n\n${tableOf(['reading', 'meaning'], Object.entries(READINGS))}`,
    `## Metrics\n\n${METRICS}`,
    `## Emitters

● is read where it is sent, ○ comes only by what the emitter's section advises. Golden bodies are *recorded* from the program, or *built* from its documentation and source.

${overview()}`,
    ...EMITTERS.map(sectionOf),
  ].join('\n\n')}\n`
}
