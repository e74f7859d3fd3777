/**
 * A run as an agent of pydantic-ai with FastMCP would send it, content on: chat spans that repeat the history, `execute_tool` spans with
 * arguments and result, the MCP client's and the server's spans without content, and last the `invoke_agent` span with all messages.
 * Bodies are OTLP/JSON in the order of arrival: those of the server, the calls of the agent, the end of the agent's run.
 */
import { hash } from 'node:crypto'
import type { AgentRun, ModelTurn, RunCall } from './agent-run.ts'

/** A turn of the conversation before this run: what the user wrote and what came of it. */
export interface Past {
  readonly run: AgentRun
  readonly turns: readonly ModelTurn[]
}

export interface Scene extends Past {
  /** What was said before in the same conversation, oldest first; it stands in the messages of this run. */
  readonly past: readonly Past[]
  readonly conversation: string
}

interface Message {
  readonly role: 'user' | 'assistant'
  readonly parts: readonly Readonly<Record<string, unknown>>[]
}
interface Span {
  readonly name: string
  readonly kind: number
  readonly id: string
  readonly parent: string
  /** Milliseconds since the run began. */
  readonly from: number
  readonly to: number
  readonly attributes: Readonly<Record<string, string>>
  readonly failed?: boolean
}

const CLIENT = 3
const SERVER = 2
const INTERNAL = 1
const EPOCH_MS = 1_790_000_000_000
/** Time that a turn of the model and each of its calls take. */
const STEP_MS = 1_000

const idOf = (scene: Scene, what: string): string => hash('sha256', `${scene.conversation}/${scene.run.id}/${what}`, 'hex').slice(0, 16)
const said = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', content: text }] })
const answered = ({ text, calls }: ModelTurn): Message => ({
  role: 'assistant',
  parts: [...(text === '' ? [] : [{ type: 'text', content: text }]), ...calls.map(({ id, tool, args }) => ({ type: 'tool_call', id, name: tool, arguments: args }))],
})
const returned = (calls: readonly RunCall[]): Message => ({
  role: 'user', parts: calls.map(({ id, tool, result }) => ({ type: 'tool_call_response', id, name: tool, result })),
})

function historyOf({ run, turns }: Past): Message[] {
  const messages = [said(run.user_prompt)]
  for (const turn of turns) {
    messages.push(answered(turn))
    if (turn.calls.length > 0) messages.push(returned(turn.calls))
  }
  return messages
}

function callSpans(scene: Scene, call: RunCall, from: number): { readonly agent: Span; readonly client: Span; readonly server: Span } {
  const root = idOf(scene, 'root')
  const [agent, client, server] = ['agent', 'client', 'server'].map((side) => idOf(scene, `${call.id}/${side}`)) as [string, string, string]
  const to = from + STEP_MS - 10
  const common = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': call.tool }
  return {
    agent: { name: `execute_tool ${call.tool}`, kind: INTERNAL, id: agent, parent: root, from, to, failed: call.failed, attributes: {
      'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': call.tool, 'gen_ai.tool.call.id': call.id, 'gen_ai.tool.call.arguments': JSON.stringify(call.args),
      'gen_ai.tool.call.result': call.result, 'gen_ai.agent.name': 'assistant', 'gen_ai.conversation.id': scene.conversation,
    } },
    client: { name: `tools/call ${call.tool}`, kind: CLIENT, id: client, parent: agent, from: from + 10, to: to - 10, attributes: { ...common, 'fastmcp.component.key': call.tool } },
    server: { name: `tools/call ${call.tool}`, kind: SERVER, id: server, parent: client, from: from + 20, to: to - 20, failed: call.failed, attributes: {
      ...common, 'fastmcp.server.name': scene.run.suite, 'mcp.protocol.version': '2026-07-28', 'enduser.id': 'assistant-client',
    } },
  }
}

function spansOf(scene: Scene): { readonly agent: Span[]; readonly client: Span[]; readonly server: Span[]; readonly root: Span } {
  const { run, turns, past, conversation } = scene
  const spans = { agent: [] as Span[], client: [] as Span[], server: [] as Span[] }
  const system = { 'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: run.system_prompt }]) }
  const about = { 'gen_ai.agent.name': 'assistant', 'gen_ai.conversation.id': conversation }
  const tools = JSON.stringify(run.available_tools.map(({ name, description }) => ({ type: 'function', name, description })))
  const messages = [...past.flatMap(historyOf), said(run.user_prompt)]
  let at = 10
  for (const [index, turn] of turns.entries()) {
    const answer = answered(turn)
    spans.agent.push({ name: 'chat model', kind: CLIENT, id: idOf(scene, `chat${index}`), parent: idOf(scene, 'root'), from: at, to: at + STEP_MS - 10, attributes: {
      'gen_ai.operation.name': 'chat', ...about, ...system, 'gen_ai.tool.definitions': tools, 'gen_ai.input.messages': JSON.stringify(messages),
      'gen_ai.output.messages': JSON.stringify([answer]),
    } })
    at += STEP_MS
    for (const call of turn.calls) {
      const { agent, client, server } = callSpans(scene, call, at)
      spans.agent.push(agent)
      spans.client.push(client)
      spans.server.push(server)
    }
    // Calls of one turn run side by side.
    if (turn.calls.length > 0) at += STEP_MS
    messages.push(answer)
    if (turn.calls.length > 0) messages.push(returned(turn.calls))
  }
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', ...about, ...system, 'pydantic_ai.all_messages': JSON.stringify(messages) }
  return { ...spans, root: { name: 'invoke_agent assistant', kind: INTERNAL, id: idOf(scene, 'root'), parent: '', from: 0, to: at, attributes } }
}

/** Milliseconds between the beginnings of two runs of a conversation. */
const BETWEEN_RUNS_MS = 600_000
const nanoseconds = (scene: Scene, ms: number): string => `${EPOCH_MS + scene.past.length * BETWEEN_RUNS_MS + ms}000000`

function body(scene: Scene, service: string, spans: Readonly<Record<string, readonly Span[]>>): Buffer {
  const traceId = hash('sha256', `${scene.conversation}/${scene.run.id}`, 'hex').slice(0, 32)
  const attribute = ([key, value]: readonly [string, string]) => ({ key, value: { stringValue: value } })
  const resource = { attributes: Object.entries({ 'service.name': service, 'telemetry.sdk.language': 'python', 'host.name': `${service}-1` }).map(attribute) }
  const scopeSpans = Object.entries(spans).map(([name, own]) => ({
    scope: { name },
    spans: own.map(({ id, parent, name: title, kind, from, to, attributes, failed }) => ({
      traceId, spanId: id, parentSpanId: parent, name: title, kind, startTimeUnixNano: nanoseconds(scene, from), endTimeUnixNano: nanoseconds(scene, to),
      attributes: Object.entries(attributes).map(attribute), status: failed === true ? { code: 2 } : {},
    })),
  }))
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }))
}

export function bodiesOf(scene: Scene): readonly Buffer[] {
  const { agent, client, server, root } = spansOf(scene)
  return [
    body(scene, 'tools-server', { fastmcp: server }), body(scene, 'assistant', { 'pydantic-ai': agent, fastmcp: client }), body(scene, 'assistant', { 'pydantic-ai': [root] }),
  ]
}
