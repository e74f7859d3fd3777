/**
 * What the detectors cost: µs of CPU per interaction in the worker's own fold, and bytes held per key and actor. `node bench/detectors.js [interactions [days [actors]]]`.
 * Traffic is spread evenly over so many actors, each with a token of its own: the worst case for caches.
 */
import { hash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Armed } from '../detectors/detector.ts'
import { diceOf } from '../detectors/quiet-day.ts'
import { REGISTRY } from '../detectors/registry.ts'
import { blankInteraction, type Interaction } from '../schemas/interaction.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from '../services/worker/contracts.ts'
import { DefectGuard } from '../services/worker/defects.ts'
import { emptyFold, Fold } from '../services/worker/fold.ts'
import { Outbox } from '../services/worker/outbox.ts'
import { Recent } from '../services/worker/recent.ts'
import { encodeFold } from '../services/worker/snapshot.ts'

const count = Number(process.argv[2] ?? 400_000)
const DAYS = Number(process.argv[3] ?? 1)
/** Of one day every actor uses one tool; of more five, as somebody who is known well. */
const TOOLS = DAYS > 1 ? 5 : 1
const POPULATIONS = process.argv[4] === undefined ? [1_000, 100_000] : [Number(process.argv[4])]
const nothing = (): void => undefined
const telemetry: WorkerTelemetry = {
  recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keyEvicted: nothing, keysHeld: nothing, detectorFailed: nothing,
  recordUndecodable: nothing,
  snapshotSaved: nothing, snapshotIgnored: nothing, gapSeen: nothing, warmedUp: nothing, statesReset: nothing, subscriptionFailed: nothing,
}
const keyedHash = { of: (tenant: string, purpose: string, text: string) => hash('sha256', tenant + purpose + text, 'hex').slice(0, 32) }
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heapAfterCollection = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

function interactionAt(i: number, actors: number, dice: () => number): Interaction {
  const actor = Math.floor(dice() * actors)
  const at = 1_795_000_000_000_000_000n + BigInt(Math.floor((i / count) * DAYS * 86_400_000)) * 1_000_000n
  return {
    ...blankInteraction(), interaction_id: String(i), tenant: 'acme', trace_id: String(i), started_at: at, ended_at: at, received_at: at,
      method: 'tools/call', tool: `tool_${(actor + (i % TOOLS)) % 30}`,
    server: `server-${actor % 200}`, actor: `actor-${actor}@acme.example`, actor_kind: 'principal', token_fingerprint: `fingerprint-${actor}`,
    resource: `file:///srv/${Math.floor(dice() * 5_000)}`,
    arguments: '{"path":"/srv/report.txt"}', arguments_bytes: 26n, result_bytes: 4_000n, requested_by: 'user_turn', request_fit: 'asked',
    outcome: 'ok',
  }
}

/** The interactions of one round, made before the clock runs; as many as come at once from the bus, so that they die young here too. */
const CHUNK = 250

async function measure(armed: readonly Armed[], actors: number): Promise<string> {
  const outbox = new Outbox(new Recent(10_000), telemetry)
  const before = heapAfterCollection()
  const state = emptyFold()
  const fold = new Fold(state, { armed, config: { maxKeys: 1_000_000 }, keyedHash, telemetry,
    guard: new DefectGuard(WORKER_DEFAULTS.maxDefectsInARow, telemetry), outbox })
  const dice = diceOf(1)
  let micros = 0
  const place = { topic: 'interactions', partition: 0 }
  for (let from = 0; from < count; from += CHUNK) {
    const chunk = Array.from({ length: Math.min(CHUNK, count - from) }, (_, i) => interactionAt(from + i, actors, dice))
    const started = process.cpuUsage()
    for (const interaction of chunk) fold.apply({ interaction, keysFor: (detector) => detector.keysOf(interaction), reviews: true, lessons: [] }, { ...place, offset: from })
    const used = process.cpuUsage(started)
    micros += used.user + used.system
    // What was said is on the bus by then.
    outbox.discard()
  }
  const keys = [...state.keys.values()].reduce((sum, { size }) => sum + size, 0)
  const held = heapAfterCollection() - before
  const started = process.hrtime.bigint()
  const snapshot = await encodeFold(state, { findings: [], interactions: [] }, armed)
  const saved = Number(process.hrtime.bigint() - started) / 1e6
  const bytes = keys === 0 ? 0 : held / keys
  const mebi = (size: number, digits: number): string => `${(size / 2 ** 20).toFixed(digits)} MiB`
  return [
    `${(micros / count).toFixed(2).padStart(7)} µs`, `${String(keys).padStart(7)} keys`, `${bytes.toFixed(0).padStart(5)} B/key`, `${(held / actors).toFixed(0).padStart(6)} B/actor`, mebi(held, 0).padStart(8),
    `snapshot ${mebi(snapshot.length, 1)} in ${saved.toFixed(0)} ms`,
  ].join('  ')
}

for (const actors of POPULATIONS) {
  const each = Object.entries(REGISTRY).map(([name, arm]) => ({ name, armed: [arm({})] }))
  for (const { name, armed } of [...each, { name: 'all', armed: each.flatMap((one) => one.armed) }]) {
    process.stdout.write(`${name.padEnd(20)} ${String(actors).padStart(7)} actors ${await measure(armed, actors)}\n`)
  }
}
