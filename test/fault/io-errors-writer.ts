/**
 * Publishes and saves a snapshot, in turn, and prints what became of each: `taken N` or `refused N CODE`, `saved N` or `unsaved N CODE`. Ends with 2 and
 * a sentence where the log cannot be opened.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { Failure } from '../../schemas/failure.ts'
import { killTopic } from './kill-topic.ts'

const TIMES = 12
const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('usage: io-errors-writer DIRECTORY')

async function told(done: string, failed: string, work: Promise<void>): Promise<void> {
  const line = await work.then(() => done, (error: unknown) => {
    if (error instanceof Failure && error.kind === 'unavailable') return `${failed} ${error.code}`
    throw error
  })
  writeSync(1, `${line}\n`)
}

const log = await openEmbeddedLog({ directory: join(directory, 'bus'), partitions: 4, clock: { now: () => BigInt(Date.now()) * 1_000_000n } })
  .catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
    writeSync(2, error.message)
    process.exit(2)
  })
const snapshots = await openFileSnapshots(join(directory, 'state'), () => undefined)
for (let number = 0; number < TIMES; number++) {
  // On one page, and on pages of their own.
  const batch = Array.from({ length: 1 + (number % 4) * 8 }, () => ({ key: 'k', record: { sender: 'w', number } }))
  await told(`taken ${number}`, `refused ${number}`, log.publish(killTopic, batch))
  await told(`saved ${number}`, `unsaved ${number}`, snapshots.save('w', { version: 1, nextOffset: number, state: Buffer.alloc(10_000, number) }))
}
await log.close()
