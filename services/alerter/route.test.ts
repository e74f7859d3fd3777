import { describe, expect, it } from 'vitest'
import { rule as commandRule } from '../../detectors/unexpected-command/rule.ts'
import { ruleTextOf } from '../../detectors/rule-text.ts'
import { Scene } from '../../test/flow/alerter-scene.ts'
import type { RouteRules } from './contracts.ts'
import { isWithin } from './hours.ts'
import { receiversOf } from './route.ts'

const NAMES = ['day', 'night', 'all']
const told = (routes: readonly (Partial<RouteRules> & { receivers: readonly string[] })[], more: Parameters<Scene['find']>[1] = {}): readonly string[] => {
  const scene = new Scene({
    routes: routes.map((route, at) => ({ name: `r${at}`, continue: false, ...route })), labels: { environment: 'production' }, ruleTexts: [ruleTextOf(commandRule)],
  }, NAMES).find(1, { severity: 'high', server: 'files', actor: 'ci', ...more })
  return receiversOf(scene.alertOf(1), NAMES, scene.now, scene.rules)
}

describe('routes', () => {
  it('tell everybody where there is none that fits, and nobody where that is said', () => {
    expect(told([])).toEqual(NAMES)
    expect(told([{ severityFrom: 'critical', receivers: ['day'] }])).toEqual(NAMES)
    expect(told([{ receivers: [] }])).toEqual([])
  })

  it.each<[string, Partial<RouteRules>, Parameters<Scene['find']>[1]]>([
    ['severity', { severityFrom: 'high' }, { severity: 'medium' }],
    ['tenant', { tenants: ['default'] }, { tenant: 'other' }],
    ['detector', { detectors: ['unexpected-command', 'x'] }, { detector: 'new-server' }],
    ['family', { families: ['command'] }, { detector: 'new-server' }],
    ['tag', { tags: [commandRule.maps.attack19[0] ?? ''] }, { detector: 'new-server' }],
    ['server', { servers: ['files'] }, { server: 'mail' }],
    ['actor', { actors: ['ci'] }, { actor: 'cd' }],
  ])('go by %s', (_part, part, other) => {
    const routes = [{ ...part, receivers: ['day'] }, { receivers: ['night'] }]
    expect(told(routes)).toEqual(['day'])
    expect(told(routes, other)).toEqual(['night'])
  })

  it('go by labels of the configuration, and by all parts together', () => {
    expect(told([{ labels: { environment: 'production' }, receivers: ['day'] }])).toEqual(['day'])
    expect(told([{ labels: { environment: 'test' }, receivers: ['day'] }, { labels: { toString: 'x' }, receivers: ['day'] }, { receivers: [] }])).toEqual([])
    expect(told([{ servers: ['files'], actors: ['nobody'], receivers: ['day'] }, { receivers: ['all'] }])).toEqual(['all'])
  })

  it('tell by default nobody who is kept for other tenants', () => {
    const routes = [{ tenants: ['other'], receivers: ['night'] }, { tenants: ['other'], receivers: ['all'] }, { severityFrom: 'critical', receivers: ['all'] }] as const
    expect(told(routes)).toEqual(['day', 'all'])
    expect(told([...routes, { receivers: ['day', 'night'] }])).toEqual(['day', 'night'])
    expect(told([{ tenants: ['other'], receivers: ['night'] }, { receivers: ['day'] }], { detector: 'receiver-down', actor: 'day', server: '' })).toEqual(['all'])
  })

  it('go on where they leave the word to later ones', () => {
    expect(told([{ receivers: ['all'], continue: true }, { severityFrom: 'critical', receivers: ['night'] }, { receivers: ['day'] }, { receivers: ['night'] }])).toEqual(['day', 'all'])
  })

  it('tell of a receiver that is down to others, whichever there are', () => {
    const down = { detector: 'receiver-down', actor: 'day', server: '' }
    expect(told([{ receivers: ['day', 'all'] }], down)).toEqual(['all'])
    expect(told([{ receivers: ['day'] }], down)).toEqual(['night', 'all'])
  })
})

describe('hours', () => {
  const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n
  const office = { zone: 'Europe/Berlin', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' }

  it.each([
    // Summer time ended on 2026-10-25: 08:00 in Berlin was 06:00 UTC, and is 07:00 since.
    ['2026-10-23T05:59:59Z', false], ['2026-10-23T06:00:00Z', true], ['2026-10-23T15:59:59Z', true], ['2026-10-23T16:00:00Z', false],
    ['2026-10-26T06:30:00Z', false], ['2026-10-26T07:00:00Z', true], ['2026-10-26T16:59:00Z', true],
    ['2026-10-24T10:00:00Z', false], ['2026-03-30T06:00:00Z', true], ['2026-03-27T06:00:00Z', false],
  ])('follow the clock of their place: %s is %s', (iso, inside) => {
    expect(isWithin(office, at(iso))).toBe(inside)
  })

  it('go over midnight, on the days on which they begin', () => {
    const night = { zone: 'UTC', days: ['fri'], from: '22:00', to: '06:00' }
    const inside = ['2026-11-20T22:00:00Z', '2026-11-21T05:59:00Z']
    const outside = ['2026-11-20T21:59:00Z', '2026-11-21T06:00:00Z', '2026-11-21T22:30:00Z', '2026-11-20T03:00:00Z']
    expect([...inside, ...outside].map((iso) => isWithin(night, at(iso)))).toEqual([true, true, false, false, false, false])
    const allDay = { zone: 'UTC', days: ['fri'], from: '00:00', to: '24:00' }
    expect(['2026-11-20T00:00:00Z', '2026-11-20T23:59:59Z', '2026-11-21T00:00:00Z'].map((iso) => isWithin(allDay, at(iso)))).toEqual([true, true, false])
  })

  it('decide when the message is made', () => {
    const scene = new Scene({ routes: [{ name: 'day', hours: office, receivers: ['day'], continue: false }, { name: 'rest', receivers: ['night'], continue: false }] }, NAMES)
    scene.now = at('2026-11-20T16:59:50Z')
    scene.find(1, { severity: 'critical' }).find(2).pass(0).pass(15)
    expect(scene.types).toEqual(['day alert.open', 'night alert.open'])
  })
})
