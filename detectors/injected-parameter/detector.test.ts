import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blankAuditEvent } from '../../schemas/audit-event.ts'
import { blankInteraction } from '../../schemas/interaction.ts'
import { parseExamples, reviewExample } from '../example.ts'
import { injectedParameter } from './detector.ts'

const tools = { hash: (text: string) => `h${text.length}` }
const params = injectedParameter.rule.params.parse({})
const examples = ['fires', 'quiet'].flatMap((name) => parseExamples(readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
const call = { method: 'tools/call', tool: 'read_file', trace_id: 't', arguments: '{"path":"../../../../zebra/pelican"}' }

describe('injected-parameter', () => {
  it.each(examples.map((example) => [example.expect.why, example] as const))('%s', (_, example) => {
    const drafts = reviewExample(injectedParameter, example)
    expect(drafts, JSON.stringify(drafts[0]?.reasons)).toHaveLength(example.expect.findings)
    if (example.expect.severity !== undefined) expect(drafts[0]?.severity).toBe(example.expect.severity)
    for (const reason of example.expect.reasons) expect(drafts[0]?.reasons.join('\n')).toContain(reason)
  })

  it('says the same of an observation and of its interaction, and no word of the value', () => {
    const seen = injectedParameter.observe?.({ ...blankAuditEvent(), event_id: 'e', ...call }, params, tools)
    const whole = injectedParameter.review?.({ ...blankInteraction(), interaction_id: 'i', ...call }, params, tools)
    expect(seen?.[0]?.about).toEqual(['t', 'read_file', 'h25'])
    expect(whole).toEqual(seen)
    expect(JSON.stringify(seen)).not.toMatch(/zebra|pelican/)
  })

  it('can leave tools and rules out', () => {
    const whole = { ...blankInteraction(), ...call }
    expect(injectedParameter.review?.(whole, { ...params, ignoreTools: ['read_file'] }, tools)).toEqual([])
    expect(injectedParameter.review?.(whole, { ...params, ignore: ['path-climb'] }, tools)).toEqual([])
  })
})
