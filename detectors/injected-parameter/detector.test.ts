import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankAuditEvent } from '../../schemas/audit-event.ts'
import { blankInteraction } from '../../schemas/interaction.ts'
import { leavesOf } from '../arguments/values.ts'
import { parseExamples, reviewExample } from '../example.ts'
import { injectedParameter, mayHold } from './detector.ts'
import { VALUE_RULES } from './value-rules.ts'

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

  it('is kept from no rule by the look that every call pays', () => {
    const pieces = fc.constantFrom(
      '../', '..\\', '%2e%2e%2f', '%00', '\u0000', 'etc/passwd', '/root', 'http://', 'gopher://', 'file:///etc', '169.254.169.254', '2130706433', "'", '"', ' or ', '1=1', ' UniOn ',
      'select ', '1', ')', ';', ' drop table x', 'sleep(', '--', '|', '&', '`', '$(', 'rm -rf /', '\n', 'bcc: a', '{{', '7*7', '${', 'jndi:', '<%=', '#{', '__proto__',
      'constructor.prototype', 'rO0ABXNyABFq', '!!python/object', '<!ENTITY x SYSTEM', ')(uid=', 'java.lang.Runtime', ' ', 'a',
    )
    const key = fc.constantFrom('path', 'url', 'to', 'id', '$ne', '__proto__x', 'host')
    let held = 0
    fc.assert(fc.property(key, fc.array(pieces, { maxLength: 7 }), (name, parts) => {
      const args = JSON.stringify({ [name]: parts.join(''), other: { [name]: 'x' } })
      if (!leavesOf(args).some((leaf) => VALUE_RULES.some(({ test }) => test(leaf)))) return
      held++
      expect(mayHold(args)).toBe(true)
    }), { numRuns: 5_000 })
    expect(held).toBeGreaterThan(300)
  })

  it('can leave tools and rules out', () => {
    const whole = { ...blankInteraction(), ...call }
    expect(injectedParameter.review?.(whole, { ...params, ignoreTools: ['read_file'] }, tools)).toEqual([])
    expect(injectedParameter.review?.(whole, { ...params, ignore: ['path-climb'] }, tools)).toEqual([])
  })
})
