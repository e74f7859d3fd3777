/** What agents tell of a run: spans with messages (pydantic-ai), spans with arguments and results (OpenInference), or log records of an assistant on the own machine. */
import { shown } from './catalogue.ts'
import type { Attributes, LogRecord, Span } from './otlp.ts'
import type { Telling, TimedCall, Told } from './telling.ts'

interface Message {
  readonly role: 'user' | 'assistant'
  readonly parts: readonly Readonly<Record<string, unknown>>[]
}
const asked = ({ id, tool, args }: TimedCall): Message => ({ role: 'assistant', parts: [{ type: 'tool_call', id, name: tool, arguments: args }] })
const answered = ({ id, tool, result }: TimedCall): Message => ({ role: 'user', parts: [{ type: 'tool_call_response', id, name: tool, result }] })
const SYSTEM = JSON.stringify([{ type: 'text', content: 'You help employees of Acme with their daily work. Use tools where they help.' }])

/** The agent's span of a call, below which its server's stand. */
export interface AgentCall {
  readonly call: TimedCall
  readonly spanId: string
}

interface Spans {
  readonly told: readonly Told[]
  readonly calls: readonly AgentCall[]
}

const failedOf = ({ ending }: TimedCall): { readonly failed?: string } => (ending === undefined || ending === 'ok' ? {} : { failed: ending })
const isCall = ({ method }: TimedCall): boolean => method === undefined

function pydantic({ run, dice, traceId, conversation, calls, end }: Telling): Spans {
  const { agent, principal } = run.caller
  const root = dice.hex(16)
  const base = { signal: 'span' as const, resource: agent.resource, scope: 'pydantic-ai', scopeVersion: '2.68.0', traceId }
  const about: Attributes = [['gen_ai.agent.name', agent.name], ['gen_ai.conversation.id', conversation], ['watchkeeper.principal', principal]]
  const messages: Message[] = run.says === undefined ? [] : [{ role: 'user', parts: [{ type: 'text', content: run.says }] }]
  const own = calls.filter(isCall)
  const chat = (at: number, until: number, says: Message, first: boolean): Span => ({
    ...base, name: 'chat model', kind: 3, spanId: dice.hex(16), parent: root, at, end: until, attributes: [
      ['gen_ai.operation.name', 'chat'], ...about, ['gen_ai.system_instructions', SYSTEM], ['gen_ai.input.messages', JSON.stringify(messages)], ['gen_ai.output.messages', JSON.stringify([says])],
      ...(first ? [['gen_ai.tool.definitions', JSON.stringify([...new Set(own.map(({ server }) => server))].flatMap(({ tools }) => tools.map((tool) => ({ type: 'function', ...shown(tool) }))))] as const] : []),
    ],
  })
  const told: Told[] = []
  const below: AgentCall[] = []
  let at = run.at + 20
  for (const [index, call] of own.entries()) {
    if (run.says !== undefined) told.push(chat(at, call.from - 10, asked(call), index === 0))
    const spanId = dice.hex(16)
    told.push({ ...base, name: `execute_tool ${call.tool}`, kind: 1, spanId, parent: root, at: call.from, end: call.to, ...failedOf(call), attributes: [
      ['gen_ai.operation.name', 'execute_tool'], ['gen_ai.tool.name', call.tool], ['gen_ai.tool.call.id', call.id], ['gen_ai.tool.call.arguments', JSON.stringify(call.args)], ['gen_ai.tool.call.result', call.result], ...about] })
    below.push({ call, spanId })
    messages.push(asked(call), answered(call))
    at = call.to + 5
  }
  for (const call of calls) if (!isCall(call)) below.push({ call, spanId: root })
  const answer: Message = { role: 'assistant', parts: [{ type: 'text', content: run.answer ?? 'Done.' }] }
  if (run.says !== undefined && own.length > 0) told.push(chat(at, end - 20, answer, false))
  told.push({ ...base, name: `invoke_agent ${agent.name}`, kind: 1, spanId: root, parent: '', at: run.at, end, attributes: [
    ['gen_ai.operation.name', 'invoke_agent'], ...about, ...(run.says === undefined ? [] : [['pydantic_ai.all_messages', JSON.stringify([...messages, answer])] as const])] })
  return { told, calls: below }
}

