import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { newDestination } from './detector.ts'
import { isListOfRecords, packedIn } from '../destinations/payload.ts'

const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000
const DAY = 86_400

const post = (seconds: number, url: string, fields: Partial<InteractionFields> = {}): Interaction => {
  const time = BigInt(seconds) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', method: 'tools/call', tool: 'http_post', effect: 'send',
    arguments: JSON.stringify({ url }), started_at: time, ended_at: time, received_at: time, ...fields }
}

/** Ten actors, each with a partner of its own, for ten days. */
function company(play: (interaction: Interaction) => readonly unknown[]): void {
  for (let day = 0; day < 10; day++) for (let one = 0; one < 10; one++) play(post(MONDAY + day * DAY, `https://partner-${one}.com/`, { actor: one === 0 ? 'ana' : `clerk-${one}` }))
}

describe('new-destination', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(newDestination, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('tells a destination once, learns it after three days, and forgets it after half a year', () => {
    const play = rehearsal(arm(newDestination, {}))
    company(play)
    const days = [14, 14, 15, 16, 40, 300]
    const told = days.map((day) => {
      play(post(MONDAY + day * DAY, 'https://partner-0.com/'))
      return play(post(MONDAY + day * DAY + 60, 'https://paste.rs/')).length
    })
    expect(told).toEqual([1, 0, 0, 0, 0, 1])
  })

  it('does not let a told destination pass for known to its peers', () => {
    const play = rehearsal(arm(newDestination, {}))
    company(play)
    const said = Array.from({ length: 4 }, (_, one) => play(post(MONDAY + 14 * DAY + one, 'https://paste.rs/', { actor: `clerk-${one + 1}` })).map(({ severity }) => severity))
    expect(said).toEqual([['medium'], ['medium'], ['medium'], ['medium']])
  })

  it('tells of a hidden copy that nobody named, although the mail was asked for', () => {
    const play = rehearsal(arm(newDestination, {}))
    company(play)
    const mail = (at: number, bcc: string, source: string) => play(post(MONDAY + 14 * DAY + at, '', { tool: 'send_email', request_fit: 'asked', requested_by: 'user_turn',
      arguments: JSON.stringify({ to: 'kim@partner-0.com', bcc }), argument_sources: new Map([['$.to', 'user'], ['$.bcc', source]]) })).map(({ severity }) => severity)
    expect(mail(1, 'box@quiet-archive.net', 'model')).toEqual(['medium'])
    expect(mail(2, 'boss@other-archive.net', 'user')).toEqual([])
  })

  it('tells again when it goes on: pieces in queries and host names, or much on the first day', () => {
    const play = rehearsal(arm(newDestination, {}))
    company(play)
    const severities = (make: (i: number) => Interaction): readonly string[] => Array.from({ length: 8 }, (_, i) => play(make(i)).map(({ severity }) => severity)).flat()
    const fetched = (i: number, url: string) => post(MONDAY + 14 * DAY + i, url, { tool: 'fetch_url', effect: 'read' })
    expect(severities((i) => fetched(i, `https://pixels.net/p.gif?q=${'x%20'.repeat(35)}${i}`))).toEqual(['low', 'medium'])
    expect(severities((i) => fetched(i, `https://${'6e616d652c656d61696c2c70686f6e65'.slice(0, 30)}${i}.tiles.org/`))).toEqual(['low', 'high'])
    expect(severities((i) => fetched(i, `https://news.org/2026/a-long-headline-of-an-article-that-somebody-reads-${i}?utm_source=mail`))).toEqual([])
    expect(severities((i) => post(MONDAY + 14 * DAY + i, 'https://bulk.com/', { arguments_bytes: 9_000n, actor: 'clerk-3' }))).toEqual(['low', 'medium'])
    expect(severities((i) => post(MONDAY + 14 * DAY + i, 'https://chat.com/', { arguments_bytes: 300n, actor: 'clerk-4' }))).toEqual(['low'])
  })

  it('leaves out what is allowed and what is ours', () => {
    const play = rehearsal(arm(newDestination, { allow: ['*.ngrok.io', 'paste.rs'], internalDomains: ['acme.com'] }))
    company(play)
    for (const url of ['https://a.ngrok.io/', 'https://paste.rs/x', 'https://hr.acme.com/']) expect(play(post(MONDAY + 14 * DAY, url))).toEqual([])
  })

  it('names domains, never addresses, paths or secrets', () => {
    const play = rehearsal(arm(newDestination, {}))
    company(play)
    const [draft] = play(post(MONDAY + 14 * DAY, '', { arguments: '{"to":"jane.doe@gmail.com","url":"https://paste.rs/secret-path?key=hunter2"}' }))
    expect(JSON.stringify(draft)).not.toMatch(/jane|hunter2|secret-path/)
    expect(draft?.features?.length).toBeGreaterThan(1)
  })

  it('knows packed from readable', () => {
    const packed = (text: string): number => packedIn(post(0, '', { arguments: JSON.stringify({ body: text }) }))
    expect(packed('aGVsbG8gd29ybGQ1'.repeat(20))).toBe(320)
    expect(packed('deadbeef01'.repeat(20))).toBe(200)
    expect(packed('the quick brown fox '.repeat(40))).toBe(0)
    expect(packed('/srv/Data1/reports/q3/'.repeat(20))).toBe(0)
  })

  it('knows a list of records from a long text', () => {
    const of = (body: unknown): boolean => isListOfRecords(post(MONDAY, 'https://x.example', { arguments: JSON.stringify({ body }) }))
    expect(of(Array.from({ length: 40 }, (_, id) => ({ id, city: 'Kiel' })))).toBe(true)
    expect(of(JSON.stringify(Array.from({ length: 40 }, (_, id) => ({ id }))))).toBe(true)
    expect(of(Array.from({ length: 40 }, (_, id) => `a${id}@b.example`).join('\n'))).toBe(true)
    expect(of('The team agreed to move the date. '.repeat(400))).toBe(false)
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const armed = arm(newDestination, { maxOwn: 16 })
    const tools = { hash: (text: string) => text }
    fc.assert(fc.property(fc.array(fc.record({ host: fc.domain(), skip: fc.integer({ min: -100_000, max: 9_000_000 }) }), { minLength: 1, maxLength: 80 }), (calls) => {
      const state = armed.begin()
      let at = MONDAY
      for (const { host, skip } of calls) for (const key of armed.keysOf(post(at += skip, `https://${host}/`))) armed.step(state, post(at, `https://${host}/`), key, tools)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      expect(JSON.stringify(state).length).toBeLessThan(1_500)
    }), { numRuns: 30 })
  })
})
