/**
 * The stateful half of the worker: one partition of `interactions`, folded record by record. Same interactions in the same order
 * give the same findings and the same state. Reads no clock: time is that of the records.
 */
import type { Armed } from '../../detectors/detector.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { KeyedHash } from '../../schemas/ports.ts'
import { interactions } from '../../schemas/topics.ts'
import type { WorkerConfig, WorkerTelemetry } from './contracts.ts'
import type { DefectGuard } from './defects.ts'
import { findingOfInteraction } from './finding.ts'
import { KeyStates } from './key-states.ts'
import type { Outbox } from './outbox.ts'
import { RunTools } from './tools.ts'

/** States that nothing depends on any more are looked for once in this much of event time. */
export const SWEEP_EVERY_NS = 86_400_000_000_000n

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
}

export const emptyFold = (): FoldState => ({ watermark: 0n, received: 0n, sweepAt: 0n, keys: new Map() })

export interface FoldParts {
  readonly armed: readonly Armed[]
  readonly config: Pick<WorkerConfig, 'maxKeys'>
  readonly keyedHash: KeyedHash
  readonly telemetry: WorkerTelemetry
  readonly guard: DefectGuard
  readonly outbox: Outbox
}

interface Runner {
  readonly detector: Armed
  readonly states: KeyStates
  readonly tools: RunTools
}

export class Fold {
  readonly state: FoldState
  readonly #parts: FoldParts
  readonly #runners: readonly Runner[]

  constructor(state: FoldState, parts: FoldParts) {
    this.state = state
    this.#parts = parts
    this.#runners = parts.armed.map((detector) => {
      const states = state.keys.get(detector.rule.id) ?? new KeyStates(parts.config.maxKeys)
      state.keys.set(detector.rule.id, states)
      return { detector, states, tools: new RunTools(parts.keyedHash, states) }
    })
  }

  /** Judges one interaction by every detector. Withdrawn ones and a server's own bookkeeping only move time. */
  apply(interaction: Interaction, partition: number, offset: number): void {
    this.#moveTime(interaction)
    if (interaction.merged_into !== '' || interaction.server_internal) return
    const suspect = {
      place: { topic: interactions.name, partition, offset }, tenant: interaction.tenant, receivedAt: interaction.received_at,
      bytes: () => interactions.codec.encode([interaction]),
    }
    for (const runner of this.#runners) {
      const refused = this.#parts.guard.attempt(runner.detector.rule.id, suspect, () => this.#judge(runner, interaction))
      if (refused !== undefined) this.#parts.outbox.refuse(refused)
    }
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

  #judge({ detector, states, tools }: Runner, interaction: Interaction): void {
    tools.tenant = interaction.tenant
    if (interaction.version === 1) {
      for (const key of detector.keysOf(interaction)) {
        const state = states.take(interaction.tenant, key, detector.begin)
        this.#put(detector, interaction, detector.step(state, interaction, key, tools))
      }
      const evicted = states.evict()
      for (let i = 0; i < evicted; i++) this.#parts.telemetry.keyEvicted(detector.rule.id)
    }
    this.#put(detector, interaction, detector.review(interaction, tools))
  }

  #put({ rule }: Armed, interaction: Interaction, drafts: ReturnType<Armed['review']>): void {
    for (const draft of drafts) this.#parts.outbox.put(findingOfInteraction(draft, interaction, { detector: rule.id, ruleVersion: rule.version }))
  }
}
