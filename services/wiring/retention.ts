/** Retention, erasure and legal holds of this process: one desk, whoever asks. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { openAdminAudit } from '../../infra/guarded-files/admin-spool.ts'
import { openSealingKey } from '../../infra/keys/key-file.ts'
import { openWrapper } from '../../infra/sealing/master-file.ts'
import { openSealedOrders } from '../../infra/sealing/sealed-orders.ts'
import type { KeyWrapper } from '../../schemas/sealing.ts'
import type { Forgetting } from '../../infra/sealing/forgetting.ts'
import { blankInteraction } from '../../schemas/interaction.ts'
import { steps } from '../../schemas/topics.ts'
import type { Hold, RemovalRow } from '../../schemas/removal.ts'
import type { Retirement } from '../../schemas/sealing.ts'
import type { Log } from '../../schemas/ports.ts'
import type { RemovalsPort } from '../api/removal-port.ts'
import { isoTime } from '../api/responses.ts'
import type { Config } from '../config/schema.ts'
import type { Asking } from '../retention/contracts.ts'
import { type Progress, RemovalDesk } from '../retention/desk.ts'
import { type LogKeys, logKeysJob, retentionJob } from '../retention/job.ts'
import { RemovalTurns, TURN_DEFAULTS } from '../retention/turns.ts'
import type { Job } from '../scheduler/contracts.ts'
import { systemClock } from './clock.ts'
import { copiesLeft } from './copies.ts'
import type { Foundation } from './foundation.ts'
import { orderMaster, orders as ordersFolder } from './master-paths.ts'

export interface RemovalKit {
  readonly config: Config
  readonly foundation: Foundation
  readonly log: Log
}

const desks = new WeakMap<Foundation, Promise<RemovalDesk>>()

/** Detectors are told on the bus, and then the bus forgets. */
async function forget({ config, foundation: { bus: { bus, sealing } } }: Pick<RemovalKit, 'config' | 'foundation'>, tenant: string, names: readonly string[]): Promise<string> {
  const at = systemClock.now()
  const notices = names.map((actor) => ({ kind: 'reset' as const, id: randomUUID(), at, tenant, actor, server: '', tool: '', detector: '' }))
  await bus.broadcast(steps, { interaction: { ...blankInteraction(), tenant }, keys: [], lessons: [], notices })
  const told = 'Detectors forget their baselines of the subject.'
  return `${told} ${sealing === undefined ? inClear(config) : await sealedLog(config, sealing)}`
}

async function sealedLog({ bus: { kafka, sealed } }: Config, sealing: Forgetting): Promise<string> {
  const when = new Date(await sealing.forget()).toISOString()
  const log = kafka === undefined ? 'The log' : 'Kafka'
  const off = sealed ? '' : ' bus.sealed is off now: what was written since then is in clear until its retention.'
  return `${log} is sealed: the key was changed, and what lies there from before becomes unreadable at ${when}, when nobody needs to read it any more and no legal hold is in force.${off}`
}

const inClear = ({ bus: { kafka, retention_hours: hours } }: Config): string => kafka === undefined
  ? `The log is not sealed (bus.sealed): it holds records in clear until its retention, ${hours} hours, and its file longer.`
  : `Kafka is not sealed (bus.sealed): it holds records in clear until the retention of its topics (bus.kafka.retention_hours, ${kafka.retention_hours}); kafka-delete-records removes them at once.`

/** The key of keys that the log has, where the configuration names one; else one of its own. */
async function orderWrapper(config: Config): Promise<KeyWrapper> {
  const path = orderMaster(config)
  return await openWrapper(await openSealingKey(path, config.keys.sealing_key_file === undefined), path)
}

async function openDesk({ config, foundation, log }: RemovalKit): Promise<RemovalDesk> {
  const { store, remover } = await foundation.store()
  return new RemovalDesk({
    store, remover, orders: openSealedOrders(ordersFolder(config), () => orderWrapper(config)),
    turns: new RemovalTurns(store, systemClock, { ...TURN_DEFAULTS, alone: config.store.clickhouse === undefined }), keyedHash: () => foundation.keyedHash(), audit: openAdminAudit(config.data_dir), clock: systemClock, log,
    forget: async (tenant, names) => {
      const forgotten = await forget({ config, foundation }, tenant, names)
      const left = await copiesLeft(store, { root: config.reports.directory ?? join(config.data_dir, 'reports'), tenant, names })
      return left === '' ? forgotten : `${forgotten} ${left}`
    },
  }, config.retention, config.identities)
}

