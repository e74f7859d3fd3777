import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm, type Draft } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { offHoursToken } from './detector.ts'
import { addLength, lengthRarity, NO_LENGTHS } from './lengths.ts'
import { isZone, nameOf, offsetOf, slotOf } from './local-time.ts'
import { addDay, age, blankProfile, daysAround, rarityOf } from './profile.ts'

const HOUR = 3600
const DAY = 86_400
/** A Monday, 00:00 UTC. */
const MONDAY = Date.UTC(2026, 2, 2) / 1000

const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(seconds) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', started_at: time, ended_at: time, received_at: time, ...fields }
}
const start = (params: unknown = {}) => rehearsal(arm(offHoursToken, params))
type Play = ReturnType<typeof start>

/** Weeks of Monday to Friday, once an hour from `from` to `to` UTC; what was said. */
function office(play: Play, weeks: number, [from, to]: readonly [number, number] = [9, 17]): readonly Draft[] {
  const said: Draft[] = []
  for (let day = 0; day < weeks * 7; day++) {
    for (let hour = from; hour <= to && day % 7 < 5; hour++) said.push(...play(at(MONDAY + day * DAY + hour * HOUR)))
  }
  return said
}
const burst = (play: Play, seconds: number, fields: Partial<InteractionFields> = {}, events = 6): readonly Draft[] =>
  Array.from({ length: events }, (_, i) => play(at(seconds + i * 30, fields))).flat()

