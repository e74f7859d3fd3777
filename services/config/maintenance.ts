/** Section `detection`: planned work that nobody is to be called for. */
import { z } from 'zod'
import { isZone } from '../../detectors/off-hours-token/local-time.ts'
import { cronTimes } from '../worker/maintenance/cron-times.ts'
import type { MaintenanceWindow } from '../worker/maintenance/maintenance.ts'

const MOST_MINUTES = 10_080

function cronProblem(expression: string): string | undefined {
  try {
    cronTimes(expression, 'UTC')
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const cron = z.string().max(256).superRefine((expression, context) => {
  const problem = cronProblem(expression)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `is no cron expression: ${problem}` })
})
const values = z.union([z.string().min(1).max(256).transform((value) => [value]), z.array(z.string().min(1).max(256)).min(1).max(1_000)])
const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-21T20:00:00Z' })

const Match = z.strictObject({
  tenant: values.optional().describe('Exact, one or a list, as all of these; fields that are given must all agree'),
  actor: values.optional().describe('Actor or principal'),
  server: values.optional(),
  tool: values.optional(),
  detector: values.optional().describe('Of this detector only'),
}).refine((match) => Object.values(match).some((value) => value !== undefined), 'needs at least one of tenant, actor, server, tool, detector')

const Window = z.strictObject({
  reason: z.string().min(1).max(256).describe('Required: it stands in each finding'),
  owner: z.string().max(256).default('').describe('Who answers for it'),
  from: time.optional().describe('Begin, ISO 8601; with `to`, in place of `cron`. One that is over does nothing'),
  to: time.optional().describe('End'),
  cron: cron.optional().describe('When it begins, again and again: minute, hour, day of month, month, day of week'),
  minutes: z.number().int().min(1).max(MOST_MINUTES).optional().describe('How long it then lasts'),
  zone: z.string().refine(isZone, 'is no time zone: write one such as Europe/Berlin').optional().describe('On whose clock, such as Europe/Berlin; UTC where absent'),
  match: Match.describe('What it is about'),
  learn: z.boolean().default(false).describe('Whether detectors learn from what happens meanwhile'),
}).superRefine(({ from, to, cron: again, minutes, zone }, context) => {
  const problem = (message: string): void => context.addIssue({ code: 'custom', message })
  const once = from !== undefined || to !== undefined
  if (once === (again !== undefined)) problem('needs either from and to, or cron and minutes')
  else if (once && (from === undefined || to === undefined)) problem('needs both from and to')
  else if (once && (minutes !== undefined || zone !== undefined)) problem('has minutes or zone, which belong to cron')
  else if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) problem('ends before it begins')
  else if (again !== undefined && minutes === undefined) problem('needs minutes beside cron')
})

export const Detection = z.strictObject({
  maintenance: z.array(Window).max(200).default([])
    .describe('Planned work: findings of it are kept, marked with the reason and lowered to info, so that nobody is called. By time of arrival'),
})

const nanoseconds = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n

/** As the worker takes them. */
export function maintenanceOf({ maintenance }: z.infer<typeof Detection>): readonly MaintenanceWindow[] {
  return maintenance.map(({ reason, owner, match, learn, from, to, cron: again, minutes, zone }) => ({
    reason, owner, match, learn,
    when: again === undefined ? { from: nanoseconds(from ?? ''), to: nanoseconds(to ?? '') } : { cron: again, minutes: minutes ?? 0, zone: zone ?? 'UTC' },
  }))
}
