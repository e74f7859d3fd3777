/** Alerts and what belongs to them as the API shows them: the records of the bus, times as ISO 8601 ('' where not known). */
import { z } from 'zod'
import { AlertEvent } from '../../../schemas/alert-event.ts'
import { Alert, Delivery } from '../../../schemas/alert.ts'
import type { Row } from '../../../schemas/ports.ts'
import { Severity } from '../../../schemas/vocabulary.ts'
import { isoTime } from '../responses.ts'

const time = z.string().describe("ISO 8601, '' where there is none")

export const AlertView = Alert.extend({
  first_seen: time, last_seen: time, created_at: time, updated_at: time, status_at: time, told_at: time,
}).meta({ id: 'Alert' })
export const AlertEventView = AlertEvent.extend({ at: time }).meta({ id: 'AlertEvent' })
export const AttemptView = Delivery.omit({ duration_ns: true }).extend({ attempted_at: time, duration_ms: z.number() }).meta({ id: 'DeliveryAttempt' })

/** One detector's word, as far as it is shown with its alert. */
export const FindingView = z.strictObject({
  finding_id: z.string(), version: z.number().int(), detector: z.string(), rule_version: z.number().int(), severity: Severity, title: z.string(), observed: z.string(),
  expected: z.string(), interaction_id: z.string(), actor: z.string(), server: z.string(), tool: z.string(), trace_id: z.string(), lineage: z.string(),
  window_start: time, window_end: time, created_at: time, evidence_ids: z.array(z.string()),
}).meta({ id: 'Finding' })

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)

/** Columns of a schema, in its order. */
export const columnsOf = (schema: z.ZodObject): string => Object.keys(schema.shape).map((name) => `\`${name}\``).join(', ')

/** A row with these columns, times written out. */
const shown = (row: Row, schema: z.ZodObject): Record<string, unknown> => Object.fromEntries(Object.entries(schema.shape).map(([name, type]) => {
  const value = row[name]
  return [name, type === time && typeof value === 'bigint' ? isoTime(value) : plain(value)]
}))

export const alertView = (row: Row): z.infer<typeof AlertView> => shown(row, AlertView) as z.infer<typeof AlertView>
export const alertEventView = (row: Row): z.infer<typeof AlertEventView> => shown(row, AlertEventView) as z.infer<typeof AlertEventView>
export const findingView = (row: Row): z.infer<typeof FindingView> => shown(row, FindingView) as z.infer<typeof FindingView>
export const attemptView = (row: Row): z.infer<typeof AttemptView> =>
  ({ ...shown(row, AttemptView), duration_ms: Number(row['duration_ns']) / 1e6 }) as z.infer<typeof AttemptView>
