import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exampleFinding, type Finding } from '../../schemas/finding.ts'
import { Severity } from '../../schemas/vocabulary.ts'
import { arm, type Armed, type Sum } from '../detector.ts'
import { compositeRisk } from './detector.ts'
import { scoreOf } from './score.ts'

const T0 = 1_795_225_800_000_000_000n
const MINUTE = 60_000_000_000n

interface Said {
  readonly detector: string
  readonly severity: Finding['severity']
  readonly minutes: number
  readonly id?: string
  readonly version?: number
  readonly actor?: string
  readonly actor_kind?: Finding['actor_kind']
  readonly lineage?: string
}
interface Example {
  readonly why: string
  readonly findings: readonly Said[]
  readonly sums: readonly { readonly severity: string; readonly parts: number; readonly lineage?: string; readonly another?: true }[]
}

const findingOf = ({ detector, severity, minutes, id = `${detector} ${minutes}`, version = 2, actor = 'ana', actor_kind = 'principal', lineage = '' }: Said): Finding => {
  const at = T0 + BigInt(minutes) * MINUTE
  return {
    ...exampleFinding, finding_id: Buffer.from(id).toString('hex').padEnd(32, '0').slice(-32), version, detector, severity, actor, actor_kind, interaction_id: 'i', trace_id: '', conversation: lineage,
    window_start: at, window_end: at, created_at: at, title: `${detector} said so`, evidence_ids: [`e-${id}`], sample_events: [`what ${detector} did`],
  }
}

/** Says findings one after the other, as a worker does. */
function listener(armed: Armed): (finding: Finding) => readonly Sum[] {
  const states = new Map<string, unknown>()
  return (finding) => {
    for (const key of armed.weighIn(finding)) {
      const state = states.get(key) ?? armed.begin()
      states.set(key, state)
      const sums = armed.weigh(state, finding, key)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      if (sums.length > 0) return sums
    }
    return []
  }
}
const hear = (said: readonly Said[], params: unknown = {}): Sum[] => {
  const listen = listener(arm(compositeRisk, params))
  return said.flatMap((one) => listen(findingOf(one)))
}