describe('off-hours-token', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(offHoursToken, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url),
    'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('learns a new habit after it has told it on three nights', () => {
    const play = start()
    office(play, 3)
    const told = Array.from({ length: 6 }, (_, i) => burst(play, MONDAY + (21 + i) * DAY + 2 * HOUR).length)
    expect(told.slice(0, 5)).toEqual([1, 1, 1, 0, 0])
  })

  it('reads hours on the clock of a configured zone, by actor before tenant, so that summer time moves nothing', () => {
    const play = start({ zones: { ana: 'America/New_York', acme: 'Asia/Tokyo' } })
    office(play, 3, [13, 21])
    const [draft] = burst(play, MONDAY + 22 * DAY + 7 * HOUR)
    expect(draft?.title).toContain('Tuesday 03:00')
    expect(draft?.observed).toContain('America/New_York')
  })

  describe('with a program or network that was never seen', () => {
    const HOME = { client_country: 'AT', client_asn: 100, client: 'desk/1.2', user_agent: 'desk/1.2' } as const
    const settled = (): Play => {
      const play = start()
      for (let day = 0; day < 21; day++) for (let hour = 9; hour <= 20 && day % 7 < 5; hour++) play(at(MONDAY + day * DAY + hour * HOUR, { ...HOME, client_asn: day % 3 === 0 ? 101 : 100 }))
      return play
    }
    const night = MONDAY + 22 * DAY + 22.5 * HOUR

    it('wakes somebody at an hour that is odd, and not for the owner who works late', () => {
      expect(burst(settled(), night, HOME)).toEqual([])
      for (const strange of [{ client_asn: 555 }, { client: 'curl/8', user_agent: 'curl/8' }]) {
        const [said] = burst(settled(), night, { ...HOME, ...strange })
        expect(said).toMatchObject({ severity: 'medium' })
        expect(said?.features?.some(({ name }) => name === 'caller')).toBe(true)
        expect(said?.features?.reduce((all, { weight }) => all + weight, 0)).toBeCloseTo(1)
      }
    })

    it('leaves alone who travels, and what cannot be compared', () => {
      const quiet = (fields: Partial<InteractionFields>) => burst(settled(), night, fields).map(({ severity }) => severity)
      expect(quiet({ ...HOME, client_country: 'JP', client_asn: 555 })).not.toContain('medium')
      expect(quiet({ client_country: 'AT' })).not.toContain('medium')
      expect(quiet({ client_country: 'AT', agent: 'desk' })).not.toContain('medium')
    })

    it('wakes somebody when an account comes back after a month with something new, at any hour', () => {
      const back = MONDAY + 60 * DAY + 14 * HOUR
      expect(burst(settled(), back, { ...HOME, client_asn: 555 }).map(({ severity }) => severity)).toEqual(['medium'])
      expect(burst(settled(), back, HOME).map(({ severity }) => severity)).not.toContain('medium')
    })

    it('keeps a bounded number of callers', () => {
      const armed = arm(offHoursToken, {})
      const state = armed.begin() as { readonly holders: { readonly known: number[]; readonly since: number[]; readonly fresh: number[] } }
      for (let call = 0; call < 3_000; call++) {
        armed.step(state, at(MONDAY + call * 600, { client_asn: 1 + call, client: `c${call}`, client_country: String.fromCharCode(65 + (call % 26), 65) }), 'actor:ana', { hash: String })
      }
      expect(state.holders.known.length).toBeLessThanOrEqual(16)
      expect(state.holders.since).toHaveLength(state.holders.known.length)
      expect(state.holders.fresh.length).toBeLessThanOrEqual(8)
    })
  })

  it('is not fooled by an actor with the name of a built-in', () => {
    expect(() => burst(start({ zones: { ana: 'Europe/Vienna' } }), MONDAY, { actor: 'constructor', tenant: '__proto__' })).not.toThrow()
  })

  it('falls back on configured hours only until there is a profile, and says so', () => {
    const play = start({ fixedHours: { from: 7, to: 20 } })
    const [cold] = burst(play, MONDAY + 3 * HOUR)
    expect(cold?.severity).toBe('low')
    expect(cold?.reasons[0]).toMatch(/^cold start/)
    expect(burst(play, MONDAY + 8 * HOUR)).toEqual([])
    expect(burst(play, MONDAY + 5 * DAY + 10 * HOUR)).toHaveLength(1)
  })

  it('judges a late event by its own hour, and lets a wild clock lead no further than arrival', () => {
    const play = start()
    office(play, 3)
    const night = MONDAY + 20 * DAY + 2 * HOUR
    const received = BigInt(MONDAY + 21 * DAY + 10 * HOUR) * 1_000_000_000n
    const wild = BigInt(Date.UTC(2300, 0, 1)) * 1_000_000n
    expect(play(at(0, { started_at: wild, ended_at: wild, received_at: received }))).toEqual([])
    expect(burst(play, night, { received_at: received })).toHaveLength(1)
    expect(burst(play, MONDAY + 22 * DAY + 10 * HOUR)).toEqual([])
  })

  it('goes on from a state that was written as JSON', () => {
    const armed = arm(offHoursToken, {})
    let state = armed.begin()
    const tools = { hash: (text: string) => text }
    const said: Draft[] = []
    for (let day = 0; day < 21; day++) {
      state = JSON.parse(JSON.stringify(state))
      for (let hour = 9; hour < 18 && day % 7 < 5; hour++) said.push(...armed.step(state, at(MONDAY + day * DAY + hour * HOUR), 'actor:ana', tools))
    }
    for (let i = 0; i < 6; i++) said.push(...armed.step(state, at(MONDAY + 21 * DAY + 2 * HOUR + i), 'actor:ana', tools))
    expect(said).toHaveLength(1)
    expect(JSON.stringify(state).length).toBeLessThan(2_000)
  })

  it('tells an arrival at an edge of the day only after a silence that is not usual', () => {
    const edge = (day: number) => {
      const play = start()
      office(play, 6)
      return burst(play, MONDAY + day * DAY + 8 * HOUR + 1800)
    }
    expect(edge(42)).toEqual([])
    expect(edge(44)).toEqual([])
    const [draft, ...more] = edge(56)
    expect(more).toEqual([])
    expect(draft?.title).toContain('after an unusual silence of 400 h')
  })

  it('asks for more where the burst comes from the country of those before, and is not fooled by one that it has told', () => {
    const back = (countries: readonly string[], usual: string) => {
      const play = start()
      for (let day = 0; day < 42; day++) for (let hour = 9; hour <= 17 && day % 7 < 5; hour++) play(at(MONDAY + day * DAY + hour * HOUR, { client_country: usual }))
      return countries.map((client_country, i) => burst(play, MONDAY + (56 + i * 28) * DAY + 8 * HOUR + 1800, { client_country }).length)
    }
    expect(back(['', 'BR', 'BR'], '')).toEqual([1, 1, 1])
    expect(back(['AT'], 'AT')).toEqual([0])
    expect(back(['BR', 'BR', ''], 'AT')).toEqual([1, 1, 1])
  })

  it('says nothing of days off and holidays that end in usual hours, nor of a single straggler', () => {
    for (const away of [1, 4, 14, 21]) {
      const play = start()
      office(play, 6)
      const back = MONDAY + (42 + away) * DAY
      for (const hour of [9, 10, 13]) expect(burst(play, back + hour * HOUR)).toEqual([])
    }
    const play = start()
    office(play, 2)
    expect(burst(play, MONDAY + 14 * DAY + 2 * HOUR, {}, 1)).toEqual([])
  })

  it('forgets nobody who was there lately', () => {
    const armed = arm(offHoursToken, {})
    const state = armed.begin()
    armed.step(state, at(MONDAY), 'actor:ana', { hash: (text) => text })
    expect(armed.forget(state, BigInt(MONDAY + 100 * DAY) * 1_000_000_000n)).toBe(false)
    expect(armed.forget(state, BigInt(MONDAY + 1000 * DAY) * 1_000_000_000n)).toBe(true)
  })
})