/** The desk of the process: what is under way is known to everybody who asks it. */
function removalDesk(kit: RemovalKit): Promise<RemovalDesk> {
  const open = desks.get(kit.foundation) ?? openDesk(kit)
  desks.set(kit.foundation, open)
  return open
}

/** What the scheduler does for it: retention by its schedule, and every minute the keys of the log. */
export function removalJobs(kit: RemovalKit): readonly Job[] {
  const { config, foundation: { bus: { sealing } }, log } = kit
  const desk = (): Promise<RemovalDesk> => removalDesk(kit)
  const keys: readonly Job[] = sealing === undefined ? [] : [logKeysJob({
    sealing: knowingStates(kit, sealing), log, audit: openAdminAudit(config.data_dir), holds: async () => (await (await desk()).holds.list(undefined, false)).length,
  })]
  return [retentionJob(desk, config.retention.cron), ...keys]
}

/** States that are sealed under a key are looked at before it is destroyed, so this process must have opened them. */
const knowingStates = ({ foundation }: RemovalKit, sealing: Forgetting): LogKeys<Retirement> => ({
  turnDaily: () => sealing.turnDaily(),
  async due() {
    await foundation.snapshots()
    return await sealing.due()
  },
  destroy: (retired) => sealing.destroy(retired),
  gone: () => sealing.gone(),
})

const RESUME_MS = 60_000

/** Erasures that were begun go on, from the start of this process on; looked at again every minute. The answer ends the looking. */
export function resumeErasures(kit: RemovalKit): () => void {
  const look = (): void => void removalDesk(kit).then((desk) => desk.resume()).catch((error: unknown) => kit.log.error({ err: error }, 'erasures that were begun cannot go on'))
  const timer = setInterval(look, RESUME_MS)
  timer.unref()
  look()
  return () => clearInterval(timer)
}

const countsOf = (tables: ReadonlyMap<string, bigint>): object => Object.fromEntries([...tables].map(([table, rows]) => [table, Number(rows)]))

const holdShown = ({ version: _, placed_at: placed, released_at: released, ...hold }: Hold): object => ({ ...hold, placed_at: isoTime(placed), released_at: isoTime(released) })

function removalShown({ row, progress }: { readonly row: RemovalRow; readonly progress: Progress | undefined }): object {
  const { version: _, until, started_at: started, finished_at: finished, tables, events, ...rest } = row
  return {
    ...rest, until: isoTime(until), started_at: isoTime(started), finished_at: isoTime(finished), tables: countsOf(tables), events: Number(events),
    ...(progress === undefined ? {} : { progress }),
  }
}

const askedBy = (by: string): Asking => ({ by, source: 'api.token' })

/** What the API asks of the desk. */
export function removalsPort(kit: RemovalKit): RemovalsPort {
  const desk = (): Promise<RemovalDesk> => removalDesk(kit)
  return {
    async plan(wish) {
      const { tables, holds } = await (await desk()).plan(wish)
      return { tables: countsOf(tables), holds: holds.map(holdShown) }
    },
    erase: async (wish, by) => (await desk()).erase(wish, askedBy(by)),
    list: async (tenant) => (await (await desk()).removals(tenant)).map(removalShown),
    async show(tenant, removalId) {
      const found = (await (await desk()).removals(tenant)).find(({ row }) => row.removal_id === removalId)
      return found === undefined ? undefined : removalShown(found)
    },
    holds: async (tenant, released) => (await (await desk()).holds.list(tenant, released)).map(holdShown),
    place: async (wish, by) => holdShown(await (await desk()).holds.place(wish, by)),
    async release(holdId, release) {
      const hold = await (await desk()).holds.release(holdId, release)
      return hold === undefined ? undefined : holdShown(hold)
    },
    due: async (tenant) => (await (await desk()).due(tenant)).map(({ expiry: { until, ...expiry }, tables }) => ({ ...expiry, until: isoTime(until), tables: countsOf(tables) })),
    expire: async (by, signal) => (await desk()).expire(askedBy(by), signal),
  }
}
