/**
 * The stateful half of the worker: one partition of `interactions`, folded record by record. Same interactions in the same order
 * give the same findings and the same state. Reads no clock: time is that of the records.
 */
import type { Armed } from '../../detectors/detector.ts'
import { hash32 } from '../../detectors/stats/distinct.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { KeyedHash } from '../../schemas/ports.ts'
import { interactions } from '../../schemas/topics.ts'
import type { Lesson, Notice, Step } from '../../schemas/step.ts'
import type { Place, PoliciesInForce, WorkerConfig, WorkerTelemetry } from './contracts.ts'
import type { DefectGuard, Suspect } from './defects.ts'
import { findingOfInteraction } from './finding.ts'
import { Disputes, isOfWeight } from './disputes.ts'
import { KeyIndex } from './key-index.ts'
import { type Concern, KeyStates, NOBODY } from './key-states.ts'
import type { Maintenance } from './maintenance/maintenance.ts'
import type { Outbox } from './outbox.ts'
import { nobody, RunTools } from './tools.ts'

/** States that nothing depends on any more are looked for once in this much of event time. */
const SWEEP_EVERY_NS = 86_400_000_000_000n

/** Everything that a partition's findings depend on; saved and loaded as one. */
export interface FoldState {
  /** Latest end of an interaction, never later than its arrival: a wild clock cannot push it. Nanoseconds. */
  watermark: bigint
  /** Latest arrival: how record time moves. */
  received: bigint
  /** Watermark at which the next sweep is due. */
  sweepAt: bigint
  /** By detector id. */
  readonly keys: Map<string, KeyStates>
  readonly disputes: Disputes
  /** What was to be forgotten, the latest orders, oldest first: whoever learns from the archive heeds them again. */
  readonly resets: Notice[]
}

export const emptyFold = (): FoldState => ({ watermark: 0n, received: 0n, sweepAt: 0n, keys: new Map(), disputes: new Disputes(), resets: [] })

const MOST_RESETS = 500

export interface FoldParts {
  readonly armed: readonly Armed[]
  readonly config: Pick<WorkerConfig, 'maxKeys'>
  readonly keyedHash: KeyedHash
  readonly telemetry: WorkerTelemetry
  readonly guard: DefectGuard
  readonly outbox: Outbox
  readonly maintenance?: Maintenance | undefined
  readonly policies?: PoliciesInForce | undefined
  /** Tells all partitions, this one too; absent where there is one. */
  teach?(step: Step): void
}

/** One interaction, and what is to be done with it here. */
export interface Judgement {
  readonly interaction: Interaction
  /** Keys whose states it steps, of a first version. */
  keysFor(detector: Armed): readonly string[]
  /** Whether it is also judged without state. */
  readonly reviews: boolean
  /** Instead of all that: what states learn from it. */
  readonly lessons: readonly Lesson[]
  /** Instead of all that: what is to be known of actors, servers or tools; the interaction is none. */
  readonly notices?: readonly Notice[]
}

/** 0 for '': of nobody in particular. */
const nameHash = (name: string): number => (name === '' ? 0 : hash32(name) | 0)

/** Whom a record or an order is about, as states know it. */
export const concernOf = ({ actor, server, tool }: Pick<Interaction, 'actor' | 'server' | 'tool'>): Concern =>
  ({ actor: nameHash(actor), server: nameHash(server), tool: nameHash(tool) })

/** Withdrawn interactions and a server's own bookkeeping are nobody's doing. */
export const isJudged = ({ merged_into: into, server_internal: internal }: Interaction): boolean => into === '' && !internal

const suspectOf = (interaction: Interaction, place: Place): Suspect =>
  ({ place, tenant: interaction.tenant, receivedAt: interaction.received_at, bytes: () => interactions.codec.encode([interaction]) })

interface Runner {
  readonly detector: Armed
  readonly states: KeyStates
  readonly tools: RunTools
}

export class Fold {
  readonly state: FoldState
  readonly #parts: FoldParts
  readonly #runners: readonly Runner[]
  /** Those that judge interactions. */
  readonly #judges: readonly Runner[]
  readonly #subject = nobody()
  /** Hashed once an interaction, however many keys it has. */
  #concerned: Interaction | undefined
  #concern: Concern = NOBODY

