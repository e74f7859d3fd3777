import { expect, it } from 'vitest'
import { z } from 'zod'
import { linesOfIssues } from './issue-words.ts'

it('says what is wrong in words, and leaves those of a schema alone', () => {
  const schema = z.strictObject({
    gone: z.string(), kind: z.string(), whole: z.number().int(), empty: z.string().min(1), none: z.array(z.string()).min(1), short: z.string().min(2), few: z.array(z.string()).min(2), long: z.string().max(1),
    low: z.number().positive(), high: z.number().max(5), one: z.enum(['a', 'b']), only: z.literal('q'), url: z.url(), time: z.iso.datetime(), own: z.string().regex(/x/, 'must have an x'),
    inner: z.strictObject({ deep: z.boolean() }),
  })
  const parsed = schema.safeParse({
    kind: 1, whole: 1.5, empty: '', none: [], short: 's', few: ['x'], long: 'secret', low: 0, high: 9, one: 'c', only: 'z', url: 'secret', time: '2027', own: 'secret', inner: { deep: 'no', more: 1 }, other: 1,
  })
  expect(linesOfIssues(parsed.error!, 'the file')).toEqual([
    'gone: is missing', 'kind: must be text, not a number', 'whole: must be a whole number', 'empty: must not be empty', 'none: must not be empty', 'short: must have at least 2 characters',
    'few: must have at least 2 entries', 'long: must have at most 1 character', 'low: must be more than 0', 'high: must be at most 5', 'one: must be one of a, b', 'only: must be q',
    'url: must be an address such as https://example.org/path', 'time: must be a time such as 2026-11-22T10:00:00Z', 'own: must have an x', 'inner.deep: must be true or false, not text',
    'inner: unknown key "more"', 'the file: unknown key "other"',
  ])
})

it('has words for keys and values that are something else', () => {
  expect(linesOfIssues(z.strictObject({}).safeParse([]).error!, 'it')).toEqual(['it: must be keys and values, not a list'])
  expect(linesOfIssues(z.union([z.string(), z.number()]).safeParse(true).error!, 'it')).toEqual(['it: Invalid input'])
})
