/** A worker with much state, started cold and killed while it reads: it says what an uninterrupted one says. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Interaction } from '../../../../schemas/interaction.ts'
import { interactionKey } from '../../../../schemas/record-key.ts'
import type { Bus } from '../../../../schemas/ports.ts'
import { findings, interactions } from '../../../../schemas/topics.ts'
import { loadConfig } from '../../../../services/config/load.ts'
import { openBus } from '../../../../services/wiring/open-bus.ts'
import { StartWait } from '../../../../services/wiring/start-wait.ts'
import { BURST_HOURS, History, type HistoryShape } from '../history.ts'
import { type LargeForm, startLargeForm } from '../large-form.ts'
import { Patience } from '../patience.ts'
import { seeded } from '../random.ts'
import { Findings, type Row, type Setting } from '../row.ts'

const SHAPE: Readonly<Record<'short' | 'full', HistoryShape>> = {
  short: { actors: 2_000, tokens: 4, hours: 30 }, full: { actors: 21_000, tokens: 8, hours: 40 },
}
const KILLS = { short: 3, full: 15 }
/** A batch may take so long; kills fall somewhere into it. */
const WITHIN_MS = 400
const quiet = (): void => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

interface Told {
  /** Finding ids with their detector. */
  readonly ids: ReadonlySet<string>
  readonly coldStartMs: number
  readonly keys: number
  readonly peakMib: number
}

async function publish(bus: Bus, records: readonly Interaction[]): Promise<void> {
  for (let from = 0; from < records.length; from += 500) {
    await bus.publish(interactions, records.slice(from, from + 500).map((record) => ({ key: interactionKey(record), record })))
  }
}

/** Until every group of the worker has done all that there is, twice in a row: what it sends on to itself counts too. */
async function caughtUp(bus: Bus): Promise<void> {
  const patience = new Patience()
  for (let done = 0; done < 2; await wait(50)) {
    const lag = await bus.lag().catch(() => [])
    const mine = lag.filter(({ group, topic }) => group.startsWith('worker') && topic !== 'events')
    done = mine.length > 0 && mine.every(({ committed, end }) => committed >= end) ? done + 1 : 0
    if (patience.isOver(mine)) throw new Error(`the worker is behind and does nothing: ${JSON.stringify(mine.filter(({ committed, end }) => committed < end))}`)
  }
}

/** Ids of all findings on the bus so far. */
async function saidOn(bus: Bus): Promise<Set<string>> {
  const ids = new Set<string>()
  const subscription = await bus.subscribe(findings, {
    group: 'fault', assigned: () => Promise.resolve(0), gap: () => Promise.resolve(), failed: (error) => { throw error },
    async handle(envelopes) {
      for (const { records } of envelopes) for (const { detector, finding_id: id } of records) ids.add(`${detector} ${id}`)
      const last = envelopes.at(-1)
      if (last !== undefined) await subscription.commit(last.partition, last.offset + 1)
    },
  })
  const patience = new Patience()
  for (let done = false; !done; await wait(100)) {
    const mine = (await bus.lag().catch(() => [])).filter(({ group }) => group === 'fault')
    done = mine.length > 0 && mine.every(({ committed, end }) => committed >= end)
    if (patience.isOver(mine)) throw new Error(`findings are not read: ${JSON.stringify(mine)}`)
  }
  await subscription.stop()
  return ids
}

/** Keys held at the last snapshots, as the worker tells. */
async function keysOf(form: LargeForm): Promise<number> {
  const lines = (await form.metrics('worker-1')).split('\n').filter((line) => line.startsWith('watchkeeper_worker_keys{'))
  return lines.reduce((sum, line) => sum + Number(/} (\d+)/.exec(line)?.[1] ?? 0), 0)
}

interface Run {
  readonly form: LargeForm
  readonly bus: Bus
  readonly shape: HistoryShape
}

async function coldStart({ form, bus }: Run): Promise<number> {
  const worker = form.service('worker-1')
  await worker.keepAway()
  const began = performance.now()
  await worker.start()
  await caughtUp(bus)
  return performance.now() - began
}

