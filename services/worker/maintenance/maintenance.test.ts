import { expect, it } from 'vitest'
import { exampleFinding, type Finding } from '../../../schemas/finding.ts'
import { Maintenance, type MaintenanceWindow } from './maintenance.ts'

const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n
const once: MaintenanceWindow = {
  reason: 'move of the files', owner: 'platform', when: { from: at('2026-11-21T20:00:00Z'), to: at('2026-11-21T22:00:00Z') }, match: { server: ['files', 'archive'] }, learn: false,
}
const finding = (iso: string, change: Partial<Finding> = {}): Finding => ({ ...exampleFinding, created_at: at(iso), ...change })

it('marks what is said in the window, first of all with the reason, and leaves the rest as it is', () => {
  const maintenance = new Maintenance([once])
  const inside = finding('2026-11-21T20:00:00Z')
  expect(maintenance.marked(inside)).toEqual({
    ...inside, severity: 'info', reasons: ['planned maintenance: move of the files (platform); otherwise critical', ...inside.reasons],
  })
  for (const outside of [finding('2026-11-21T19:59:59Z'), finding('2026-11-21T22:00:00Z'), finding('2026-11-21T21:00:00Z', { server: 'mail' })]) {
    expect(maintenance.marked(outside)).toBe(outside)
  }
  expect(new Maintenance([]).marked(inside)).toBe(inside)
})

it('goes by when it arrived: the sender cannot choose to be in a window', () => {
  const forged = finding('2026-11-22T03:00:00Z', { window_start: at('2026-11-21T20:30:00Z'), window_end: at('2026-11-21T20:31:00Z') })
  expect(new Maintenance([once]).marked(forged).severity).toBe('critical')
})

it('matches on everything that is named: tenant, actor or principal, server, tool, detector', () => {
  const time = '2026-11-21T21:00:00Z'
  const marks = (match: MaintenanceWindow['match'], change: Partial<Finding> = {}): boolean => new Maintenance([{ ...once, match }]).marked(finding(time, change)).severity === 'info'
  expect(marks({ tenant: ['default'] })).toBe(true)
  expect(marks({ tenant: ['acme'] })).toBe(false)
  expect(marks({ actor: ['ann'] })).toBe(false)
  expect(marks({ actor: ['ann'] }, { principal: 'ann' })).toBe(true)
  expect(marks({ actor: ['ann'], tool: ['run_command'] }, { actor: 'ann' })).toBe(true)
  expect(marks({ actor: ['ann'], tool: ['other'] }, { actor: 'ann' })).toBe(false)
  expect(marks({ detector: ['unexpected-command'] })).toBe(true)
  expect(marks({ detector: ['off-hours-token'] })).toBe(false)
  expect(marks({ server: [''] }, { server: '' })).toBe(false)
})

it('comes again by cron, over midnight and for as long as it says, in any order of records', () => {
  const window: MaintenanceWindow = { ...once, match: { tenant: ['default'] }, when: { cron: '30 23 * * sat', minutes: 90, zone: 'Europe/Berlin' }, learn: true }
  const maintenance = new Maintenance([window])
  const on = ['2026-11-21T22:30:00Z', '2026-11-21T23:59:59Z', '2026-07-18T21:30:00Z', '2026-11-21T22:45:00Z']
  const off = ['2026-11-21T22:29:59Z', '2026-11-22T00:00:00Z', '2026-11-22T22:45:00Z', '2026-07-18T21:29:00Z']
  for (const time of [...on, ...off, ...on.toReversed()]) expect(maintenance.marked(finding(time)).severity, time).toBe(on.includes(time) ? 'info' : 'critical')
})

it('learns only where every window that covers it lets it', () => {
  const lax: MaintenanceWindow = { ...once, learn: true }
  const learns = (...windows: MaintenanceWindow[]) => new Maintenance(windows).learns(exampleFinding, at('2026-11-21T21:00:00Z'), 'd')
  expect([learns(), learns(lax), learns(lax, once), learns({ ...once, match: { detector: ['other'] } })]).toEqual([true, true, false, true])
})
