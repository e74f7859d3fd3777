import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { Received } from './received.ts'

const HEAD = { method: 'GET', path: '/', query: '', headers: new Map(), peer: '127.0.0.1' }
const received = (state: object) => {
  const response = Object.assign(new EventEmitter(), state) as unknown as ServerResponse
  return { response, request: new Received(HEAD, Buffer.alloc(0), response) }
}

test('the signal is aborted where the client is gone, before it is asked for or after, and not by a whole answer', () => {
  expect(received({ destroyed: true, writableFinished: false }).request.signal.aborted).toBe(true)
  for (const writableFinished of [false, true]) {
    const { response, request } = received({ destroyed: false, writableFinished })
    const { signal } = request
    expect([signal.aborted, request.signal === signal]).toEqual([false, true])
    response.emit('close')
    expect(signal.aborted).toBe(!writableFinished)
  }
})
