/**
 * The embedded log alone: durable publish of 600-byte events in groups, one publisher and eight, then reading back from disk and at the tail.
 * `npm run bench -- log [EVENTS]`. Prints events/s, CPU-µs an event (user and system, all threads) and commit p50/p99.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../infra/embedded-log/embedded-log.ts'
import type { Keyed } from '../schemas/ports.ts'
import { EventRecord, events } from '../schemas/topics.ts'

const EVENTS = Number(process.argv[2] ?? 200_000)
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }

interface Run {
  readonly group: number
  readonly publishers: number
  readonly partitions: number
  readonly subscriber: boolean
}

const percentile = (sorted: readonly number[], share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2)

function batchOf(group: number): Keyed<EventRecord>[] {
  return Array.from({ length: group }, (_, at) => ({ key: `trace-${at >> 2}`, record: EventRecord.of(Buffer.alloc(596, at & 255)) }))
}

async function measure(what: string, count: number, action: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  await action()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const rate = Math.round(count / seconds).toLocaleString('en')
  console.log(`  ${what.padEnd(44)} ${rate.padStart(10)} events/s  ${((user + system) / count).toFixed(2).padStart(6)} µs CPU`)
}

async function run({ group, publishers, partitions, subscriber }: Run): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'watchkeeper-bench-'))
  try {
    const log = await openEmbeddedLog({ directory, partitions, clock })
    let read = 0
    let resolve = (): void => undefined
    const done = new Promise<void>((met) => { resolve = met })
    const count = Math.ceil(EVENTS / group) * group
    const handle = async (envelopes: readonly { records: readonly unknown[] }[]): Promise<void> => {
      for (const { records } of envelopes) read += records.length
      if (read >= count) resolve()
    }
    const quiet = { gap: async () => undefined, failed: (error: unknown) => { throw error } }
    if (subscriber) await log.subscribe(events, { group: 'tail', handle, ...quiet })
    const batch = batchOf(group)
    const latencies: number[] = []
    let left = count / group
    const publisher = async (): Promise<void> => {
      while (left-- > 0) {
        const started = performance.now()
        await log.publish(events, batch)
        latencies.push(performance.now() - started)
      }
    }
    console.log(`groups of ${group}, ${publishers} publisher(s), ${partitions} partition(s)${subscriber ? ', one subscriber at the tail' : ''}`)
    await measure('publish, durable', count, async () => {
      await Promise.all(Array.from({ length: publishers }, publisher))
      if (subscriber) await done
    })
    latencies.sort((a, b) => a - b)
    console.log(`  publish p50 ${percentile(latencies, 0.5)} ms, p99 ${percentile(latencies, 0.99)} ms, ${log.stats().transactions} transactions`)
    if (!subscriber) {
      await measure('read back from disk, checked and decoded', count, async () => {
        await log.subscribe(events, { group: 'late', handle, ...quiet })
        await done
      })
    }
    await log.close()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

await run({ group: 100, publishers: 1, partitions: 1, subscriber: false })
await run({ group: 1000, publishers: 1, partitions: 1, subscriber: false })
await run({ group: 100, publishers: 1, partitions: 4, subscriber: false })
await run({ group: 100, publishers: 16, partitions: 4, subscriber: false })
await run({ group: 100, publishers: 16, partitions: 4, subscriber: true })
