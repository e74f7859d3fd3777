import { expect, test } from 'vitest'
import type { Part } from './envelopes.ts'
import { withDefaults } from './options.ts'
import { Outbox } from './outbox.ts'
import { Pieces } from './pieces.ts'
import type { Sender, Sent, SentMessage } from './sender.ts'

const settings = withDefaults({ brokers: ['x:1'], partitions: 2, clock: { now: () => BigInt(Date.now()) * 1_000_000n }, maxWaitingBytes: 1000 })
const topic = { name: 't', full: 'w.t', partitions: 2, maxMessageBytes: 100_000 }
const part = (partition: number, text: string): Part => ({ partition, records: 1, value: new Pieces([Buffer.from(text)]) })

const textOf = (value: SentMessage['value']): string => (value instanceof Pieces ? value.whole() : value ?? '').toString()

/** Sends that the test lets go or fail one by one. */
class Wire {
  readonly sent: string[][] = []
  readonly #answers: { resolve(): void; reject(error: unknown): void }[] = []
  #arrived: (() => void)[] = []

  readonly sender = {
    send: async (messages: readonly Sent[]): Promise<void> => {
      this.sent.push(messages.flatMap((each) => each.messages.map(({ partition, value }) => `${partition}:${textOf(value)}`)))
      await new Promise<void>((resolve, reject) => {
        this.#answers.push({ resolve, reject })
        for (const wake of this.#arrived.splice(0)) wake()
      })
    },
  } as unknown as Sender

  /** The oldest send that waits is answered. */
  async answer(error?: unknown): Promise<void> {
    while (this.#answers.length === 0) await new Promise<void>((resolve) => this.#arrived.push(resolve))
    const next = this.#answers.shift()!
    if (error === undefined) next.resolve()
    else next.reject(error)
  }
}

test('one send at a time; what comes meanwhile goes together, in order, and is acknowledged only after its own answer', async () => {
  const wire = new Wire()
  const outbox = new Outbox(settings, wire.sender)
  const done: string[] = []
  const publish = (name: string, ...parts: Part[]) => outbox.publish(topic, false, parts).then(() => done.push(name))
  const all = [publish('a', part(0, 'a0'), part(1, 'a1'))]
  await wire.answer()
  await all[0]
  all.push(publish('b', part(0, 'b0')))
  await Promise.resolve()
  await Promise.resolve()
  all.push(publish('c', part(0, 'c0')), publish('d', part(1, 'd1')))
  expect(done).toEqual(['a'])
  await wire.answer()
  await all[1]
  expect(done).toEqual(['a', 'b'])
  await wire.answer()
  await Promise.all(all)
  expect(wire.sent).toEqual([['0:a0', '1:a1'], ['0:b0'], ['0:c0', '1:d1']])
  expect(outbox.waitingBytes).toBe(0)
})

test('small envelopes of one partition are joined where the codec says that they can be', async () => {
  const wire = new Wire()
  const outbox = new Outbox(settings, wire.sender)
  const all = Promise.all([['x', 0], ['y', 1], ['z', 0]].map(([text, partition]) => outbox.publish(topic, true, [part(partition as number, text as string)])))
  await wire.answer()
  await all
  expect(wire.sent).toEqual([['0:xz', '1:y']])
})

test('a failed send is told to its own publishes, and the next goes on', async () => {
  const wire = new Wire()
  const outbox = new Outbox(settings, wire.sender)
  const first = outbox.publish(topic, false, [part(0, 'lost')])
  const refused = expect(first).rejects.toMatchObject({ kind: 'unavailable', code: 'kafka.unavailable' })
  await wire.answer(Object.assign(new Error('x'), { name: 'KafkaJSRequestTimeoutError' }))
  await refused
  expect(outbox.trouble).toContain('KafkaJSRequestTimeoutError')
  const second = outbox.publish(topic, false, [part(0, 'kept')])
  await wire.answer()
  await second
  expect([outbox.trouble, outbox.waitingBytes]).toEqual(['', 0])
})

test('one publish that the broker will never take does not take the others with it', async () => {
  const wire = new Wire()
  const outbox = new Outbox(settings, wire.sender)
  const [good, bad] = [outbox.publish(topic, false, [part(0, 'good')]), outbox.publish(topic, false, [part(1, 'bad')])]
  const refused = expect(bad).rejects.toMatchObject({ kind: 'rejected', code: 'kafka.record_too_large' })
  const tooLarge = Object.assign(new Error('x'), { type: 'MESSAGE_TOO_LARGE' })
  await wire.answer(tooLarge)
  await wire.answer()
  await wire.answer(tooLarge)
  await good
  await refused
  expect(wire.sent).toEqual([['0:good', '1:bad'], ['0:good'], ['1:bad']])
})

test('more than may wait is refused at once, and what is larger than the topic takes before anything is sent', async () => {
  const wire = new Wire()
  const outbox = new Outbox(settings, wire.sender)
  const first = outbox.publish(topic, false, [part(0, 'x'.repeat(900))])
  await expect(outbox.publish(topic, false, [part(0, 'y'.repeat(200))])).rejects.toMatchObject({ kind: 'unavailable', code: 'kafka.busy', retryAfterSeconds: 2 })
  await expect(outbox.publish(topic, false, [part(0, 'a'), part(1, 'z'.repeat(100_001))])).rejects.toMatchObject({ kind: 'rejected' })
  await wire.answer()
  await first
  expect(wire.sent).toHaveLength(1)
  await outbox.close()
  await expect(outbox.publish(topic, false, [part(0, 'x')])).rejects.toMatchObject({ code: 'kafka.closed' })
})

test('no record batch of a partition is larger than the topic takes', async () => {
  const wire = new Wire()
  const outbox = new Outbox({ ...settings, maxWaitingBytes: 1e9 }, wire.sender)
  const all = Promise.all(['a', 'b', 'c'].map((text) => outbox.publish(topic, false, [part(0, text.repeat(40_000))])))
  await wire.answer()
  await wire.answer()
  await all
  expect(wire.sent.map((send) => send.length)).toEqual([2, 1])
})
