/**
 * The alerter over a real log and real files, as a process that is killed. Publishes findings, one number after the other, and prints each that was
 * acknowledged. Its clock runs `speed` times as fast, from `epoch` (milliseconds) on, so that ten minutes take seconds.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { createWebhook } from '../../infra/webhook/notifier.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import { findings } from '../../schemas/topics.ts'
import { createAlerter } from '../../services/alerter/service.ts'

const [directory = '', url = '', secret = '', epoch = '', speed = '1', first = '0', count = '0'] = process.argv.slice(2)
const now = (): bigint => BigInt(Math.round((Number(epoch) + (Date.now() - Number(epoch)) * Number(speed)) * 1e6))
let timer: NodeJS.Timeout | undefined
const wake = {
  clear: () => clearTimeout(timer),
  set(milliseconds: number, run: () => void) {
    clearTimeout(timer)
    timer = setTimeout(run, milliseconds / Number(speed))
  },
}
const log = { debug() {}, info() {}, warn() {}, error: (fields: object, message: string) => console.error(message, fields) }

const bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 1, clock: { now: () => BigInt(Date.now()) * 1_000_000n } })
const snapshots = await openFileSnapshots(join(directory, 'snapshots'), ({ name }) => console.error(`${name} is damaged`))
const alerter = createAlerter({
  groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24, receivers: [{ name: 'hook', messagesPerHour: 100_000, sendResolved: true }],
}, { bus, snapshots, clock: { now }, notifiers: [createWebhook({ name: 'hook', url, secret, allowPrivate: true })], log, wake, redact: (_tenant, text) => text })
await alerter.start()
writeSync(1, 'up\n')

for (let number = Number(first); number < Number(first) + Number(count); number++) {
  await bus.publish(findings, [{
    key: 'default', record: {
      ...exampleFinding, finding_id: number.toString(16).padStart(32, '0'), severity: number % 4 === 0 ? 'critical' : 'medium', title: `number ${number}`,
      actor: `a${number}`, trace_id: `t${number}`, conversation: '',
    },
  }])
  writeSync(1, `${number}\n`)
  await sleep(5)
}
