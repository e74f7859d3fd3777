/** What was approved is on disk before it is sent, and is sent with the same id and body by whoever comes after. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { Answer, Bus, Snapshots } from '../../schemas/ports.ts'
import type { ResponseAction, ResponseOrder } from '../../schemas/response-action.ts'
import { responseActions, responseOrders } from '../../schemas/topics.ts'
import type { Hook } from '../../services/response/contracts.ts'
import { createResponder } from '../../services/response/service.ts'
import { decodeState } from '../../services/response/state.ts'

const PORTS = { redact: (_tenant: string, text: string) => text.replace('hunter2', '[redacted]'), lasts: 86_400_000_000_000n }
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const ID = '1'.repeat(32)
const ordered = { tenant: 'acme', action_id: ID, at: clock.now(), why: 'stolen' }
const request: ResponseOrder = { order: 'request', ...ordered, order_id: ID, by: 'bob', token: 'desk', alert_id: '2'.repeat(32), alert_version: 1, hook: 'revoke_token', request: '{"target":{}}' }
const approve: ResponseOrder = { order: 'approve', ...ordered, order_id: '3'.repeat(32), by: 'eve', token: 'lead' }

let directory = ''
let bus: Bus
let snapshots: Snapshots
const said: ResponseAction[] = []
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-responder-'))
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 1, clock })
  snapshots = await openFileSnapshots(join(directory, 'state'), () => undefined)
  await bus.subscribe(responseActions, {
    group: 'test', gap: async () => undefined, failed: (error) => { throw error },
    handle: async (envelopes) => void said.push(...envelopes.flatMap(({ records }) => records)),
  })
})
afterAll(async () => {
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

interface Attempt {
  readonly id: string
  readonly body: string
  readonly onDisk: string | undefined
}

/** A hook that answers as `answer` says, and looks at what is on disk when it is asked. */
function hook(attempts: Attempt[], answer: (signal: AbortSignal) => Promise<Answer>): Hook {
  return { name: 'revoke_token', approval: true, mostPerHour: 5, async send({ id, body }, signal) {
    const saved = await snapshots.load('responder-0')
    attempts.push({ id, body, onDisk: saved === undefined ? undefined : decodeState(saved.state, 0).actions.get(ID)?.state })
    return answer(signal)
  } }
}

it('goes on where another process ended in the middle of a message', async () => {
  const attempts: Attempt[] = []
  const never = (signal: AbortSignal): Promise<Answer> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))))
  const first = createResponder({ bus, snapshots, clock, log: quiet, ...PORTS, hooks: [hook(attempts, never)] })
  await first.start()
  await bus.publish(responseOrders, [request, approve, approve].map((record) => ({ key: ID, record })))
  await vi.waitFor(() => expect(attempts).toHaveLength(1), { timeout: 10_000, interval: 20 })
  await first.stop()
  expect(said.at(-1)).toMatchObject({ state: 'approved', attempts: 0 })

  const second = createResponder({ bus, snapshots, clock, log: quiet, ...PORTS, hooks: [hook(attempts, async () => ({ status: 200, text: 'done, hunter2', retryAfterSeconds: undefined }))] })
  await second.start()
  await vi.waitFor(() => expect(said.at(-1)).toMatchObject({ state: 'done', attempts: 1, answer: 'done, [redacted]' }), { timeout: 10_000, interval: 20 })
  await second.stop()
  expect(attempts.map(({ id, onDisk }) => [id, onDisk])).toEqual([[`act_${ID}`, 'approved'], [`act_${ID}`, 'approved']])
  expect(new Set(attempts.map(({ body }) => body)).size).toBe(1)

  const third = createResponder({ bus, snapshots, clock, log: quiet, ...PORTS, hooks: [hook(attempts, never)] })
  await third.start()
  expect(third.notReady()).toBe('')
  await third.stop()
  expect(attempts).toHaveLength(2)
})
