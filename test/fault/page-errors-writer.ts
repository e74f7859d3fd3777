/**
 * Publishes four at a time and prints what becomes of each: `taken N`, `refused N CODE`. `ready` when the file has grown; ends when a thousand in a row went
 * well after that, or when the log says that it must. With `block` it holds up its own event loop from the first publish behind `ready` on that takes longer than 100 ms.
 */
import { writeSync } from 'node:fs'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { createLog } from '../../infra/pino/logger.ts'
import { Failure } from '../../schemas/failure.ts'
import { endWithout } from '../../services/wiring/last-resort.ts'
import { killTopic } from './kill-topic.ts'

const [directory, limit, block] = process.argv.slice(2)
if (directory === undefined) throw new Error('usage: page-errors-writer DIRECTORY [LIMIT_MS [block]]')
const say = (line: string): void => void writeSync(1, `${line}\n`)
const log = await openEmbeddedLog({
  directory, partitions: 4, clock: { now: () => BigInt(Date.now()) * 1_000_000n }, commitLimitMs: Number(limit ?? 30_000),
  mustEnd: (failure) => endWithout(createLog('error'), failure),
})

let number = 0
async function publish(): Promise<boolean> {
  const own = number++
  const batch = Array.from({ length: 1 + (own % 5) * 30 }, (_, at) => ({ key: `k${at % 7}`, record: { sender: 'w', number: own } }))
  return await log.publish(killTopic, batch).then(() => {
    say(`taken ${own}`)
    return true
  }, (error: unknown) => {
    if (!(error instanceof Failure)) throw error
    say(`refused ${own} ${error.code}`)
    return false
  })
}
const four = async (): Promise<boolean> => (await Promise.all([publish(), publish(), publish(), publish()])).every(Boolean)

while (number < 200) await four()
say('ready')
let good = 0
while (good < 250) {
  const slow = block === undefined ? undefined : setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 100)
  good = (await four()) ? good + 1 : 0
  clearTimeout(slow)
  // The refusals of a log that takes nothing more come at once.
  if (good === 0) await new Promise((resolve) => setTimeout(resolve, 5))
}
await log.close()