describe('composite-risk', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Example))
  it.each(cases.map((one) => [one.why, one] as const))('%s', (_, { findings, sums: wanted }) => {
    const sums = hear(findings)
    expect(sums.map(({ severity, parts }) => ({ severity, parts: parts.length }))).toEqual(wanted.map(({ severity, parts }) => ({ severity, parts })))
    for (const [at, { lineage, another }] of wanted.entries()) {
      expect(sums[at]?.oneLineage).toBe(lineage !== undefined)
      expect(sums[at]?.about.join() !== sums[0]?.about.join()).toBe(another === true)
      if (another !== true) expect(sums[at]?.version).toBe(at + 1)
    }
  })

  it('names the parts, what each adds, and how it fades', () => {
    const [sum] = hear([
      { detector: 'unknown-place', severity: 'medium', minutes: 0 }, { detector: 'unusual-volume', severity: 'low', minutes: 12 * 60 }, { detector: 'new-destination', severity: 'low', minutes: 12 * 60 },
    ], { confidence: { 'unknown-place': 0.5, 'unusual-volume': 0.4, 'new-destination': 0.5 } })
    expect(sum).toMatchObject({
      title: 'ana: 3 weak signs of 3 detectors within 12.0 h add up', observed: '32 points from 3 kinds of signs', expected: 'less than 30 points; each sign halves in 24 h', severity: 'medium',
    })
    expect(sum?.reasons).toEqual([
      '14 of 20 points, 12.0 h before: unknown-place (medium): unknown-place said so', '10 of 10 points, latest: new-destination (low): new-destination said so',
      '8.0 of 8.0 points, latest: unusual-volume (low): unusual-volume said so',
    ])
    expect(sum?.features?.map(({ name }) => name)).toEqual(['unknown-place', 'new-destination', 'unusual-volume'])
    expect(sum?.features?.reduce((all, { weight }) => all + weight, 0)).toBeCloseTo(1)
    expect(sum?.evidence).toHaveLength(3)
    expect(sum?.samples).toEqual(['what unknown-place did', 'what new-destination did', 'what unusual-volume did'])
  })

  it('does not mind an end in the far future, and says nothing new of what is said again', () => {
    const signs = ['unknown-place', 'new-destination', 'unusual-volume', 'masquerade'].map((detector, minutes) => findingOf({ detector, severity: 'low', minutes }))
    const listen = listener(arm(compositeRisk, {}))
    const wild = { ...findingOf({ detector: 'unknown-place', severity: 'low', minutes: -20_000, id: 'wild' }), window_end: T0 + 10_000_000n * MINUTE }
    expect(listen(wild)).toEqual([])
    expect(signs.flatMap(listen).map(({ version }) => version)).toEqual([1, 2])
    expect(signs.flatMap(listen)).toEqual([])
  })

  it('follows its parameters', () => {
    const signs: Said[] = [{ detector: 'unknown-place', severity: 'low', minutes: 0 }, { detector: 'masquerade', severity: 'low', minutes: 1 }]
    expect(hear(signs)).toEqual([])
    expect(hear(signs, { actorThreshold: 20 })).toHaveLength(1)
    expect(hear(signs, { actorThreshold: 20, leastFamilies: 3 })).toEqual([])
    expect(hear(signs, { actorThreshold: 20, confidence: { masquerade: 0 } })).toEqual([])
    expect(hear(signs, { points: { low: 60 } })).toHaveLength(1)
    expect(() => arm(compositeRisk, { actorThreshold: -1 })).toThrow()
  })

  it('never counts observations whose interaction is still to come', () => {
    const armed = arm(compositeRisk, {})
    expect(armed.weighIn({ ...exampleFinding, severity: 'low', interaction_id: '', trace_id: 't' })).toEqual([])
    expect(armed.weighIn({ ...exampleFinding, severity: 'low', interaction_id: '', trace_id: '', conversation: '', actor: 'a' })).toEqual(['actor:a'])
    expect(armed.weighIn({ ...exampleFinding, severity: 'low', interaction_id: 'i', trace_id: 't', conversation: '', actor: 'a' })).toEqual(['lineage:t', 'actor:a'])
  })

  it('keeps bounded plain states, and scores that no order changes', () => {
    const anySaid = fc.record({
      detector: fc.constantFrom('unknown-place', 'masquerade', '__proto__', 'constructor', 'x', 'y'), severity: fc.constantFrom(...Severity.options), minutes: fc.integer({ min: -100_000, max: 100_000 }),
      id: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9'), version: fc.integer({ min: 1, max: 4 }), actor: fc.constantFrom('a', '__proto__'), lineage: fc.constantFrom('', 'c'),
    })
    fc.assert(fc.property(fc.array(anySaid, { maxLength: 120 }), (said) => {
      const params = compositeRisk.rule.params.parse({ maxParts: 5 })
      const state = compositeRisk.begin!(params)
      for (const one of said) {
        for (const sum of compositeRisk.weigh!(state, findingOf(one), 'actor:a', params)) expect(sum.parts.length).toBeGreaterThanOrEqual(2)
        expect(state.parts.length).toBeLessThanOrEqual(5)
        expect(state.told.length).toBeLessThanOrEqual(5)
      }
      const scale = { halfLifeHours: 24, repeat: 0.5 }
      expect(scoreOf(state.parts.toReversed(), state.at, scale).points).toBeCloseTo(scoreOf(state.parts, state.at, scale).points)
    }))
  })

  it('is forgotten once all has faded', () => {
    const params = compositeRisk.rule.params.parse({})
    const state = { ...compositeRisk.begin!(params), at: Number(T0 / 1_000_000_000n) }
    expect(compositeRisk.forget?.(state, T0 + 11n * 1440n * MINUTE, params)).toBe(false)
    expect(compositeRisk.forget?.(state, T0 + 13n * 1440n * MINUTE, params)).toBe(true)
  })
})
