/**
 * What a detector is. Pure: no clock, no I/O, no node:*. Time is that of the record. State is plain JSON and bounded by params.
 * The runner owns keys, limits, eviction, snapshots and finding ids.
 */
import type { z } from 'zod'
import type { EventFacts } from '../schemas/event-head.ts'
import type { Finding } from '../schemas/finding.ts'
import type { Interaction } from '../schemas/interaction.ts'
import type { ToolDefinition } from '../schemas/tool-definition.ts'
import type { Severity } from '../schemas/vocabulary.ts'
import type { CompiledPolicy } from './policy/compiled.ts'

export interface Rule<Params> {
  /** Folder name, `finding.detector`. */
  readonly id: string
  readonly version: number
  readonly title: string
  readonly description: string
  readonly severity: Severity
  readonly params: z.ZodType<Params>
  /** Columns without which the detector is blind; shown as coverage per source. */
  readonly needs: readonly (keyof Interaction)[]
  /** Columns with which it sees more. */
  readonly wants?: readonly (keyof Interaction)[]
  readonly blindSpots: readonly string[]
  readonly benign: readonly string[]
  readonly runbook: readonly string[]
  /** Versioned framework ids, as data. */
  readonly maps: { readonly owaspMcp2025: readonly string[]; readonly atlas5: readonly string[]; readonly attack19: readonly string[] }
}

/** One thing that weighed in a judgement. */
export interface Feature {
  readonly name: string
  /** What was seen and, where there is such a thing, what is usual; in words with figures, never argument values or secrets. */
  readonly observed: string
  readonly expected?: string
  /** Share of the judgement, 0 to 1. */
  readonly weight: number
}

/** What the same thing is like elsewhere, in words with figures; a scope that does not know is left out. */
export type Baselines = Readonly<Partial<Record<'self' | 'peers' | 'tenant', string>>>

/** What a detector says; the runner adds who, where and ids. Texts never hold argument values or secrets. */
export interface Draft {
  /** What the finding is about: its id is a hash of detector, tenant and these. Same thing seen again = same parts. */
  readonly about: readonly string[]
  readonly severity: Severity
  readonly title: string
  readonly observed: string
  readonly expected: string
  readonly reasons: readonly string[]
  /** What weighed most, heaviest first; at most five are kept. */
  readonly features?: readonly Feature[]
  readonly baselines?: Baselines
  /** Nanoseconds; the subject's own times where omitted. */
  readonly windowStart?: bigint
  readonly windowEnd?: bigint
  /** Event ids; the subject's own where omitted. */
  readonly evidence?: readonly string[]
}

/** What a detector of findings says of several. */
export interface Sum extends Draft {
  /** Grows with what is said of the same. */
  readonly version: number
  /** finding_id of each. */
  readonly parts: readonly string[]
  /** Lines of `sample_events` of the heaviest. */
  readonly samples: readonly string[]
  /** All parts are of one lineage, which is then that of the sum. */
  readonly oneLineage: boolean
}

/** Per-run helpers that a detector may not make itself. */
export interface Tools {
  /** Keyed hash (hex) of an offending value, for `about`. */
  hash(text: string): string
  /** State of another key of this detector and tenant, to read only: what peers are like. Undefined where there is none, or no runner. */
  stateOf?(key: string): unknown
  /**
   * Whether a finding of severity medium or more was said of the interaction's actor in the twelve hours before it arrived, by any detector. What the actor
   * does meanwhile may be an intruder's work, and is better not learned. False where nobody knows.
   */
  disputed?(): boolean
  /** Policies that were in force for a tenant's records received at a time (nanoseconds): the same for ever, whenever it is asked. */
  policies?(tenant: string, receivedAt: bigint): readonly CompiledPolicy[]
}

/** One version of a definition as somebody was offered it. */
export interface Offer {
  readonly definition: ToolDefinition
  /** The version that the same list had before or, of one that arrived late, has now behind it in `definition`; undefined where none is known. */
  readonly before: ToolDefinition | undefined
}

