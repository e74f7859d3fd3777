import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { giveBack, standsWhere } from '../../schemas/spare-memory.ts'
import { readInOnePlace, receive, type ReceivingConnection } from './receive-once.ts'

interface Answer {
  readonly size: number
  readonly correlationId: number
  readonly payload: Buffer
}

/** A connection of kafkajs, as far as it is looked at, and what it was answered. */
function connected() {
  const answers: Answer[] = []
  const errors: (Error | undefined)[] = []
  const socket = { destroy: (error?: Error) => void errors.push(error) }
  const connection = { socket, authHandlers: null, authExpectResponse: false, requestQueue: { fulfillRequest: (answer: Answer) => void answers.push(answer) } }
  return { connection: connection as ReceivingConnection & { socket: unknown; authHandlers: unknown; authExpectResponse: boolean }, answers, errors }
}

/** Answer `number` with `length` bytes that tell it from others. */
function written(number: number, length: number): Buffer {
  const bytes = Buffer.alloc(8 + length, number % 251)
  bytes.writeInt32BE(4 + length)
  bytes.writeInt32BE(number, 4)
  return bytes
}

test('answers are what was sent, however it is cut, though every piece comes at the same place', () => {
  const lengths = fc.array(fc.oneof(fc.nat(40), fc.constantFrom(32_759, 32_760, 100_000)), { minLength: 1, maxLength: 8 })
  fc.assert(fc.property(lengths, fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 65_536 })), { minLength: 1 }), (sent, cuts) => {
    const { connection, answers } = connected()
    const all = Buffer.concat(sent.map((length, number) => written(number, length)))
    const place = Buffer.alloc(65_536)
    for (let at = 0, cut = 0; at < all.length; cut++) {
      const bytes = all.copy(place, 0, at, at + cuts[cut % cuts.length]!)
      receive.call(connection, place.subarray(0, bytes))
      at += bytes
    }
    expect(answers.map(({ size, correlationId, payload }) => [size, correlationId, payload.length, payload.every((byte) => byte === correlationId % 251)]))
      .toEqual(sent.map((length, number) => [4 + length, number, length, true]))
  }), { numRuns: 60 })
})

test('memory of an answer is used again once it was given back, and not before', () => {
  const { connection, answers } = connected()
  const place = (number: number): ArrayBufferLike => {
    receive.call(connection, written(number, 50_000))
    return answers.at(-1)!.payload.buffer
  }
  const [first, second] = [place(1), place(2)]
  expect(second).not.toBe(first)
  expect(answers[0]!.payload.every((byte) => byte === 1)).toBe(true)
  const read = {}
  standsWhere(answers[0]!.payload, read)
  giveBack(read)
  expect(place(3)).toBe(first)
  // Twice counts once.
  giveBack(read)
  expect(place(4)).not.toBe(first)
})

test('half an answer of a connection that broke is not the beginning of the next one', () => {
  const { connection, answers } = connected()
  receive.call(connection, written(1, 100).subarray(0, 60))
  connection.socket = { destroy: () => undefined }
  receive.call(connection, written(2, 10))
  expect(answers.map(({ correlationId }) => correlationId)).toEqual([2])
})

test('what is no answer ends the connection', () => {
  const { connection, answers, errors } = connected()
  receive.call(connection, Buffer.from('HTTP/1.1 400 Bad Request\r\n'))
  receive.call(connected().connection, Buffer.alloc(3))
  expect([answers, errors.map(String)]).toEqual([[], ['RangeError: an answer has no length']])
})

test('while the client says who it is, an answer comes with its length, or as it is where it has none', () => {
  const { connection } = connected()
  const heard: Buffer[] = []
  connection.authHandlers = { onSuccess: (bytes: Buffer) => void heard.push(bytes) }
  connection.authExpectResponse = true
  receive.call(connection, written(1, 4))
  connection.authExpectResponse = false
  const place = Buffer.from('any bytes')
  receive.call(connection, place)
  place.fill(0)
  expect(heard).toEqual([written(1, 4), Buffer.from('any bytes')])
})

test('a socket gives what comes and its end', async () => {
  const sent = Buffer.alloc(300_000, 'abcdefg')
  const server = createServer((peer) => peer.end(sent)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = readInOnePlace({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ssl: undefined as never, onConnect: () => undefined })
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(Buffer.from(piece)))
  await once(socket, 'end')
  expect(Buffer.concat(pieces).equals(sent)).toBe(true)
  server.close()
})