/** Feeds hour by hour: between the partitions that a token's users are on, time is never more than an hour apart. `kill` is asked before each. */
async function feed(run: Run, kill: (hour: number) => number | undefined): Promise<{ readonly coldStartMs: number; readonly keys: number }> {
  const { form, bus, shape } = run
  const history = new History(shape)
  let [coldStartMs, keys] = [0, 0]
  for (let hour = 0; hour < shape.hours + BURST_HOURS; hour++) {
    if (hour === shape.hours) {
      // The state of all that, saved by an orderly end, and then found again.
      await form.service('worker-1').stop()
      await form.service('worker-1').start()
      coldStartMs = await coldStart(run)
    }
    await publish(bus, history.hour(hour))
    const delay = kill(hour)
    if (delay !== undefined) {
      await wait(delay)
      await form.service('worker-1').kill()
    }
    await caughtUp(bus)
    keys = Math.max(keys, await keysOf(form).catch(() => 0))
  }
  return { coldStartMs, keys }
}

interface Plan {
  readonly folder: string
  /** The same for all runs: ids of findings depend on it. */
  readonly keyFile: string
  readonly shape: HistoryShape
}

/** As any process of the installation opens it: what lies there is sealed. */
async function busOf(folder: string): Promise<Bus> {
  const wait = new StartWait({ log: SILENT, asked: new AbortController().signal, now: () => performance.now() })
  return (await openBus(loadConfig({ file: join(folder, 'watchkeeper.yaml'), environment: {}, flags: [] }), SILENT, wait)).bus
}

async function told({ folder, keyFile, shape }: Plan, kill: (hour: number) => number | undefined): Promise<Told> {
  const form = await startLargeForm({ folder, processes: { worker: 1 }, config: { keys: { keyed_hash_file: keyFile } } })
  const bus = await busOf(folder)
  try {
    const { coldStartMs, keys } = await feed({ form, bus, shape }, kill)
    const { ends } = form.service('worker-1')
    if (ends.length > 0) throw new Error(`the worker ended by itself: ${ends.join(', ')}`)
    return { ids: await saidOn(bus), coldStartMs, keys, peakMib: form.service('worker-1').peakMib() }
  } finally {
    await bus.close()
    await form.stop()
  }
}

async function run({ short, seed, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const random = seeded(seed)
  const shape = short ? SHAPE.short : SHAPE.full
  const hours = shape.hours + BURST_HOURS
  const kills = new Map(Array.from({ length: times ?? (short ? KILLS.short : KILLS.full) }, () => [random(hours), random(WITHIN_MS)]))
  const keyFile = join(folder, 'keyed-hash.key')
  writeFileSync(keyFile, randomBytes(32), { mode: 0o600 })
  const whole = await told({ folder: join(folder, 'whole'), keyFile, shape }, () => undefined)
  say(`uninterrupted: ${whole.ids.size} findings, ${whole.keys} keys`)
  const killed = await told({ folder: join(folder, 'killed'), keyFile, shape }, (hour) => kills.get(hour))
  const missing = [...whole.ids].filter((id) => !killed.ids.has(id))
  const more = [...killed.ids].filter((id) => !whole.ids.has(id))
  const detectors = new Set([...whole.ids].map((id) => id.split(' ')[0]))
  said.figure(`${kills.size} kills, seed ${seed}: ${whole.ids.size} findings of ${[...detectors].sort().join(', ')}; ${missing.length} missing, ${more.length} too many`)
  said.figure(`cold start with ${Math.max(whole.keys, killed.keys)} keys: ${Math.round(whole.coldStartMs)} ms until all is caught up, peak ${whole.peakMib} MiB`)
  said.expect(missing.length === 0, `missing after kills: ${missing.slice(0, 5).join('; ')}`)
  said.expect(more.length === 0, `only after kills: ${more.slice(0, 5).join('; ')}`)
  said.expect(detectors.has('unusual-volume') && detectors.has('unexpected-command'), 'not every kind of finding was there')
  if (!short) said.expect(whole.keys >= 100_000, `only ${whole.keys} keys were held`)
  return said
}

export const state: Row = { name: 'state', promise: 'cold start with 100,000 keys and restarts at random offsets: the same findings, to the id', needsBroker: true, run }
