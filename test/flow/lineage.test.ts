/** Lineage of whole runs: OTLP through collector, assembler and detectors. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { watch } from '../../bench/eval/lineage/watch.ts'
import type { Interaction } from '../../schemas/interaction.ts'

interface Span {
  readonly name: string
  readonly parent?: string
  /** Seconds since the run began. */
  readonly at: readonly [number, number]
  readonly attributes: Readonly<Record<string, unknown>>
}

const hex = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits)
const nanoseconds = (seconds: number): string => `${1_790_000_000 + seconds}000000000`

/** One body a span, so that they can come in any order. */
const bodiesOf = (spans: readonly Span[]): Buffer[] => spans.map(({ name, parent, at: [from, to], attributes }) => Buffer.from(JSON.stringify({
  resourceSpans: [{
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'assistant' } }] },
    scopeSpans: [{ scope: { name: 'pydantic-ai' }, spans: [{
      traceId: hex('trace', 32), spanId: hex(name, 16), parentSpanId: parent === undefined ? '' : hex(parent, 16), name: name.replace(/ #.*/, ''), kind: 1,
      startTimeUnixNano: nanoseconds(from), endTimeUnixNano: nanoseconds(to), status: {},
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: typeof value === 'string' ? value : JSON.stringify(value) } })),
    }] }],
  }],
})))

const user = (content: string) => ({ role: 'user', parts: [{ type: 'text', content }] })
const calls = (id: string, name: string, args: object) => ({ role: 'assistant', parts: [{ type: 'tool_call', id, name, arguments: args }] })
const returned = (id: string, result: string) => ({ role: 'user', parts: [{ type: 'tool_call_response', id, result }] })
const run = (name: string, at: Span['at'], parent?: string): Span => ({ name, at, ...(parent === undefined ? {} : { parent }), attributes: { 'gen_ai.operation.name': 'invoke_agent' } })
const chat = (name: string, { parent, at, messages }: { parent: string; at: Span['at']; messages: readonly unknown[] }): Span => ({
  name, parent, at, attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': messages.slice(0, -1), 'gen_ai.output.messages': messages.slice(-1) },
})
const tool = (id: string, { parent, at, name, args, result }: { parent: string; at: Span['at']; name: string; args: object; result: string }): Span => ({
  name: `execute_tool ${name} #${id}`, parent, at,
  attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name, 'gen_ai.tool.call.id': id, 'gen_ai.tool.call.arguments': args, 'gen_ai.tool.call.result': result },
})

async function lineageOf(spans: readonly Span[], order = (bodies: Buffer[]): Buffer[] => bodies): Promise<ReadonlyMap<string, Interaction>> {
  const { interactions } = await watch(order(bodiesOf(spans)))
  return new Map(interactions.map((interaction) => [interaction.tool_call_id, interaction]))
}
const orders: readonly (readonly [string, (bodies: Buffer[]) => Buffer[]])[] = [
  ['first to last', (bodies) => bodies], ['last to first', (bodies) => bodies.toReversed()], ['the odd ones last', (bodies) => [...bodies.filter((_, i) => i % 2 === 0), ...bodies.filter((_, i) => i % 2 === 1)]],
]

describe('a secret that was redacted where it was sent', () => {
  it('is traced to the user who wrote it in plain words, and to the result that held it', async () => {
    const asked = 'Log in to the shop with kettle-Drum.77 and then to the bank'
    const messages = [user(asked), calls('call_mail_1', 'read_mail', { box: 'inbox' }), returned('call_mail_1', 'From the bank: use Violet_Anchor9 today'),
      calls('call_login_1', 'log_in', { site: 'shop', password: 'kettle-Drum.77' }), returned('call_login_1', 'in'), calls('call_login_2', 'log_in', { site: 'bank', password: 'Violet_Anchor9' })]
    const known = await lineageOf([
      run('invoke_agent a', [0, 9]), chat('chat #1', { parent: 'invoke_agent a', at: [6, 7], messages }),
      tool('call_login_1', { parent: 'invoke_agent a', at: [4, 5], name: 'log_in', args: { site: 'shop', password: 'kettle-Drum.77' }, result: 'in' }),
      tool('call_login_2', { parent: 'invoke_agent a', at: [8, 9], name: 'log_in', args: { site: 'bank', password: 'Violet_Anchor9' }, result: 'in' }),
    ])
    expect(known.get('call_login_1')?.arguments).not.toContain('kettle')
    expect(known.get('call_login_1')?.argument_sources.get('$.password')).toBe('user')
    expect(known.get('call_login_2')?.arguments).not.toContain('Violet')
    expect(known.get('call_login_2')?.argument_sources.get('$.password')).toBe('tool_result:call_mail_1')
  })
})

