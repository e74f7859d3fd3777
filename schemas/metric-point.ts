/** One data point of an MCP metric, as sent. Cumulative points are kept as points and never summed. */
import { z } from 'zod'

const text = z.string()

export const MetricPoint = z.strictObject({
  /** 32 hex digits: hash of tenant, stream and time, so that a re-sent point is one row. */
  point_id: text,
  tenant: text,
  metric: text,
  /** As sent; `value_seconds` is normalised. */
  unit: text,
  kind: z.enum(['sum', 'gauge', 'histogram', 'exponential_histogram', 'summary']),
  temporality: z.enum(['', 'delta', 'cumulative']),
  source: text,
  method: text,
  tool: text,
  server: text,
  started_at: z.bigint(),
  at: z.bigint(),
  received_at: z.bigint(),
  count: z.bigint(),
  sum: z.number(),
  /** Durations in seconds whatever the unit said (mean of a histogram); NaN where it is no duration. */
  value_seconds: z.number(),
  attributes: z.map(text, text),
})
export type MetricPoint = Readonly<z.infer<typeof MetricPoint>>
