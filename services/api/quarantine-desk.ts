/**
 * Decides on quarantined records. The bytes go out first, the word that they went behind them: after a crash between the two they may go again,
 * and the gate knows them. Nothing is deleted.
 */
import type { Clock, Keyed, Publisher, Store } from '../../schemas/ports.ts'
import { notReplayable, type QuarantineAction, type Quarantined, type Replay } from '../../schemas/quarantined.ts'
import { eventKey } from '../../schemas/record-key.ts'
import { EventRecord, events, quarantineActions, replays } from '../../schemas/topics.ts'
import { type Entry, type Filter, readEntries, sameBytes } from './quarantine-store.ts'

export const OUTCOMES = ['replayed', 'discarded', 'already_replayed', 'already_discarded', 'still_unreadable', 'not_replayable'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface Decision {
  readonly action: 'replay' | 'discard'
  readonly filter: Filter
  /** Who asks, and why, for the record. */
  readonly by: string
  readonly why: string
}

export interface Decided {
  readonly quarantine_id: string
  readonly outcome: Outcome
  /** Why nothing was done; '' where something was. */
  readonly why: string
}

export interface DeskPorts {
  readonly store: Pick<Store, 'query'>
  readonly bus: Publisher
  readonly clock: Clock
}

/** What one decision sends. */
interface Outgoing {
  readonly events: Keyed<EventRecord>[]
  readonly replays: Keyed<Replay>[]
  readonly actions: Keyed<QuarantineAction>[]
}

/** Decisions are on the table a moment after they are on the bus; until then they are known here. */
const REMEMBERED = 100_000
/** Records that go out in one go. */
const AT_ONCE = 500

export class QuarantineDesk {
  readonly #ports: DeskPorts
  readonly #acted = new Map<string, { readonly step: number; readonly state: 'replayed' | 'discarded' }>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(ports: DeskPorts) {
    this.#ports = ports
  }

  /** One decision after the other. Throws Failure `unavailable` when store or bus is away: what was done until then stands. */
  async decide(decision: Decision): Promise<readonly Decided[]> {
    const mine = this.#turn.then(() => this.#decide(decision))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #decide(decision: Decision): Promise<readonly Decided[]> {
    const entries = await readEntries(this.#ports.store, decision.filter)
    const decided: Decided[] = []
    for (let i = 0; i < entries.length; i += AT_ONCE) {
      const out: Outgoing = { events: [], replays: [], actions: [] }
      for (const entry of entries.slice(i, i + AT_ONCE)) decided.push(await this.#one(entry, decision, out))
      await this.#send(out)
    }
    return decided
  }

  async #one(entry: Entry, decision: Decision, out: Outgoing): Promise<Decided> {
    const { quarantine_id } = entry
    const state = this.#stateOf(entry)
    if (state !== 'waiting') return { quarantine_id, outcome: `already_${state}`, why: `it was ${state} before` }
    if (decision.action === 'discard') {
      this.#note(entry, decision, out)
      return { quarantine_id, outcome: 'discarded', why: '' }
    }
    const why = notReplayable(entry)
    if (why !== '') return { quarantine_id, outcome: 'not_replayable', why }
    return entry.reason === 'undecodable_record' ? this.#readAgain(entry, decision, out) : this.#sendBack(entry, decision, out)
  }

  /** Through the topic again, once for all stages that could not read it. */
  async #readAgain(entry: Entry, decision: Decision, out: Outgoing): Promise<Decided> {
    const { quarantine_id } = entry
    const bytes = Buffer.from(entry.payload, 'base64')
    const { event } = EventRecord.of(bytes)
    if (entry.topic !== events.name || event === undefined) {
      return { quarantine_id, outcome: 'still_unreadable', why: 'this version cannot read its bytes either: start one that can, then replay again' }
    }
    out.events.push({ key: eventKey(event), record: EventRecord.of(bytes) })
    for (const each of await sameBytes(this.#ports.store, entry)) if (this.#stateOf(each) === 'waiting') this.#sendBack(each, decision, out)
    return { quarantine_id, outcome: 'replayed', why: '' }
  }

  #sendBack(entry: Entry, decision: Decision, out: Outgoing): Decided {
    const step = this.#note(entry, decision, out)
    out.replays.push({ key: entry.quarantine_id, record: { record: recordOf(entry), step } })
    return { quarantine_id: entry.quarantine_id, outcome: 'replayed', why: '' }
  }

  #stateOf({ quarantine_id, steps, state }: Entry): 'waiting' | 'replayed' | 'discarded' {
    const acted = this.#acted.get(quarantine_id)
    if (acted !== undefined && acted.step > steps) return acted.state
    return state === 'replayed' || state === 'discarded' ? state : 'waiting'
  }

  #note({ quarantine_id, tenant, steps }: Entry, { action, by, why }: Decision, out: Outgoing): number {
    const step = steps + 1
    out.actions.push({ key: quarantine_id, record: { quarantine_id, tenant, step, action, by, why, acted_at: this.#ports.clock.now() } })
    this.#acted.set(quarantine_id, { step, state: action === 'replay' ? 'replayed' : 'discarded' })
    if (this.#acted.size > REMEMBERED) this.#acted.delete(this.#acted.keys().next().value as string)
    return step
  }

  async #send(out: Outgoing): Promise<void> {
    const { bus } = this.#ports
    try {
      if (out.events.length > 0) await bus.publish(events, out.events)
      if (out.replays.length > 0) await bus.publish(replays, out.replays)
      if (out.actions.length > 0) await bus.publish(quarantineActions, out.actions)
    } catch (error) {
      for (const { record } of out.actions) this.#acted.delete(record.quarantine_id)
      throw error
    }
  }
}

function recordOf(entry: Entry): Quarantined {
  const { quarantine_id, tenant, source, stage, reason, detector, detail, topic, partition, offset, offset_index, payload, quarantined_at } = entry
  return { quarantine_id, tenant, source, stage, reason, detector, detail, topic, partition, offset, offset_index, payload, quarantined_at }
}
