import { describe, expect, it } from 'vitest'
import type { Bus, Envelope, Log, SubscribeOptions } from '../../schemas/ports.ts'
import { findings, quarantine, type Topic } from '../../schemas/topics.ts'
import { createArchiver } from './service.ts'
import type { InsertStore } from './traced-store.ts'

const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const limits = { records: 1, milliseconds: 1 }
const unused = (): never => {
  throw new Error('no part of this test')
}

/** A bus that hands over what it is told to, and refuses commits of one topic. */
function handed(refused: string) {
  const options = new Map<string, SubscribeOptions<never>>()
  const kept: string[] = []
  const bus: Bus = {
    publish: async () => undefined, broadcast: unused, lag: unused, close: unused,
    subscribe<T>(topic: Topic<T>, given: SubscribeOptions<T>) {
      options.set(topic.name, given as unknown as SubscribeOptions<never>)
      return Promise.resolve({
        async commit(partition, next) {
          if (topic.name === refused && next > 0) throw new Error('no place is kept')
          kept.push(`${topic.name}/${partition} ${next}`)
        },
        stop: async () => undefined,
      })
    },
  }
  const give = async (topic: string, offset: number): Promise<void> => {
    const envelope: Envelope<never> = { partition: 0, offset, records: [{} as never] }
    await options.get(topic)?.handle([envelope], new AbortController().signal)
  }
  return { bus, kept, give, options }
}

describe('archiver', () => {
  it('says that one line has stopped for as long as the partition is its own, though others go on', async () => {
    const { bus, kept, give, options } = handed(findings.name)
    const store: InsertStore = { query: async () => [], insertRows: async () => undefined, insertEvents: unused, insertLeaves: unused, places: unused, eventIdsFrom: unused }
    const archiver = createArchiver({ events: limits, others: limits }, { bus, store, snapshots: { load: unused, save: unused }, log })
    await archiver.start()
    for (const { name } of [findings, quarantine]) await options.get(name)?.assigned?.(0)
    await give(findings.name, 0)
    await expect.poll(() => archiver.notReady()).toBe('no place is kept')
    await give(quarantine.name, 0)
    await expect.poll(() => kept).toContain('quarantine/0 1')
    expect(archiver.notReady()).toBe('no place is kept')
    await options.get(findings.name)?.revoked?.(0)
    expect(archiver.notReady()).toBe('')
  })
})
