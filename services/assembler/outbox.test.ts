import { expect, test } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { blankInteraction } from '../../schemas/interaction.ts'
import type { Publisher } from '../../schemas/ports.ts'
import { Outbox } from './outbox.ts'
import type { AssemblerTelemetry } from './telemetry.ts'

const telemetry = { published: () => undefined, relayed: () => undefined } as unknown as AssemblerTelemetry

/** Publishes that the test answers by topic. */
class Bus {
  readonly said: string[] = []
  readonly #waiting = new Map<string, (error?: Error) => void>()

  readonly publisher: Publisher = {
    publish: (topic) => this.#say(topic.name),
    broadcast: (topic) => this.#say(`${topic.name} to all`),
  }

  answer(topic: string, error?: Error): void {
    const waiting = this.#waiting.get(topic)
    this.#waiting.delete(topic)
    waiting?.(error)
  }

  #say(topic: string): Promise<void> {
    this.said.push(topic)
    return new Promise((resolve, reject) => this.#waiting.set(topic, (error) => (error === undefined ? resolve() : reject(error))))
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function filled(): Outbox {
  const outbox = new Outbox(telemetry, (interaction) => interaction)
  outbox.interactions.push(blankInteraction())
  outbox.relays.push({ kind: 'habit', key: 'c', at: 1n, calls: 1, asked: 0 })
  outbox.tickAt = 5n
  return outbox
}

test('calls and relays are written side by side, and the time behind the relays', async () => {
  const [bus, outbox] = [new Bus(), filled()]
  const flushed = outbox.flush(bus.publisher)
  await turn()
  expect(bus.said).toEqual(['interactions', 'correlations'])
  bus.answer('correlations')
  await turn()
  expect(bus.said).toEqual(['interactions', 'correlations', 'correlations to all'])
  bus.answer('correlations to all')
  bus.answer('interactions')
  await flushed
  await outbox.flush(bus.publisher)
  expect(bus.said).toHaveLength(3)
})

test('of what could not be written that alone is written again, and not before the rest is answered', async () => {
  const [bus, outbox] = [new Bus(), filled()]
  let failure: unknown
  const flushed = outbox.flush(bus.publisher).catch((error: unknown) => { failure = error })
  await turn()
  bus.answer('interactions', new Failure('unavailable', 'kafka.unavailable', 'away'))
  bus.answer('correlations')
  await turn()
  expect(failure).toBe(undefined)
  bus.answer('correlations to all')
  await flushed
  expect(failure).toMatchObject({ code: 'kafka.unavailable' })
  bus.said.length = 0
  const again = outbox.flush(bus.publisher)
  await turn()
  expect(bus.said).toEqual(['interactions'])
  bus.answer('interactions')
  await again
})
