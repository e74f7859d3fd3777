/**
 * `npm run bench -- otelcol`: CPU of a span in our collector and in the official one, under the same load in turn: requests of 100 spans over
 * OTLP/HTTP, answers awaited. In each round every receiver has its few seconds, so that a busy machine harms all alike; only answers 200 count.
 */
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { brokerMissing } from '../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../infra/kafka/broker/start-broker.ts'
import { argumentsOf, wholeNumber } from './arguments.ts'
import { usageOf } from './benches.ts'
import { Load } from './load.ts'
import { otelcolPrograms } from './otelcol-process.ts'
import { collectorAllKindsKafka, collectorKafka, collectorNop, collectorRedactionKafka, collectorRedactionNop, ourCollector, receiveOnly } from './otelcol-subjects.ts'
import type { Subject } from './otelcol-subjects.ts'
import { cpuSeconds, cpuSecondsOf } from './server-process.ts'

const USAGE = usageOf('otelcol')
const { values } = argumentsOf({ options: {
  rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '4' }, 'warm-up': { type: 'string', default: '15' },
  connections: { type: 'string', default: '16' }, json: { type: 'boolean', default: false },
} }, USAGE)
const ROUNDS = wholeNumber('--rounds', values.rounds, USAGE)
const SECONDS = wholeNumber('--seconds', values.seconds, USAGE)
const CONNECTIONS = wholeNumber('--connections', values.connections, USAGE)
const WARM_UP = wholeNumber('--warm-up', values['warm-up'], USAGE)
/** Behind the pause that a receiver has while the others are measured. */
const RUN_IN_MS = 1_000

/** What is measured is a collector that has run for a while: Node's compiler works on for some seconds of full load. All get the same. */
async function warmUp({ url }: Subject): Promise<void> {
  const load = new Load({ url, connections: CONNECTIONS, rate: 0 })
  await wait(WARM_UP * 1_000)
  await load.stop()
}

interface Measured {
  readonly spansPerSecond: number
  readonly cpuMicros: number
  readonly brokerMicros: number
  readonly refused: number
}

async function measure({ url, child }: Subject, broker: Broker | undefined): Promise<Measured> {
  const load = new Load({ url, connections: CONNECTIONS, rate: 0 })
  await wait(RUN_IN_MS)
  const brokerCpu = (): number => (broker === undefined ? 0 : cpuSecondsOf(broker.pid))
  load.mark()
  const before = { at: performance.now(), cpu: cpuSeconds({ child }), broker: brokerCpu() }
  await wait(SECONDS * 1_000)
  const { accepted, refused } = load.mark()
  const after = { at: performance.now(), cpu: cpuSeconds({ child }), broker: brokerCpu() }
  await load.stop()
  return {
    spansPerSecond: Math.round((accepted * 1_000) / (after.at - before.at)), cpuMicros: ((after.cpu - before.cpu) * 1e6) / accepted,
    brokerMicros: ((after.broker - before.broker) * 1e6) / accepted, refused,
  }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN

function print(results: ReadonlyMap<string, readonly Measured[]>): void {
  const row = (cells: readonly string[]): string => cells.map((cell, at) => (at === 0 ? cell.padEnd(42) : cell.padStart(at === 1 ? 26 : 12))).join('')
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections`)
  console.log(row(['', 'CPU-µs a span, each round', 'median', 'spans/s', 'broker µs', 'refused']))
  for (const [name, rounds] of results) {
    console.log(row([
      name, rounds.map(({ cpuMicros }) => cpuMicros.toFixed(1)).join(' '), median(rounds.map(({ cpuMicros }) => cpuMicros)).toFixed(1),
      String(median(rounds.map(({ spansPerSecond }) => spansPerSecond))), median(rounds.map(({ brokerMicros }) => brokerMicros)).toFixed(1),
      String(rounds.reduce((sum, { refused }) => sum + refused, 0)),
    ]))
  }
}

/** Of the same round, so that a slow hour does not count for one side only. */
function ratio(results: ReadonlyMap<string, readonly Measured[]>, [ours, theirs]: readonly [string, string]): string {
  const [mine = [], others = []] = [ours, theirs].map((name) => [...results].find(([known]) => known.startsWith(name))?.[1])
  return median(mine.map(({ cpuMicros }, round) => cpuMicros / (others[round]?.cpuMicros ?? Number.NaN))).toFixed(2)
}

const programs = await otelcolPrograms()
if (typeof programs === 'string') {
  console.error(programs)
  process.exit(2)
}
const missing = await brokerMissing()
if (missing !== '') console.error(`${missing}; the embedded log is measured in its place, and the Collector without an exporter`)
const broker = missing === '' ? await startBroker() : undefined
const subjects: Subject[] = []
try {
  subjects.push(await receiveOnly(), await collectorNop(programs.otelcol), await ourCollector(broker?.bootstrap ?? ''))
  if (broker === undefined) subjects.push(await collectorRedactionNop(programs.otelcol))
  else for (const start of [collectorKafka, collectorRedactionKafka, collectorAllKindsKafka]) subjects.push(await start(programs.otelcol, broker.bootstrap))
  const results = new Map<string, Measured[]>(subjects.map(({ name }) => [name, []]))
  for (const subject of subjects) await warmUp(subject)
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) results.get(subject.name)?.push(await measure(subject, broker))
  }
  const ratios = {
    'receive and decode, to the Collector\'s receive': ratio(results, ['ours: receive', 'Collector: receive']),
    'to the Collector raw': ratio(results, ['ours: validate', broker === undefined ? 'Collector: receive' : 'Collector: → Kafka']),
    'to the Collector with redaction': ratio(results, ['ours: validate', 'Collector: redaction']),
    ...(broker === undefined ? {} : { 'to the Collector with redaction of as many kinds': ratio(results, ['ours: validate', 'Collector: as many kinds']) }),
  }
  if (values.json) console.log(JSON.stringify({ node: process.version, rounds: Object.fromEntries(results), ratios }))
  else {
    print(results)
    for (const [what, times] of Object.entries(ratios)) console.log(`ours ${what}: ${times} ×`)
  }
} finally {
  for (const subject of subjects) await subject.stop()
  await broker?.stop()
}
