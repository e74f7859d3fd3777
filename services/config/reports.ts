/** Section `reports`: which reports are made when. */
import { z } from 'zod'

const tenant = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 _ -')

const Schedule = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 -'),
  tenant: tenant.default('default').describe('Whose records it is about'),
  controls: z.array(z.string().min(1).max(64)).min(1).max(100).describe('Frameworks (gdpr, hipaa, pci, soc2), controls such as pci-10-2, or all; `watchkeeper report controls` lists them'),
  title: z.string().min(1).max(200).optional().describe('What it is called; made of the controls where absent'),
  cron: z.string().min(9).max(100).describe('Five fields of cron, such as 0 6 1 * *. A report is about the time since the one before'),
  timezone: z.string().min(1).max(64).default('UTC').describe('Time zone of these fields, such as Europe/Berlin'),
  jitter_seconds: z.number().int().min(0).max(3_600).default(300).describe('It is begun up to so much later, so that not all are made at once; what it says is as of its time all the same'),
  deliver_to: z.array(z.string().min(1).max(63)).max(16).default([]).describe('Receivers of alerting (webhook, slack, teams, email) that are told: what it is about, its hash, where it lies; not what is in it'),
})

export const Reports = z.strictObject({
  directory: z.string().min(1).optional().describe('Where finished reports lie; reports in data_dir where absent. They hold names of people: retention and erasure of these files are yours'),
  schedules: z.array(Schedule).max(200).default([]).superRefine((schedules, context) => {
    for (const [at, one] of schedules.entries()) {
      if (schedules.findIndex(({ name, tenant: whose }) => name === one.name && whose === one.tenant) !== at) {
        context.addIssue({ code: 'custom', path: [at, 'name'], message: `is the name of another schedule of tenant ${one.tenant}: ${one.name}` })
      }
    }
  }).describe('Reports that are made by themselves: each time once, by one of all processes, and later where none was there'),
})
