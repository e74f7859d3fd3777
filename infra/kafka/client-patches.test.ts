import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { patchClient } from './client-patches.ts'
import { isSilence, isType } from './failures.ts'

interface Pool {
  brokers: Record<string, { isConnected(): boolean }>
  withBroker(ask: () => Promise<unknown>): Promise<unknown>
}

const load = createRequire(import.meta.url)
patchClient()
const BrokerPool = load('kafkajs/src/cluster/brokerPool.js') as new (options: object) => Pool
const { KafkaJSProtocolError, KafkaJSRequestTimeoutError } = load('kafkajs/src/errors.js') as Record<string, new (cause: unknown, more?: object) => Error>

function pool(): Pool {
  const made = new BrokerPool({ logger: { namespace: () => ({}) } })
  made.brokers = { 1: { isConnected: () => true }, 2: { isConnected: () => true } }
  return made
}

it('why no broker answered is told when none has', async () => {
  const late = new KafkaJSRequestTimeoutError!('Request Metadata timed out', {})
  const asked = pool().withBroker(async () => { throw late }).catch((error: unknown) => error)
  expect(isSilence(await asked)).toBe(true)
  const unknown = new KafkaJSProtocolError!(Object.assign(new Error('unknown'), { type: 'UNKNOWN_TOPIC_OR_PARTITION', code: 3 }))
  expect(isType(await pool().withBroker(async () => { throw unknown }).catch((error: unknown) => error), 'UNKNOWN_TOPIC_OR_PARTITION')).toBe(true)
  let first = true
  expect(await pool().withBroker(async () => {
    if (!first) return 'an answer'
    first = false
    throw late
  })).toBe('an answer')
})
