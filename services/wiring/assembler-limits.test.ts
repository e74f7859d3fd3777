import { expect, test } from 'vitest'
import { Config } from '../config/schema.ts'
import { assemblerLimits } from './assembler-limits.ts'

const config = (assembler: Record<string, number>) => Config.parse({ assembler })

test('what is configured is for all partitions together', () => {
  const { spans, relatedCalls } = assemblerLimits(config({ max_spans: 400_000, max_related_calls: 100_001 }), 8)
  expect([spans, relatedCalls]).toEqual([50_000, 12_501])
  expect(assemblerLimits(config({ max_spans: 400_000 }), 1).spans).toBe(400_000)
})

test('a share holds the longest trace and the longest conversation', () => {
  const { spans, relatedCalls } = assemblerLimits(config({ max_spans: 50_000, max_spans_per_trace: 20_000, max_related_calls: 500, max_calls_per_conversation: 200 }), 64)
  expect([spans, relatedCalls]).toEqual([20_000, 200])
})

test('times are nanoseconds', () => {
  expect(assemblerLimits(config({ quiet_seconds: 0.1, lineage_minutes: 2 }), 1)).toMatchObject({ quietNs: 100_000_000n, lineageNs: 120_000_000_000n })
})
