/** Kafka, ClickHouse and the disk, each away for a while under load. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ask, startServer, stopServer } from '../../../../bench/server-process.ts'
import { fillUp } from '../../fill-up.ts'
import { Doorway } from '../doorway.ts'
import { exporters } from '../exporters.ts'
import { type LargeForm, startLargeForm } from '../large-form.ts'
import { type Ask, judged, settled, storedAfter } from '../oracle.ts'
import { Patience } from '../patience.ts'
import { Findings, type Row, type Setting } from '../row.ts'
import { Traffic } from '../traffic.ts'

const AWAY_MS = { short: 8_000, full: 60_000 }
/** The promise; in the short form a slow machine only has to get there. */
const CAUGHT_UP_MS = 60_000
const RATE = 600
/** Batches, retries and their back-off within; the outages of exporters begin after two of them. */
const EXPORTER_SECONDS = 19
const EXPORTER_AWAY_MS = 5_000
const ROOM_MIB = 400

interface Outage {
  readonly name: string
  away(): Promise<void> | void
  back(): Promise<void>
}

interface Scene {
  readonly traffic: Traffic
  readonly store: Ask
  /** Rows that were there before the traffic. */
  readonly already: number
  readonly said: Findings
  readonly short: boolean
}

/** One outage under load: answers, what is caught up, and what the tables hold in the end. */
async function outage({ name, away, back }: Outage, { traffic, store, already, said, short }: Scene): Promise<void> {
  const ms = short ? AWAY_MS.short : AWAY_MS.full
  traffic.answers.clear()
  await away()
  await wait(ms)
  await back()
  const againMs = await traffic.acknowledgedAgain()
  const due = already + traffic.spans
  const caughtUpMs = await storedAfter(store, due).catch((error: Error) => void said.failures.push(`${name}: ${error.message}`))
  said.expect(short || caughtUpMs === undefined || againMs + caughtUpMs <= CAUGHT_UP_MS, `${name}: caught up only after ${Math.round(againMs + (caughtUpMs ?? 0))} ms`)
  await wait(2_000)
  const caughtUp = caughtUpMs === undefined ? 'not all stored' : `all stored ${((againMs + caughtUpMs) / 1000).toFixed(1)} s after it was back`
  said.figure(`${name} away ${(ms / 1000).toFixed(0)} s: ${traffic.told}; acknowledged again after ${Math.round(againMs)} ms, ${caughtUp}`)
  said.expect(traffic.others(200, 429, 503) === '', `${name}: answers other than 200, 429, 503: ${traffic.others(200, 429, 503)}`)
}

/** Both exporters run while the broker stalls, and then while the collector cannot be reached. */
async function exportersLoseNothing(form: LargeForm, said: Findings, say: Setting['say']): Promise<void> {
  const { all, missing } = exporters()
  if (missing !== '') said.figure(missing)
  const door = await Doorway.to(form.otlp[0] ?? '')
  const running = all.map(async (exporter) => ({ exporter, made: await exporter.run(door.url, EXPORTER_SECONDS) }))
  await wait(3_000)
  form.broker.pause()
  await wait(EXPORTER_AWAY_MS)
  form.broker.resume()
  say('broker goes on')
  await wait(3_000)
  await door.shut()
  await wait(EXPORTER_AWAY_MS)
  await door.open()
  say('collector is back')
  for (const { exporter, made } of await Promise.all(running)) {
    const sql = `SELECT count(), uniqExact(event_id) FROM watchkeeper.audit_events WHERE source = '${exporter.source}'`
    let [count, unique] = [0, 0]
    for (const patience = new Patience(); unique < made && !patience.isOver(unique); await wait(250)) [count = 0, unique = 0] = (await form.ask(sql))[0]?.map(Number) ?? []
    said.figure(`${exporter.name} (HTTP), broker stalled 5 s, then no way to the collector for 5 s: ${made} spans made, ${made - unique} lost, ${count - unique} twice`)
    said.expect(unique === made && count === unique, `${exporter.name}: ${made} made, ${unique} stored, ${count - unique} twice`)
  }
  await door.shut()
}

async function large({ short, folder, say }: Setting, said: Findings): Promise<void> {
  const form = await startLargeForm({ folder, processes: { collector: 1, assembler: 1, worker: 1, archiver: 1, alerter: 1 } })
  try {
    await exportersLoseNothing(form, said, say)
    const already = Number((await form.ask("SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'"))[0]?.[0])
    const traffic = new Traffic({ urls: form.otlp, senders: 4, spansPerSecond: RATE })
    const scene = { traffic, store: form.ask, already, said, short }
    await wait(3_000)
    await outage({ name: 'Kafka', away: () => form.broker.kill(), back: () => form.broker.restart() }, scene)
    say('Kafka was away')
    await outage({ name: 'ClickHouse', away: () => form.clickhouse.keepAway(), back: () => form.clickhouse.start() }, scene)
    say('ClickHouse was away')
    await traffic.stop()
    const { figure, failures } = judged(await settled(form.ask, traffic))
    said.figure(`Kafka and ClickHouse: ${figure}`)
    said.failures.push(...failures)
    for (const { name, ends } of form.services) said.expect(ends.length === 0, `${name} ended by itself: ${ends.join(', ')}`)
  } finally {
    await form.stop()
  }
}

/** The disk is where the log is: everything in one process, on a small disk that is full for a while. */
async function disk({ short, folder, say }: Setting, said: Findings): Promise<void> {
  const mount = mkdtempSync(join(folder, 'disk-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM_MIB}m`, 'tmpfs', mount]).status !== 0) return said.figure('disk: skipped, a small tmpfs cannot be mounted here')
  const filler = join(mount, 'filler')
  const server = await startServer({ dataDir: join(mount, 'data'), env: { WATCHKEEPER_LOG_LEVEL: 'error' } })
  try {
    const store: Ask = (sql) => ask(server, sql)
    const traffic = new Traffic({ urls: [server.otlpHttp], senders: 4, spansPerSecond: RATE })
    await wait(3_000)
    let full = true
    const keepFull = async (): Promise<void> => {
      for (; full; await wait(50)) fillUp(filler)
    }
    let filling: Promise<void> = Promise.resolve()
    await outage({
      name: 'disk', away: () => { filling = keepFull() },
      back: async () => {
        full = false
        await filling
        rmSync(filler)
      },
    }, { traffic, store, already: 0, said, short })
    say('the disk was full')
    await traffic.stop()
    const { figure, failures } = judged(await settled(store, traffic))
    said.figure(`disk: ${figure}`)
    said.failures.push(...failures)
    said.expect(server.child.exitCode === null, 'disk: the process ended')
  } finally {
    await stopServer(server)
    spawnSync('umount', [mount])
  }
}

async function run(setting: Setting): Promise<Findings> {
  const said = new Findings()
  // The small form on its small disk is another installation: nothing of the one touches the other.
  await Promise.all([large(setting, said), disk(setting, said)])
  return said
}

export const outages: Row = { name: 'outages', promise: 'Kafka, ClickHouse, disk away in turn: honest answers, nothing lost, caught up within 60 s', needsBroker: true, run }