describe('lengths of bursts', () => {
  it('makes a long burst of who comes for single calls worth more than one of who always stays', () => {
    const after = (events: number) => Array.from({ length: 30 }).reduce<string>((lengths) => addLength(lengths, events), NO_LENGTHS)
    expect(lengthRarity(after(5), 5)).toBeLessThan(0.3)
    expect(lengthRarity(after(1), 5)).toBeGreaterThan(2)
    expect(lengthRarity(after(1), 1)).toBe(0)
  })

  it('keeps six counts of a byte and a share of at most one, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 900 }), (bursts) => {
      const lengths = bursts.reduce(addLength, NO_LENGTHS)
      expect(lengths).toHaveLength(6)
      for (let events = 1; events < 9; events++) expect(lengthRarity(lengths, events)).toBeGreaterThanOrEqual(0)
    }))
  })
})

describe('profile of a week', () => {
  it('keeps 168 counts between 0 and their most, whatever is added and however old it gets', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ slot: fc.integer({ min: 0, max: 167 }), skip: fc.integer({ min: 0, max: 900 }) })), (visits) => {
        const profile = blankProfile()
        let day = 20_000
        for (const { slot, skip } of visits) {
          day += skip
          age(profile, day, 365)
          addDay(profile, slot)
          expect(daysAround(profile, slot)).toBeGreaterThanOrEqual(1)
          expect(Number.isFinite(rarityOf(profile, slot))).toBe(true)
          expect(profile.total).toBe(Array.from(profile.days, (character) => character.charCodeAt(0)).reduce((sum, one) => sum + one, 0))
        }
        expect(profile.days).toHaveLength(168)
      }),
    )
  })

  it('finds an evenly used week evenly usual', () => {
    const profile = blankProfile()
    for (let slot = 0; slot < 168; slot++) for (let i = 0; i < 5; i++) addDay(profile, slot)
    for (let slot = 0; slot < 168; slot++) expect(Math.abs(rarityOf(profile, slot))).toBeLessThan(0.01)
  })

  it('halves in a half-life and lets go in the end', () => {
    const profile = blankProfile()
    age(profile, 1000, 100)
    for (let i = 0; i < 16; i++) addDay(profile, 30)
    age(profile, 1100, 100)
    expect(daysAround(profile, 30)).toBe(8)
    age(profile, 3000, 100)
    expect(daysAround(profile, 30)).toBe(0)
  })
})

describe('local time', () => {
  it('knows offsets, also half hours and before and after a change', () => {
    expect(offsetOf('Asia/Kolkata', MONDAY)).toBe(5.5 * HOUR)
    expect([offsetOf('Europe/Vienna', Date.UTC(2026, 2, 29, 0, 59) / 1000), offsetOf('Europe/Vienna', Date.UTC(2026, 2, 29,
      1) / 1000)]).toEqual([HOUR, 2 * HOUR])
    expect(offsetOf('UTC', MONDAY)).toBe(0)
    expect([isZone('Europe/Vienna'), isZone('Mars/Olympus')]).toEqual([true, false])
  })

  it('numbers the hours of a week from Monday', () => {
    expect([slotOf(MONDAY), slotOf(MONDAY + 6 * DAY + 23 * HOUR), nameOf(25)]).toEqual([0, 167, 'Tuesday 01:00 to 02:00'])
  })
})
