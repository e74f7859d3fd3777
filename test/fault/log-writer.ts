/**
 * Publishes with eight senders at once until it is killed. Prints `sender first next` after each publish that was acknowledged, with a
 * write that has returned before the next publish begins.
 */
import { writeSync } from 'node:fs'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { killTopic, SENDERS } from './kill-topic.ts'

const [directory, run] = process.argv.slice(2)
if (directory === undefined || run === undefined) throw new Error('usage: log-writer DIRECTORY RUN')

const log = await openEmbeddedLog({ directory, partitions: 4, clock: { now: () => BigInt(Date.now()) * 1_000_000n } })

async function send(sender: string): Promise<void> {
  for (let number = 0; ; ) {
    const next = number + 1 + (number % 7)
    const batch = Array.from({ length: next - number }, (_, at) => ({ key: sender, record: { sender, number: number + at } }))
    await log.publish(killTopic, batch)
    writeSync(1, `${sender} ${number} ${next}\n`)
    number = next
  }
}

await Promise.all(Array.from({ length: SENDERS }, (_, at) => send(`${run}.${at}`)))
