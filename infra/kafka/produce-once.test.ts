import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { patchClient } from './client-patches.ts'
import { Pieces } from './pieces.ts'
import type { ProduceParams } from './produce-request.ts'

interface Sent {
  readonly buffer: Buffer
}
type CreateRequest = (parts: { correlationId: number; clientId: string; request: { encode(): Promise<unknown> } }) => Promise<Sent>
interface Answerable {
  readonly request: { encode(): Promise<unknown> }
  readonly response: { decode(payload: Buffer): Promise<unknown> }
}

const load = createRequire(import.meta.url)
const createRequest = load('kafkajs/src/protocol/request.js') as CreateRequest
const produce = load('kafkajs/src/protocol/requests/produce/index.js') as { protocol(wanted: { version: number }): (params: ProduceParams) => Answerable }
const kafkajsOwn = produce.protocol
patchClient()

const sizes = fc.oneof(fc.nat(80), fc.constantFrom(8_191, 8_192, 300_000))
const topic = fc.record({
  topic: fc.constantFrom('watchkeeper.events', 'prüfung'),
  partitions: fc.array(fc.record({ partition: fc.nat(64), firstSequence: fc.nat(), sizes: fc.array(sizes, { minLength: 1, maxLength: 70 }) }), { minLength: 1, maxLength: 2 }),
})
const params = fc.record({
  acks: fc.constant(-1), timeout: fc.nat(60_000), producerId: fc.bigInt(-1n, 2n ** 62n).map(String), producerEpoch: fc.nat(30_000), compression: fc.constant(0),
  topicData: fc.array(topic, { minLength: 1, maxLength: 2 }),
})

/** Values are made last, so that a counterexample can be read. */
const filled = <T extends { readonly sizes: readonly number[] }>({ sizes: lengths, ...partition }: T) =>
  ({ ...partition, messages: lengths.map((length) => ({ partition: 0, value: Buffer.alloc(length, length % 251) })) })

const inPieces = (value: Buffer): Pieces => new Pieces([value.subarray(0, 28), value.subarray(28, 90), value.subarray(90)])

async function bytesOf(protocol: typeof kafkajsOwn, sent: ProduceParams, clientId: string, version = 7): Promise<Buffer> {
  const { request } = protocol({ version })(sent)
  return Buffer.from((await createRequest({ correlationId: 7, clientId, request })).buffer)
}

test('a request is what kafkajs would have written, also where the client has too long a name to be put in front', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await fc.assert(fc.asyncProperty(params, fc.constantFrom('watchkeeper', 'w'.repeat(600)), async ({ topicData, ...rest }, clientId) => {
    const sent = { ...rest, topicData: topicData.map((each) => ({ topic: each.topic, partitions: each.partitions.map(filled) })) }
    expect((await bytesOf(produce.protocol, sent, clientId)).equals(await bytesOf(kafkajsOwn, sent, clientId))).toBe(true)
  }), { numRuns: 40 })
  vi.useRealTimers()
})

const plain = (text: string): ProduceParams => ({
  acks: -1, timeout: 1, producerId: '5', producerEpoch: 0, compression: 0,
  topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [{ value: Buffer.from(text) }] }] }],
})

/** The answer to `plain`, version 7. */
const ANSWER = Buffer.from('00000001000174000000010000000000000000000000000000ffffffffffffffff000000000000000000000000', 'hex')

test('memory is used again once the broker has answered, and not before', async () => {
  const asked = (text: string) => produce.protocol({ version: 7 })(plain(text))
  const written = async ({ request }: Answerable): Promise<Buffer> => (await createRequest({ correlationId: 1, clientId: 'c', request })).buffer
  const [first, second] = [asked('one'), asked('two')]
  const [firstBytes, secondBytes] = [await written(first), await written(second)]
  expect(firstBytes.buffer).not.toBe(secondBytes.buffer)
  expect(firstBytes.includes('one')).toBe(true)
  await first.response.decode(ANSWER)
  const third = await written(asked('three'))
  expect(third.buffer).toBe(firstBytes.buffer)
  expect(secondBytes.includes('two')).toBe(true)
  // Sent anew after a timeout: the answer to the second attempt says nothing of what became of the first.
  const again = asked('again')
  const [attempt, retried] = [await written(again), await written(again)]
  await again.response.decode(ANSWER)
  expect((await written(asked('last'))).buffer).toBe(retried.buffer)
  expect(attempt.includes('again')).toBe(true)
})

test('a value in pieces is what it would be in one, also where kafkajs writes the request', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await fc.assert(fc.asyncProperty(params, fc.constantFrom(0, 1), fc.constantFrom(2, 7), async ({ topicData, ...rest }, compression, version) => {
    const whole = { ...rest, compression, topicData: topicData.map((each) => ({ topic: each.topic, partitions: each.partitions.map(filled) })) }
    const cut = {
      ...whole,
      topicData: whole.topicData.map(({ topic: name, partitions }) => ({
        topic: name, partitions: partitions.map((each) => ({ ...each, messages: each.messages.map(({ value }) => ({ partition: 0, value: inPieces(value) })) })),
      })),
    }
    expect((await bytesOf(produce.protocol, cut, 'c', version)).equals(await bytesOf(kafkajsOwn, whole, 'c', version))).toBe(true)
  }), { numRuns: 40 })
  vi.useRealTimers()
})

test('what has a key, headers, a time or no value is left to kafkajs', async () => {
  const base = plain('x')
  for (const message of [{ key: 'k', value: Buffer.from('v') }, { key: 'k', value: null }, { value: 'text' }, { value: Buffer.from('v'), headers: { a: 'b' } }, { value: Buffer.from('v'), timestamp: '5' }]) {
    const sent = { ...base, topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [message] }] }] }
    expect((await produce.protocol({ version: 7 })(sent).request.encode() as object).constructor.name, JSON.stringify(message)).toBe('Encoder')
  }
})
