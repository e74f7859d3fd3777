/**
 * Publishes once for each line on standard input, or until it is refused where the line says so, and prints what became of it: `taken`, or the
 * code of the failure, and how many were taken.
 */
import { createInterface } from 'node:readline'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { Failure } from '../../schemas/failure.ts'
import { killTopic } from './kill-topic.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('usage: log-until-refused DIRECTORY')
const log = await openEmbeddedLog({ directory, partitions: 1, clock: { now: () => BigInt(Date.now()) * 1_000_000n } })
let number = 0

async function publish(): Promise<string> {
  const batch = Array.from({ length: 200 }, () => ({ key: 'k', record: { sender: 'x'.repeat(100), number } }))
  try {
    await log.publish(killTopic, batch)
    number++
    return 'taken'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.code
  }
}

console.log('open')
for await (const line of createInterface(process.stdin)) {
  let said = await publish()
  while (line === 'until refused' && said === 'taken') said = await publish()
  console.log(`${said} ${number}`)
}
await log.close()
