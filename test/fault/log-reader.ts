/**
 * Opens each log named on the command line, reads it from the first offset to the end, publishes once more, and prints what it got as one line of
 * JSON a log. Run as a process of its own, so that a crash in native code is seen as one.
 */
import { writeSync } from 'node:fs'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Gap } from '../../schemas/ports.ts'
import { killTopic } from './kill-topic.ts'

/** Answer for one directory. */
export interface ReadReport {
  readonly directory: string
  readonly openMs: number
  /** `partition/offset` → senders and numbers of the records, joined. */
  readonly envelopes: Readonly<Record<string, string>>
  readonly gaps: readonly Gap[]
  /** By partition, before the last publish. */
  readonly ends: readonly number[]
  readonly rebuilt: boolean
  readonly notReady: string
  /** '' = the publish after reading was taken and read back. */
  readonly publish: string
  readonly refused: string
}

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }

async function read(directory: string): Promise<ReadReport> {
  const started = performance.now()
  const log = await openEmbeddedLog({ directory, partitions: 4, clock, tailCacheBytes: 0 })
  const openMs = performance.now() - started
  const envelopes: Record<string, string> = {}
  const gaps: Gap[] = []
  const next = [0, 0, 0, 0]
  let ends = [0, 0, 0, 0]
  let check = (): void => undefined
  const subscription = await log.subscribe(killTopic, {
    group: 'reader',
    assigned: async () => 0,
    handle: async (delivered) => {
      for (const { partition, offset, records } of delivered) {
        envelopes[`${partition}/${offset}`] = records.map(({ sender, number }) => `${sender}:${number}`).join()
        next[partition] = offset + 1
      }
      check()
    },
    gap: async (gap) => {
      gaps.push(gap)
      next[gap.partition] = gap.next
      check()
    },
    failed: (error) => { throw error },
  })
  const until = async (): Promise<void> => {
    ends = (await log.lag()).filter(({ group }) => group === 'reader').map(({ end }) => end)
    await new Promise<void>((resolve) => {
      check = () => void (next.every((offset, partition) => offset >= ends[partition]!) && resolve())
      check()
    })
  }
  await until()
  const before = [...ends]
  const publish = await log.publish(killTopic, ['a', 'b', 'c', 'd', 'e'].map((key) => ({ key, record: { sender: 'after', number: 0 } })))
    .then(until).then(() => '', (error: unknown) => String(error))
  await subscription.stop()
  const { damage, notReady } = log.stats()
  await log.close()
  return { directory, openMs, envelopes, gaps, ends: before, rebuilt: damage.rebuilt !== undefined, notReady, publish, refused: '' }
}

for (const directory of process.argv.slice(2)) {
  const report = await read(directory).catch((error: unknown) => {
    if (error instanceof Failure) return { directory, refused: `${error.kind} ${error.code} ${error.message}` }
    throw error
  })
  writeSync(1, `${JSON.stringify(report)}\n`)
}
