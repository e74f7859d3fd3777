import { expect, it } from 'vitest'
import { Detection, maintenanceOf } from './maintenance.ts'

const problems = (window: object): string => {
  const parsed = Detection.safeParse({ maintenance: [window] })
  return parsed.success ? '' : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}
const match = { server: 'files' }

it('takes windows of both kinds', () => {
  const { maintenance } = { maintenance: maintenanceOf(Detection.parse({ maintenance: [
    { reason: 'move', from: '2026-11-21T20:00:00Z', to: '2026-11-21T23:00:00+01:00', match: { server: ['a', 'b'], actor: 'ann' } },
    { reason: 'backup', owner: 'ops', cron: '0 2 * * *', minutes: 60, zone: 'Europe/Berlin', match, learn: true },
  ] })) }
  expect(maintenance).toEqual([
    { reason: 'move', owner: '', learn: false, match: { server: ['a', 'b'], actor: ['ann'] }, when: { from: 1_795_291_200_000_000_000n, to: 1_795_298_400_000_000_000n } },
    { reason: 'backup', owner: 'ops', learn: true, match: { server: ['files'] }, when: { cron: '0 2 * * *', minutes: 60, zone: 'Europe/Berlin' } },
  ])
})

it.each([
  [{ from: '2026-11-21T20:00:00Z', to: '2026-11-21T22:00:00Z', match }, /0\.reason/],
  [{ reason: 'r', match }, /either from and to, or cron and minutes/],
  [{ reason: 'r', from: '2026-11-21T20:00:00Z', match }, /both from and to/],
  [{ reason: 'r', from: '2026-11-21T20:00:00Z', to: '2026-11-21T19:00:00Z', match }, /ends before it begins/],
  [{ reason: 'r', from: 'tomorrow', to: '2026-11-21T19:00:00Z', match }, /must be a time such as/],
  [{ reason: 'r', cron: '0 2 * * *', match }, /needs minutes/],
  [{ reason: 'r', cron: '0 25 * * *', minutes: 5, match }, /is no cron expression: the hour goes from 0 to 23/],
  [{ reason: 'r', cron: '0 2 * * *', minutes: 5, zone: 'Mars/Base', match }, /is no time zone/],
  [{ reason: 'r', cron: '0 2 * * *', minutes: 5, from: '2026-11-21T20:00:00Z', match }, /either/],
  [{ reason: 'r', cron: '0 2 * * *', minutes: 5, match: {} }, /match: needs at least one of/],
  [{ reason: 'r', cron: '0 2 * * *', minutes: 5, match: { colour: 'red' } }, /colour/],
])('says what is wrong with %j', (window, problem) => {
  expect(problems(window)).toMatch(problem)
})
