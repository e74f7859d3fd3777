/**
 * What the detectors cost: µs of CPU per interaction in the worker's own fold, and bytes held per key and actor.
 * `node bench/detectors.js [interactions [days [actors [sessions]]]]`. Traffic is spread evenly over so many actors, each with a token of its own: the worst
 * case for caches. With `sessions` they come in sessions of up to eight calls, 400 at work at once, after every actor was there once before the clock
 * runs: all detectors together only.
 */
import { hash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Armed } from '../detectors/detector.ts'
import { type Dice, diceOf } from '../detectors/quiet-day.ts'
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
const POPULATIONS = process.argv[4] === undefined || process.argv[4] === 'all' ? [1_000, 100_000] : [Number(process.argv[4])]
const SESSIONS = process.argv[5] === 'sessions'
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
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Whose call is the next. */
type Next = () => number

const evenly = (actors: number, dice: Dice): Next => () => Math.floor(dice() * actors)

const AT_WORK = 400
const LONGEST_SESSION = 8

function inSessions(actors: number, dice: Dice): Next {
  const begin = () => ({ actor: Math.floor(dice() * actors), left: 1 + Math.floor(dice() * LONGEST_SESSION) })
  const open = Array.from({ length: Math.min(AT_WORK, actors) }, begin)
  return () => {
    const at = Math.floor(dice() * open.length)
    const session = (open[at] as ReturnType<typeof begin>).left > 0 ? (open[at] as ReturnType<typeof begin>) : (open[at] = begin())
    session.left--
    return session.actor
  }
}

/** Every actor once. */
function inTurn(): Next {
  let actor = 0
  return () => actor++
}

const BEGIN = 1_795_000_000_000_000_000n
const DAY_MS = 86_400_000

function interactionAt(i: number, share: number, { actor, dice }: { readonly actor: number; readonly dice: Dice }): Interaction {
  const at = BEGIN + BigInt(Math.floor(share * DAYS * DAY_MS)) * 1_000_000n
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
  const place = { topic: 'interactions', partition: 0 }
  const play = (many: number, next: Next, from: number): number => {
    let micros = 0
    for (let done = 0; done < many; done += CHUNK) {
      const chunk = Array.from({ length: Math.min(CHUNK, many - done) }, (_, i) => interactionAt(from + done + i, (from + done + i) / (count + from), { actor: next(), dice }))
      const started = process.cpuUsage()
      for (const interaction of chunk) fold.apply({ interaction, keysFor: (detector) => detector.keysOf(interaction), reviews: true, lessons: [] }, { ...place, offset: from + done })
      const used = process.cpuUsage(started)
      micros += used.user + used.system
      // What was said is on the bus by then.
      outbox.discard()
    }
    return micros
  }
  if (SESSIONS) play(actors, inTurn(), 0)
  const micros = SESSIONS ? play(count, inSessions(actors, dice), actors) : play(count, evenly(actors, dice), 0)
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
  for (const { name, armed } of [...(SESSIONS ? [] : each), { name: 'all', armed: each.flatMap((one) => one.armed) }]) {
    process.stdout.write(`${name.padEnd(20)} ${String(actors).padStart(7)} actors ${await measure(armed, actors)}\n`)
  }
}
