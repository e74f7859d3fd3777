/** One pass over the past: the worker's own fold, whose findings nobody hears. What it leaves is states. */
import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { Armed } from '../../../detectors/detector.ts'
import { blankInteraction, type Interaction } from '../../../schemas/interaction.ts'
import { partitionOf } from '../../../schemas/partition-of.ts'
import type { Notice, Step } from '../../../schemas/step.ts'
import type { WarmUpProgress, WorkerConfig, WorkerPorts, WorkerTelemetry } from '../contracts.ts'
import { DefectGuard } from '../defects.ts'
import { Disputes } from '../disputes.ts'
import { emptyFold, Fold, type FoldState } from '../fold.ts'
import { type KeptState, KeyStates } from '../key-states.ts'
import type { Maintenance } from '../maintenance/maintenance.ts'
import { Outbox } from '../outbox.ts'
import { Recent } from '../recent.ts'
import { homeOf } from '../route.ts'

/** So many are folded before others get their turn. */
const SLICE = 200
const PLACE = { topic: 'interactions', partition: -1, offset: -1 }
const nothing = (): void => undefined
/** The latest time that a record can have, nanoseconds. */
const LAST = 2n ** 63n - 1n

export interface PassParts {
  readonly config: WorkerConfig
  /** The detectors that learn. */
  readonly armed: readonly Armed[]
  readonly partitions: readonly number[]
  readonly maintenance: Maintenance
  /** What is to be forgotten; the same for several partitions may be among them. */
  readonly resets: readonly Notice[]
  readonly ports: Pick<WorkerPorts, 'keyedHash'>
}

/** What a partition begins with. */
export interface Warmed {
  readonly state: FoldState
  /** Names of interactions that are in the states, oldest first: what is said again of them is not judged again. */
  readonly judged: readonly string[]
}

const loreName = (tenant: string, detector: string, key: string): string => `${tenant}\u0000${detector}\u0000${key}`

export class Pass {
  interactions = 0
  suppressed = 0
  defects = 0
  evicted = 0
  /** Start of the latest interaction, nanoseconds. */
  reached = 0n
  readonly #parts: PassParts
  readonly #fold: Fold
  readonly #outbox: Outbox
  readonly #judged: Recent
  readonly #lore = new Set<string>()
  readonly #homes: ReadonlySet<number>
  /** Not heeded yet, oldest first. */
  readonly #resets: Notice[]

  constructor(parts: PassParts) {
    const { config, armed, ports, partitions, maintenance, resets } = parts
    this.#resets = [...new Map(resets.map((notice) => [notice.id, notice])).values()].sort((a, b) => Number(a.at - b.at))
    this.#parts = parts
    this.#homes = new Set(partitions)
    this.#judged = new Recent(config.recentInteractions)
    const telemetry: WorkerTelemetry = {
      recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keysHeld: nothing, recordUndecodable: nothing, snapshotSaved: nothing,
      snapshotIgnored: nothing, warmedUp: nothing, statesReset: nothing, gapSeen: nothing, subscriptionFailed: nothing,
      keyEvicted: () => { this.evicted++ }, detectorFailed: () => { this.defects++ },
    }
    this.#outbox = new Outbox(new Recent(0), telemetry, maintenance)
    this.#fold = new Fold(emptyFold(), {
      armed, maintenance, config: { maxKeys: config.maxKeys * config.partitions }, keyedHash: ports.keyedHash, telemetry, outbox: this.#outbox,
      guard: new DefectGuard(Number.POSITIVE_INFINITY, telemetry), teach: (step) => this.#teach(step),
    })
  }

  /** Interactions in order of time. Throws what `signal` was aborted with. */
  async learn(page: readonly Interaction[], signal: AbortSignal): Promise<void> {
    for (let from = 0; from < page.length; from += SLICE) {
      signal.throwIfAborted()
      for (const interaction of page.slice(from, from + SLICE)) this.#step(interaction)
      this.suppressed += this.#outbox.discard()
      await yieldToLoop()
    }
  }

  progress(stage: WarmUpProgress['stage'], cause = ''): WarmUpProgress {
    const { interactions, reached, suppressed, defects, evicted } = this
    return { stage, detectors: this.#parts.armed.map(({ rule }) => rule.id), partitions: this.#parts.partitions, interactions, reached, suppressed, defects, evicted, cause }
  }

  /** What was to be forgotten by then. */
  #forget(at: bigint): void {
    for (let notice = this.#resets[0]; notice !== undefined && notice.at <= at; notice = this.#resets[0]) {
      this.#fold.apply({ interaction: blankInteraction(), keysFor: () => [], reviews: false, lessons: [], notices: [notice] }, PLACE)
      this.#resets.shift()
    }
  }

  /** Everything was read: what was to be forgotten since is forgotten too. */
  end(): void {
    this.#forget(LAST)
  }

  /** What lives in this partition, and what all partitions know, as objects of its own. The pass is of no use for the same partition again. */
  warmed(partition: number): Warmed {
    const { state } = this.#fold
    const keys = new Map<string, KeyStates>()
    for (const detector of this.#parts.armed) {
      const { rule: { id } } = detector
      const states = state.keys.get(id)
      if (states !== undefined) keys.set(id, new KeyStates(this.#parts.config.maxKeys, this.#dealt(partition, detector, states)))
    }
    return { state: { ...state, keys, disputes: new Disputes(state.disputes.toJSON()), resets: [...state.resets] }, judged: this.#judged.toJSON() }
  }

  * #dealt(partition: number, detector: Armed, states: KeyStates): Generator<KeptState> {
    const { partitions } = this.#parts.config
    for (const kept of states.entries()) {
      const [tenant, key, state, ...rest] = kept
      if (this.#lore.has(loreName(tenant, detector.rule.id, key))) yield [tenant, key, structuredClone(state), ...rest]
      else if (partitionOf(homeOf(tenant, { detector, key }), partitions) === partition) yield kept
    }
  }

  /** As if it were the first version: that of the archive is the newest, and knows more. */
  #step(newest: Interaction): void {
    const interaction = { ...newest, version: 1 }
    this.#forget(interaction.received_at)
    this.#judged.admit(`${interaction.interaction_id}.1`)
    this.#fold.apply({ interaction, keysFor: (detector) => this.#keysFor(detector, interaction), reviews: false, lessons: [] }, PLACE)
    this.interactions++
    if (interaction.sort_at > this.reached) this.reached = interaction.sort_at
  }

  /** Where keys learn from each other those of all partitions are stepped: they are told nothing by others here. */
  #keysFor(detector: Armed, interaction: Interaction): readonly string[] {
    const keys = detector.keysOf(interaction)
    const { partitions } = this.#parts.config
    if (detector.shares || keys.length === 0 || this.#homes.size === partitions) return keys
    return keys.filter((key) => this.#homes.has(partitionOf(homeOf(interaction.tenant, { detector, key }), partitions)))
  }

  #teach(step: Step): void {
    for (const { detector, key } of step.lessons) this.#lore.add(loreName(step.interaction.tenant, detector, key))
    this.#fold.apply({ ...step, keysFor: () => [], reviews: false }, PLACE)
  }
}
