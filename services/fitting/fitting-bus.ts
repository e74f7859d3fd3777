/**
 * A bus on which no record of ours stops who publishes it. What a topic can never take is cut until it does, under its own id, and says so; what does
 * not fit even then is in quarantine. Observations are not ours to cut: topics `events` and `metrics` refuse them to their sender.
 */
import { hash } from 'node:crypto'
import type { Bus, Keyed, Log } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import { refusedOf, type RefusedRecords } from '../../schemas/refused-records.ts'
import { events, metrics, quarantine, type Topic } from '../../schemas/topics.ts'
import { ROUNDS, smaller } from './smaller.ts'
import { fittingTelemetry } from './telemetry.ts'

/** `stage`: who publishes, for the quarantine. Cut records of one publish come behind its others. */
export function fittingBus(bus: Bus, stage: string, log: Log): Bus {
  const telemetry = fittingTelemetry(stage)

  async function publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]): Promise<void> {
    let refusal = await refusedOf(bus.publish(topic, batch))
    if (refusal === undefined) return
    let left = keyedOf(refusal, batch)
    const count = left.length
    for (let round = 0; round < ROUNDS && refusal !== undefined; round++) {
      const cut = left.map(({ key, record }) => smaller(topic, record, round)?.map((each) => ({ key, record: each })))
      if (cut.includes(undefined)) break
      const again: readonly Keyed<T>[] = cut.flatMap((each) => each ?? [])
      refusal = await refusedOf(bus.publish(topic, again))
      left = refusal === undefined ? [] : keyedOf(refusal, again)
    }
    told(topic.name, count - left.length, left.length)
    if (refusal !== undefined) await putAside(topic, left, refusal)
  }

  async function broadcast<T>(topic: Topic<T>, record: T): Promise<void> {
    let [left, refusal] = [record, await refusedOf(bus.broadcast(topic, record))]
    if (refusal === undefined) return
    for (let round = 0; round < ROUNDS && refusal !== undefined; round++) {
      left = smaller(topic, left, round)?.[0] ?? left
      refusal = await refusedOf(bus.broadcast(topic, left))
    }
    told(topic.name, refusal === undefined ? 1 : 0, refusal === undefined ? 0 : 1)
    if (refusal !== undefined) await putAside(topic, [{ key: '', record: left }], refusal)
  }

  async function putAside<T>(topic: Topic<T>, records: readonly Keyed<T>[], refusal: RefusedRecords): Promise<void> {
    // Nowhere left to say it: then the topic takes next to nothing, and somebody must look.
    if (topic.name === quarantine.name) throw refusal
    await publish(quarantine, records.map(({ record }) => asQuarantined(topic, record, { stage, refusal })))
  }

  function told(topic: string, cut: number, aside: number): void {
    log.warn({ topic, cut, quarantined: aside }, 'records were larger than their topic takes: cut to fit, or put in quarantine')
    telemetry.cut(topic, cut)
    telemetry.putAside(topic, aside)
  }

  return {
    publish: (topic, batch) => (isObserved(topic) ? bus.publish(topic, batch) : publish(topic, batch)),
    broadcast: (topic, record) => (isObserved(topic) ? bus.broadcast(topic, record) : broadcast(topic, record)),
    subscribe: (topic, options) => bus.subscribe(topic, options),
    lag: () => bus.lag(),
    close: () => bus.close(),
  }
}

const isObserved = ({ name }: { readonly name: string }): boolean => name === events.name || name === metrics.name


function keyedOf<T>({ records }: RefusedRecords, batch: readonly Keyed<T>[]): readonly Keyed<T>[] {
  const refused = new Set(records)
  return batch.filter(({ record }) => refused.has(record))
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Our own ids only: what the record says stays out. */
const IDS = ['interaction_id', 'finding_id', 'alert_id', 'message_id', 'receipt_id', 'quarantine_id']

function asQuarantined<T>(topic: Topic<T>, record: T, { stage, refusal }: { readonly stage: string; readonly refusal: RefusedRecords }): Keyed<Quarantined> {
  const fields = new Map<string, unknown>(Object.entries(record as object))
  const inner = fields.get('interaction') ?? (fields.get('part') as { readonly interaction?: unknown } | undefined)?.interaction
  const about = new Map([...(typeof inner === 'object' && inner !== null ? Object.entries(inner) : []), ...fields])
  const said = IDS.filter((name) => text(about.get(name)) !== '').map((name) => `${name} ${text(about.get(name))}`)
  const version = about.get('version')
  const name = `record of topic ${topic.name}${said.length === 0 ? '' : ` (${said.join(', ')}${typeof version === 'number' ? `, version ${version}` : ''})`}`
  const id = hash('sha256', Buffer.concat([Buffer.from(`${stage}\u0000refused_row\u0000${topic.name}\u0000`), topic.codec.encode([record])]), 'hex').slice(0, 32)
  const at = [about.get('received_at'), about.get('created_at'), about.get('at'), about.get('updated_at')].find((time) => typeof time === 'bigint') ?? 0n
  return { key: id, record: {
    quarantine_id: id, tenant: text(about.get('tenant')), source: '', stage, reason: 'refused_row', detector: '', detail: `${name}: ${refusal.message}`,
    topic: topic.name, partition: -1, offset: -1, offset_index: -1, payload: '', quarantined_at: at as bigint,
  } }
}