  constructor(state: FoldState, parts: FoldParts) {
    this.state = state
    this.#parts = parts
    const index = new KeyIndex()
    this.#runners = parts.armed.map((detector) => {
      const states = state.keys.get(detector.rule.id) ?? new KeyStates(parts.config.maxKeys)
      states.join(index)
      state.keys.set(detector.rule.id, states)
      return { detector, states, tools: new RunTools(parts.keyedHash, { subject: this.#subject, states, disputes: state.disputes, policies: parts.policies }) }
    })
    this.#judges = this.#runners.filter(({ detector }) => detector.learns || detector.reviews)
  }

  /** Judges one interaction by every detector. Withdrawn ones and a server's own bookkeeping only move time. */
  apply(judgement: Judgement, place: Place): void {
    const { interaction, lessons, notices = [] } = judgement
    for (const notice of notices) this.#heed(notice)
    if (notices.length > 0) return
    this.#moveTime(interaction)
    for (const lesson of lessons) this.#learn(interaction.tenant, lesson)
    if (lessons.length > 0 || !isJudged(interaction)) return
    this.#subject.tenant = interaction.tenant
    this.#subject.actor = interaction.actor
    this.#subject.at = interaction.received_at
    for (let next = 0; next < this.#judges.length;) next = this.#judgeFrom(next, judgement, place)
  }

  /**
   * A detector's bug costs this record at most: gives where to go on behind it. One attempt for all of them, and not by `guard.attempt`: a function for
   * each of some thirty detectors and each interaction is dear.
   */
  #judgeFrom(first: number, judgement: Judgement, place: Place): number {
    const { guard, outbox } = this.#parts
    let at = first
    try {
      for (; at < this.#judges.length; at++) {
        const runner = this.#judges[at] as Runner
        this.#judge(runner, judgement)
        if (guard.isWatching) guard.passed(runner.detector.rule.id)
      }
    } catch (thrown) {
      outbox.refuse(guard.caught((this.#judges[at] as Runner).detector.rule.id, suspectOf(judgement.interaction, place), thrown))
      at++
    }
    return at
  }

  #judge(runner: Runner, { interaction, keysFor, reviews }: Judgement): void {
    const { detector, tools } = runner
    if (interaction.version === 1 && detector.learns) this.#step(runner, interaction, keysFor(detector))
    if (reviews && detector.reviews) this.#put(detector, interaction, detector.review(interaction, tools))
  }

  #moveTime({ ended_at, started_at, received_at }: Interaction): void {
    const { state } = this
    const ended = ended_at === 0n ? started_at : ended_at
    const at = ended < received_at ? ended : received_at
    if (at > state.watermark) state.watermark = at
    if (received_at > state.received) state.received = received_at
    if (state.watermark < state.sweepAt) return
    for (const { detector, states } of this.#runners) states.sweep((one) => detector.forget(one, state.watermark))
    state.sweepAt = state.watermark + SWEEP_EVERY_NS
  }

  #step(runner: Runner, interaction: Interaction, keys: readonly string[]): void {
    if (keys.length === 0) return
    const { detector, states, tools } = runner
    if (this.#parts.maintenance?.learns(interaction, interaction.received_at, detector.rule.id) === false) return this.#judgeOnly(runner, interaction, keys)
    if (interaction !== this.#concerned) this.#concern = concernOf(interaction)
    this.#concerned = interaction
    states.by = this.#concern
    for (const key of keys) {
      const state = states.take(interaction.tenant, key, detector.begin)
      this.#put(detector, interaction, detector.step(state, interaction, key, tools))
      if (detector.shares) this.#teach(detector, interaction, { key, state })
    }
    const evicted = states.evict()
    for (let i = 0; i < evicted; i++) this.#parts.telemetry.keyEvicted(detector.rule.id)
  }

  /** Steps copies, and leaves the states as they are. */
  #judgeOnly({ detector, states, tools }: Runner, interaction: Interaction, keys: readonly string[]): void {
    for (const key of keys) {
      const known = states.peek(interaction.tenant, key)
      this.#put(detector, interaction, detector.step(known === undefined ? detector.begin() : structuredClone(known), interaction, key, tools))
    }
  }

  #heed(notice: Notice): void {
    const { disputes, resets } = this.state
    const { kind, tenant, actor, detector: only, at } = notice
    if (kind === 'dispute') return disputes.note(tenant, actor, at)
    resets.push(notice)
    if (resets.length > MOST_RESETS) resets.shift()
    if (only === '' && actor !== '') disputes.forget(tenant, actor)
    for (const { states, detector: { rule: { id } } } of this.#runners) {
      const dropped = only === '' || only === id ? states.reset(tenant, concernOf(notice)) : 0
      if (dropped > 0) this.#parts.telemetry.statesReset(id, dropped)
    }
  }

  #teach(detector: Armed, interaction: Interaction, { key, state }: { readonly key: string; readonly state: unknown }): void {
    const value = detector.lesson(state)
    if (value === 0) return
    const lore = detector.lore(key, interaction)
    if (lore === '') return
    const lesson = { detector: detector.rule.id, key: lore, lesson: value }
    if (this.#parts.teach === undefined) this.#learn(interaction.tenant, lesson)
    else this.#parts.teach({ interaction, keys: [], lessons: [lesson], notices: [] })
  }

  #learn(tenant: string, { detector: id, key, lesson }: Lesson): void {
    const runner = this.#runners.find(({ detector }) => detector.rule.id === id)
    if (runner === undefined) return
    const { detector, states } = runner
    const { by } = states
    states.by = NOBODY
    detector.learn(states.take(tenant, key, detector.begin), lesson)
    states.by = by
  }

  #put({ rule }: Armed, interaction: Interaction, drafts: ReturnType<Armed['review']>): void {
    for (const draft of drafts) {
      const said = this.#parts.outbox.put(findingOfInteraction(draft, interaction, { detector: rule.id, ruleVersion: rule.version }))
      if (said !== undefined && said.actor !== '' && isOfWeight(said.severity)) this.#dispute(said)
    }
  }

  #dispute({ finding_id: id, version, tenant, actor, created_at: at }: Finding): void {
    const notice: Notice = { kind: 'dispute', id: `${id}.${version}`, at, tenant, actor, server: '', tool: '', detector: '' }
    if (this.#parts.teach === undefined) this.#heed(notice)
    else this.#parts.teach({ interaction: { ...blankInteraction(), tenant }, keys: [], lessons: [], notices: [notice] })
  }
}
