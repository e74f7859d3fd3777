/** Section `retention`: how long what is kept. */
import { z } from 'zod'

/** Shortest time that is taken without asking twice: six months (Regulation (EU) 2024/1689, Art. 19 and 26). */
const LEAST_DAYS = 183
const tenant = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 _ -')
const days = z.number().int().min(1).max(36_500).optional()

const Times = z.strictObject({
  metadata_days: days.describe('Calls and their observations as a whole; kept for good where absent'),
  content_days: days.describe('Arguments, results, attributes and texts within them; as long as the rest where absent'),
  findings_days: days.describe('Findings, alerts and deliveries; kept for good where absent'),
})

export const Retention = Times.extend({
  tenants: z.record(tenant, Times).default({}).describe('By tenant: what is said here counts instead'),
  below_six_months: z.boolean().default(false).describe('Allows times below 183 days: whoever sets it knows why'),
  cron: z.string().min(9).max(100).default('40 2 * * *').describe('When it is looked, five fields of cron in UTC. Only whole months go, so a row stays up to a month longer'),
}).superRefine(({ tenants, below_six_months: allowed, ...own }, context) => {
  for (const [path, times] of [[[], own] as const, ...Object.entries(tenants).map(([name, times]) => [['tenants', name], times] as const)]) {
    for (const name of ['metadata_days', 'content_days', 'findings_days'] as const) {
      const value = times[name]
      if (value !== undefined && value < LEAST_DAYS && !allowed) {
        context.addIssue({ code: 'custom', path: [...path, name], message: `is below six months (${LEAST_DAYS} days): set retention.below_six_months where that is meant` })
      }
    }
  }
})
