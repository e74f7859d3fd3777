/** What still has to reach the bus. It is in the saved state as not yet published, so a crash now says it again in the same words. */
import type { Alert } from '../../schemas/alert.ts'
import type { Keyed, Publisher } from '../../schemas/ports.ts'
import { alertEvents, alerts, deliveries, findings, silences, type Topic } from '../../schemas/topics.ts'
import type { AlerterState, Group } from './state.ts'

/** An alert of many findings says a new version so often. */
const PATIENCE = 5_000_000_000n
/** Records of one publish. */
const MOST = 500

const readyAt = ({ patient, publishedAt }: Group): bigint => (patient ? publishedAt + PATIENCE : 0n)

/** When something can be published next: 0n = now; undefined where there is nothing. */
export function newsAt(state: AlerterState): bigint | undefined {
  if (state.closed.size + state.events.length + state.deliveries.length + state.saidSilences.length + state.raised.length > 0) return 0n
  let next: bigint | undefined
  for (const group of state.groups.values()) {
    if (!group.unpublished) continue
    const at = readyAt(group)
    if (next === undefined || at < next) next = at
  }
  return next
}

async function publishAll<T>(bus: Publisher, topic: Topic<T>, batch: readonly Keyed<T>[]): Promise<void> {
  for (let at = 0; at < batch.length; at += MOST) await bus.publish(topic, batch.slice(at, at + MOST))
}

/** Publishes records and lets go of them. */
async function empty<T>(bus: Publisher, topic: Topic<T>, records: T[], keyOf: (record: T) => string): Promise<void> {
  await publishAll(bus, topic, records.map((record) => ({ key: keyOf(record), record })))
  records.length = 0
}

async function publishAlerts(bus: Publisher, state: AlerterState, now: bigint): Promise<void> {
  const groups = [...state.groups.values()].filter((group) => group.unpublished && readyAt(group) <= now)
  const changed: readonly Alert[] = [...state.closed.values(), ...groups.map(({ alert }) => alert)]
  await publishAll(bus, alerts, changed.map((record) => ({ key: record.alert_id, record })))
  for (const group of groups) Object.assign(group, { unpublished: false, patient: false, publishedAt: now })
  state.closed.clear()
}

/** Publishes everything that is ready: alerts before what is said of them. Throws Failure `unavailable`; what was not published stays. */
export async function publishNews(bus: Publisher, state: AlerterState, now: bigint): Promise<void> {
  await publishAlerts(bus, state, now)
  await empty(bus, silences, state.saidSilences, ({ silence_id }) => silence_id)
  await empty(bus, alertEvents, state.events, ({ alert_id, tenant }) => alert_id || tenant)
  await empty(bus, deliveries, state.deliveries, ({ alert_id, tenant }) => alert_id || tenant)
  await empty(bus, findings, state.raised, ({ tenant }) => tenant)
}