describe('an agent that works for another', () => {
  const asked = 'Arrange a dinner with Ana at the harbour on Friday evening'
  const told = 'Write to ana@mail.example and propose the restaurant Seaview, table for two. Then write it down, look up the tram, and report every step that you took.'
  const first = { to: 'ana@mail.example', text: 'Seaview on Friday evening?' }
  const outer = [user(asked), calls('call_search_1', 'find_contact', { name: 'Ana' }), returned('call_search_1', 'Ana: ana@mail.example'), calls('call_helper_1', 'delegate', { task: told })]
  const inner = [user(told), calls('call_mail_1', 'send_mail', first), returned('call_mail_1', 'sent'), calls('call_note_1', 'write_note', { note: 'wrote to Ana' }), returned('call_note_1', 'kept'),
    calls('call_tram_1', 'find_tram', { line: 'harbour' })]
  const spans = [
    run('invoke_agent outer', [0, 60]), chat('chat #1', { parent: 'invoke_agent outer', at: [4, 5], messages: outer }),
    tool('call_search_1', { parent: 'invoke_agent outer', at: [2, 3], name: 'find_contact', args: { name: 'Ana' }, result: 'Ana: ana@mail.example' }),
    tool('call_helper_1', { parent: 'invoke_agent outer', at: [10, 50], name: 'delegate', args: { task: told }, result: 'done' }),
    run('invoke_agent inner', [11, 49], 'execute_tool delegate #call_helper_1'), chat('chat #2', { parent: 'invoke_agent inner', at: [30, 31], messages: inner }),
    tool('call_mail_1', { parent: 'invoke_agent inner', at: [20, 21], name: 'send_mail', args: first, result: 'sent' }),
    tool('call_note_1', { parent: 'invoke_agent inner', at: [24, 25], name: 'write_note', args: { note: 'wrote to Ana' }, result: 'kept' }),
    tool('call_tram_1', { parent: 'invoke_agent inner', at: [35, 36], name: 'find_tram', args: { line: 'harbour' }, result: 'line 4' }),
  ]
  it.each(orders)('acts on behalf of the person, whatever it was told: %s', async (_, order) => {
    const known = await lineageOf(spans, order)
    expect(['call_search_1', 'call_helper_1'].map((id) => [known.get(id)?.requested_by, known.get(id)?.request_text])).toEqual([['user_turn', asked], ['user_turn', asked]])
    for (const id of ['call_mail_1', 'call_note_1', 'call_tram_1']) expect([id, known.get(id)?.requested_by, known.get(id)?.request_text]).toEqual([id, 'parent_agent', asked])
    expect(known.get('call_mail_1')?.argument_sources.get('$.to')).toBe('tool_result:call_search_1')
    expect(known.get('call_tram_1')?.argument_sources.get('$.line')).toBe('user')
  })
})

describe('a message list that was cut', () => {
  it('tells what stands before the cut', async () => {
    const asked = 'Send the figures to Ben'
    const messages = [user(asked), calls('call_read_1', 'read_file', { path: '/srv/a.txt' }), returned('call_read_1', `ben@mail.example ${'x'.repeat(90_000)}`), calls('call_mail_1', 'send_mail', { to: 'ben@mail.example' })]
    const known = await lineageOf([
      run('invoke_agent a', [0, 9]), chat('chat #1', { parent: 'invoke_agent a', at: [5, 6], messages: [...messages.slice(0, 3), ...messages.slice(3)] }),
      tool('call_read_1', { parent: 'invoke_agent a', at: [2, 3], name: 'read_file', args: { path: '/srv/a.txt' }, result: `ben@mail.example ${'x'.repeat(90_000)}` }),
      tool('call_mail_1', { parent: 'invoke_agent a', at: [7, 8], name: 'send_mail', args: { to: 'ben@mail.example' }, result: 'sent' }),
    ])
    const mail = known.get('call_mail_1')
    expect([mail?.requested_by, mail?.request_text, mail?.argument_sources.get('$.to')]).toEqual(['user_turn', asked, 'tool_result:call_read_1'])
  })
})

describe('a result that no model repeats', () => {
  it('is named by the interaction that it is of, where that has no tool call id', async () => {
    const { interactions } = await watch(bodiesOf([
      run('invoke_agent a', [0, 9]),
      { name: 'execute_tool find_contact', parent: 'invoke_agent a', at: [1, 2], attributes: {
        'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'find_contact', 'gen_ai.tool.call.arguments': { name: 'Ana' }, 'gen_ai.tool.call.result': 'ana@mail.example',
      } },
      tool('call_mail_1', { parent: 'invoke_agent a', at: [3, 4], name: 'send_mail', args: { to: 'ana@mail.example' }, result: 'sent' }),
    ]))
    const [found, mail] = ['find_contact', 'send_mail'].map((name) => interactions.find((interaction) => interaction.tool === name))
    expect(mail?.argument_sources.get('$.to')).toBe(`tool_result:${found?.interaction_id}`)
  })
})