function openinference({ run, dice, traceId, conversation, calls, end }: Telling): Spans {
  const { agent, principal } = run.caller
  const root = dice.hex(16)
  const base = { signal: 'span' as const, resource: agent.resource, scope: 'openinference.instrumentation.openai_agents', scopeVersion: '1.3.0', traceId, kind: 1 as const }
  const about: Attributes = [['user.id', principal], ['session.id', conversation], ['agent.name', agent.name]]
  const below = calls.map((call): AgentCall => ({ call, spanId: isCall(call) ? dice.hex(16) : root }))
  const spans = below.filter(({ call }) => isCall(call)).map(({ call, spanId }): Span => ({ ...base, name: call.tool, spanId, parent: root, at: call.from, end: call.to, ...failedOf(call), attributes: [
    ['openinference.span.kind', 'TOOL'], ['tool.name', call.tool], ['tool_call.id', call.id], ['input.value', JSON.stringify(call.args)], ['output.value', call.result], ...about] }))
  return { calls: below, told: [...spans, { ...base, name: 'Agent workflow', spanId: root, parent: '', at: run.at, end, attributes: [['openinference.span.kind', 'AGENT'], ...about, ...(run.says === undefined ? [] : [['input.value', run.says] as const])] }] }
}

/** Its servers run on the same machine and send nothing: what it says is all there is. */
function claude({ run, dice, conversation, calls }: Telling): Spans {
  const { agent, principal } = run.caller
  // Each run is a process of its own that goes on with a conversation: it counts anew.
  let sequence = 0
  const about: Attributes = [['session.id', conversation], ['organization.id', '0c4e8a12-0000-4000-8000-000000000001'], ['user.email', principal], ['terminal.type', 'xterm-256color']]
  const log = (name: string, at: number, attributes: Attributes): LogRecord => ({
    signal: 'log', resource: agent.resource, scope: 'com.anthropic.claude_code.events', scopeVersion: '2.1.274', traceId: '', spanId: '', at, eventName: name, body: `claude_code.${name}`,
    attributes: [...about, ['event.name', name], ['event.sequence', ++sequence], ...attributes],
  })
  const told: LogRecord[] = run.says === undefined ? [] : [log('user_prompt', run.at, [['prompt', run.says], ['prompt_length', run.says.length]])]
  for (const call of calls.filter(isCall)) {
    const about: Attributes = [['tool_name', 'mcp_tool'], ['tool_use_id', `toolu_${dice.token(22)}`], ['tool_parameters', JSON.stringify({ mcp_server_name: call.server.name, mcp_tool_name: call.tool })]]
    const sent = JSON.stringify(call.args)
    told.push(log('tool_decision', call.from, [...about, ['decision', call.ending === 'denied' ? 'reject' : 'accept'], ['source', 'config']]))
    if (call.ending === 'denied') continue
    told.push(log('tool_result', call.to, [...about, ['success', call.ending === undefined || call.ending === 'ok' ? 'true' : 'false'], ['duration_ms', Math.round(call.to - call.from)], ['tool_input', sent],
      ['tool_input_size_bytes', Buffer.byteLength(sent)], ['tool_result_size_bytes', Buffer.byteLength(call.result)]]))
  }
  return { told, calls: [] }
}

const desktop = ({ calls }: Telling): Spans => ({ told: [], calls: calls.map((call) => ({ call, spanId: '' })) })
const BY_EMITTER = { pydantic, openinference, claude, desktop } as const

export const tellAgent = (telling: Telling): Spans => BY_EMITTER[telling.run.caller.agent.emitter](telling)
