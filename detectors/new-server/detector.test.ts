import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { newServer } from './detector.ts'
import { isMasked, likenessOf, slips } from './likeness.ts'
import { hear, spell, type Unfinished } from './spelling.ts'
import { targetOf } from './target.ts'

const at = (seconds: number, server: string, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(seconds) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', method: 'tools/call', server, started_at: time, ended_at: time, received_at: time, ...fields }
}

describe('new-server', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(newServer, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('takes numbers of instances for one server, and a host that was accepted for known', () => {
    const play = rehearsal(arm(newServer, { minKnown: 1 }))
    let told = 0
    for (let day = 0; day < 20; day++) for (let i = 0; i < 12; i++) told += play(at(day * 86_400 + i * 60, `files-${i}`, { target: 'https://files.acme.example' })).length
    expect(told).toBe(0)
    const moved = (day: number, host: string) => play(at(day * 86_400, 'files-1', { target: `https://${host}` })).length
    expect(Array.from({ length: 6 }, (_, i) => moved(20 + i, 'files.other.example'))).toEqual([1, 0, 0, 0, 0, 0])
    expect(moved(27, 'files.third.example')).toBe(1)
  })

  it('leaves a server alone that moves about as a matter of course', () => {
    const play = rehearsal(arm(newServer, {}))
    for (let i = 0; i < 400; i++) play(at(i * 3600, 'edge', { target: `https://edge.site-${i % 7}.example` }))
    expect(play(at(400 * 3600, 'edge', { target: 'https://edge.elsewhere.example' }))).toEqual([])
  })

  it('compares names', () => {
    const pairs = (list: readonly (readonly [string, string])[]) => list.map(([one, other]) => likenessOf(one, other))
    expect(pairs([['postgres', 'postgers'], ['mcp-filesystem', 'mcp-filesistem'], ['notion', 'n0tion'], ['slack', 'sIack'], ['postgres', 'postgresql'], ['files', 'file'], ['crm-tools', 'crm_tools']])).toEqual(
      ['near', 'near', 'disguised', 'disguised', undefined, 'near', 'respelled'])
    expect(pairs([['github', 'gitlab'], ['mail', 'main'], ['crm-test', 'crm-prod'], ['files-1', 'files-2'], ['files-eu', 'files-us'], ['ledger', 'Ledger']])).toEqual(
      [undefined, undefined, undefined, undefined, undefined, undefined])
    expect([isMasked('größe-1'), isMasked('сервер'), isMasked('gіthub'), isMasked('git\u200bhub')]).toEqual([false, false, true, true])
    expect(slips('kitten', 'sitting')).toBe(3)
  })

  it('tells names in numbers, exactly, whatever is told in between', () => {
    const name = fc.stringMatching(/^[a-z0-9_./:@ +-]{1,55}$/)
    fc.assert(fc.property(fc.uniqueArray(name, { maxLength: 6 }), (names) => {
      const unfinished: Unfinished[] = []
      const tags = new Set(names.map((one) => Math.floor((spell(one)[0] ?? 0) / 8 / 46 ** 7)))
      fc.pre(tags.size === names.length)
      const parts = names.map(spell)
      const heard: string[] = []
      for (let part = 0; part < 8; part++) for (const numbers of parts) heard.push(...numbers.slice(part, part + 1).map((number) => hear(unfinished, number)))
      expect(heard.filter((one) => one !== '').sort()).toEqual([...names].sort())
      expect(parts.flat().every(Number.isSafeInteger)).toBe(true)
    }))
    expect(spell('сервер')).toEqual([])
    expect(spell('x'.repeat(80))).toEqual([])
  })

  it('reads targets', () => {
    const host = (text: string) => targetOf(text)?.host
    expect(['https://u:p@Mcp.Acme.example:8443/x?y', 'mcp.acme.example', 'files:9000', '10.0.0.7:80', 'http://[::1]:99/', '[fd00::1]:80', 'a b', '///'].map(host)).toEqual(
      ['mcp.acme.example', 'mcp.acme.example', 'files', 'the own network', 'this machine', 'the own network', undefined, undefined])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const hostile = fc.record({ server: fc.string({ unit: 'binary', maxLength: 400 }), target: fc.string({ maxLength: 400 }), skip: fc.integer({ min: -100_000, max: 900_000 }) })
    fc.assert(fc.property(fc.array(hostile, { maxLength: 60 }), (calls) => {
      const params = newServer.rule.params.parse({ minCalls: 1, knownDays: 1, minKnown: 1 })
      const state = newServer.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = 1_700_000_000
      for (const { server, target, skip } of calls) {
        const call = at(now += skip, server, { target })
        for (const key of newServer.keysOf?.(call, params) ?? []) newServer.step?.(state, call, key, params, { hash: String })
        if (state.lesson > 0) newServer.learn?.(state, state.lesson, params)
        expect(state.hosts.length).toBeLessThanOrEqual(6)
        expect(state.unfinished.length).toBeLessThanOrEqual(16)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }), { numRuns: 50 })
  })
})