export interface Detector<Params, State> {
  readonly rule: Rule<Params>
  /** Judged at once on one observation; stateless. Use the same `about` here and in `step`, so that both make one finding. */
  observe?(event: EventFacts, params: Params, tools: Tools): readonly Draft[]
  /** Keys of the interaction's states (one state each); empty: not my business. */
  keysOf?(interaction: Interaction, params: Params): readonly string[]
  /**
   * The key beside which the state of `key` lives, by that alone; itself where absent. On a bus of several partitions each call is sent to all where keys of it
   * live: those that only one actor or token has are best beside those that others keep of him.
   */
  homeOf?(key: string): string
  begin?(params: Params): State
  /** Changes `state` in place. Called once per key and interaction version 1; for later versions only `review` is called. */
  step?(state: State, interaction: Interaction, key: string, params: Params, tools: Tools): readonly Draft[]
  /**
   * The key of what many keys learn together, '' for none: its state is kept wherever keys are, so that `stateOf` finds it, and is stepped by
   * nothing but what `learn` is told.
   */
  lore?(key: string, interaction: Interaction): string
  /** What the step that was just made adds to the lore; 0 = nothing. It should be rare: it is told to every partition. */
  lesson?(state: State): number
  learn?(lore: State, lesson: number, params: Params): void
  /** Stateless judgement of an interaction, called for every version: later versions know more. */
  review?(interaction: Interaction, params: Params, tools: Tools): readonly Draft[]
  /** Stateless judgement of what a server offers, called once for each new version that one list shows. */
  define?(offer: Offer, params: Params, tools: Tools): readonly Draft[]
  /**
   * Stateless judgement of a new version of a tool beside tools of other servers whose names read the same; `others` in the order in which they were shown. Also
   * of what one caller is shown again beside what the same server offers others under that name, where versions differ for longer than a new one takes to reach all.
   */
  meet?(one: ToolDefinition, others: readonly ToolDefinition[], params: Params, tools: Tools): readonly Draft[]
  /** Keys of the states that a finding counts in, in the order in which they are to be weighed. */
  weighIn?(finding: Finding, params: Params): readonly string[]
  /**
   * Changes `state` in place. Called once for each version of a finding of the others, in the order in which they were said; never with what a detector that
   * weighs has said. Where it says something, the keys that follow do not hear of the finding.
   */
  weigh?(state: State, finding: Finding, key: string, params: Params): readonly Sum[]
  /** Whether a state may be dropped when the stream has come to `watermark` (nanoseconds). */
  forget?(state: State, watermark: bigint, params: Params): boolean
}

/** A detector with its parameters bound, so that a list of different ones needs no `any`. */
export interface Armed {
  readonly rule: Rule<unknown>
  /** False: `observe` never says anything, so no event need be shown. */
  readonly observes: boolean
  /** False: neither `define` nor `meet` ever says anything. */
  readonly defines: boolean
  /** False: it has no state. */
  readonly learns: boolean
  /** False: `review` never says anything. */
  readonly reviews: boolean
  /** Whether its keys learn from those of other partitions. */
  readonly shares: boolean
  /** Whether it judges what others found. */
  readonly weighs: boolean
  /** Whether states live beside other keys than their own. */
  readonly moves: boolean
  observe(event: EventFacts, tools: Tools): readonly Draft[]
  keysOf(interaction: Interaction): readonly string[]
  homeOf(key: string): string
  lore(key: string, interaction: Interaction): string
  lesson(state: unknown): number
  learn(lore: unknown, lesson: number): void
  begin(): unknown
  step(state: unknown, interaction: Interaction, key: string, tools: Tools): readonly Draft[]
  review(interaction: Interaction, tools: Tools): readonly Draft[]
  define(offer: Offer, tools: Tools): readonly Draft[]
  meet(one: ToolDefinition, others: readonly ToolDefinition[], tools: Tools): readonly Draft[]
  weighIn(finding: Finding): readonly string[]
  weigh(state: unknown, finding: Finding, key: string): readonly Sum[]
  forget(state: unknown, watermark: bigint): boolean
}

const NONE: readonly never[] = []

/**
 * Checks `params` against the rule's schema (throws ZodError) and closes over both types. Each function is taken out of the detector once: the runner asks
 * some thirty of them about every call, and looking it up in objects of so many shapes is dear.
 */
export function arm<Params, State>(detector: Detector<Params, State>, params: unknown): Armed {
  const { rule, observe, keysOf, homeOf, begin, step, lore, lesson, learn, review, define, meet, weighIn, weigh, forget } = detector
  const bound = rule.params.parse(params)
  const as = (state: unknown) => state as State
  return {
    rule: rule as Rule<unknown>, observes: observe !== undefined, defines: define !== undefined || meet !== undefined,
    learns: step !== undefined, reviews: review !== undefined, shares: lore !== undefined, weighs: weigh !== undefined, moves: homeOf !== undefined,
    observe: (event, tools) => observe?.(event, bound, tools) ?? NONE,
    keysOf: (interaction) => keysOf?.(interaction, bound) ?? NONE,
    homeOf: (key) => homeOf?.(key) ?? key,
    lore: (key, interaction) => lore?.(key, interaction) ?? '',
    lesson: (state) => lesson?.(as(state)) ?? 0,
    learn: (state, told) => learn?.(as(state), told, bound),
    begin: () => begin?.(bound),
    step: (state, interaction, key, tools) => step?.(as(state), interaction, key, bound, tools) ?? NONE,
    review: (interaction, tools) => review?.(interaction, bound, tools) ?? NONE,
    define: (offer, tools) => define?.(offer, bound, tools) ?? NONE,
    meet: (one, others, tools) => meet?.(one, others, bound, tools) ?? NONE,
    weighIn: (finding) => weighIn?.(finding, bound) ?? NONE,
    weigh: (state, finding, key) => weigh?.(as(state), finding, key, bound) ?? NONE,
    forget: (state, watermark) => forget?.(as(state), watermark, bound) ?? false,
  }
}
