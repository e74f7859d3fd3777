/**
 * `npm run bench -- large-form`: the same load on the large form: collector, assembler, worker, archiver and alerter as processes of their own,
 * a real Kafka broker, and ClickHouse as the HTTP shim over the engine, all on the cores of the load generator. Needs Java and Maven.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokerMissing } from '../infra/kafka/broker/requirements.ts'
import { startLargeForm } from '../test/fault/large-form/large-form.ts'
import { cpuSecondsOf } from './server-process.ts'
import { bench, planFromArguments } from './steady-load.ts'

const plan = planFromArguments('large-form')
const missing = await brokerMissing()
if (missing !== '') {
  console.error(missing)
  process.exit(2)
}
const PARTS = ['collector', 'assembler', 'worker', 'archiver', 'alerter'] as const
const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-large-form-'))
const form = await startLargeForm({ folder, processes: Object.fromEntries(PARTS.map((part) => [part, 1])), config: { assembler: {} } })
try {
  const processes = [...form.services, form.clickhouse]
  await bench({
    otlpHttp: form.otlp[0] as string,
    ask: form.ask,
    metrics: (of) => form.metrics(`${of}-1`),
    cpuSeconds: () => new Map([...processes.map(({ name, pid }) => [name, cpuSecondsOf(pid)] as const), ['broker', cpuSecondsOf(form.broker.pid)]]),
    peakMib: () => new Map(processes.map((each) => [each.name, each.peakMib()])),
  }, plan)
} finally {
  await form.stop()
  rmSync(folder, { recursive: true, force: true })
}
