/** What coverage is judged by, and what it needs from outside. */
import type { CoverageRow, CoverageSource } from '../../schemas/coverage.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Bus, Clock, Log, Store } from '../../schemas/ports.ts'

/** A column of interactions, or `definitions`: one of the sources of the call has told what is offered within seven days. */
export type Need = keyof Interaction | 'definitions'

export interface DetectorNeeds {
  readonly id: string
  readonly needs: readonly Need[]
}

/** A column that an emitter sends after something was set. */
export interface SwitchFact {
  readonly gives: readonly string[]
  /** What to do, without the emitter's name. */
  readonly set: string
}

export interface Knowledge {
  readonly detectors: readonly DetectorNeeds[]
  /** By emitter. */
  readonly switches: ReadonlyMap<string, readonly SwitchFact[]>
  /** Emitter → its name for people. */
  readonly titles: ReadonlyMap<string, string>
  /** Whether anything here reads the attribute. */
  reads(emitter: string, attribute: string): boolean
}

export interface CoveragePorts {
  readonly bus: Pick<Bus, 'publish' | 'lag'>
  readonly store: Pick<Store, 'query'>
  readonly clock: Clock
  readonly log: Log
  /** A finding as it is to be said: planned work calls nobody. */
  marked(finding: Finding): Finding
}

export const sourceKey = ({ tenant, source, emitter, scope_version, service_version, mapping_version }: CoverageSource): string =>
  JSON.stringify([tenant, source, emitter, scope_version, service_version, mapping_version])

/** What the tables hold of one source in one window. */
export interface WindowFacts extends CoverageSource,
  Pick<CoverageRow, 'window_start' | 'events' | 'calls' | 'last_received_at' | 'active_minutes' | 'fields' | 'call_fields'> {
  /** Names of attributes, whoever reads them. */
  readonly attributes: readonly string[]
}

/** The calls of a source (all its versions together) that an emitter's mapping read a part of, in one window. */
export interface JoinedFacts {
  readonly tenant: string
  readonly source: string
  readonly emitter: string
  readonly window_start: bigint
  readonly joined_calls: number
  readonly joined_fields: ReadonlyMap<string, number>
}
