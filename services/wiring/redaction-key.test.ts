import { expect, it } from 'vitest'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import { Config } from '../config/schema.ts'
import type { Foundation } from './foundation.ts'
import { anyRedactor } from './redaction-key.ts'

const TOKEN = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`
const foundation = { keyedHash: async () => createKeyedHash(Buffer.alloc(32, 3)) } as unknown as Foundation

it('redacts what receivers answer, also in a process that has not got the key', async () => {
  const answers = await Promise.all([{}, { bus: { kafka: { brokers: ['127.0.0.1:9092'] } } }].map(async (config) => {
    const redactor = await anyRedactor(Config.parse(config), foundation, new Set(['alerter'] as const))
    return redactor.text('default', `no such channel for token=${TOKEN}`)
  }))
  for (const answer of answers) expect(answer).toMatch(/^no such channel for token=\[redacted:[a-z_-]+:[0-9a-f]{12}\]$/)
  expect(new Set(answers).size).toBe(2)
})
