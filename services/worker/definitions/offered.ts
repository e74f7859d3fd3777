/** The newest version of each definition in each list, so that the next can be compared with it. Bounded by bytes: what was shown longest ago goes first. */
import type { Offer } from '../../../detectors/detector.ts'
import type { ToolDefinition } from '../../../schemas/tool-definition.ts'

/** What is kept: definitions in the order in which they were shown, longest ago first. */
export type KeptOffers = readonly ToolDefinition[]

/** Texts in UTF-16 units and what an entry costs besides, bytes. */
const sizeOf = ({ name, title, description, input_schema, output_schema, annotations }: ToolDefinition): number =>
  1_200 + 2 * (name.length + title.length + description.length + input_schema.length + output_schema.length + annotations.length)

/** One definition of one list: the same server told by the same emitter to the same caller. */
const keyOf = ({ tenant, server, target, source, emitter, vantage, agent, client, kind, name }: ToolDefinition): string =>
  JSON.stringify([tenant, server, target, source, emitter, vantage, agent, client, kind, name])

/** What all callers are offered under one name by one server, as told by one emitter. */
const groupOf = ({ tenant, server, target, source, emitter, vantage, kind, name }: ToolDefinition): string =>
  JSON.stringify([tenant, server, target, source, emitter, vantage, kind, name])

/** A new version reaches all callers within an hour; what somebody was offered days ago says nothing of now. */
const SPREAD_NS = 3_600_000_000_000n
const RECENT_NS = 72n * SPREAD_NS
/** Callers that one is compared with. */
const CALLERS = 32

export class Offered {
  readonly #kept = new Map<string, ToolDefinition>()
  /** Keys of what is kept by group. */
  readonly #groups = new Map<string, Set<string>>()
  readonly #most: number
  readonly #forgot: () => void
  #bytes = 0

  /** `most`: bytes; `forgot` is told of each definition that had to go. */
  constructor(most: number, forgot: () => void, kept: KeptOffers = []) {
    this.#most = most
    this.#forgot = forgot
    for (const definition of kept) this.#keep(keyOf(definition), definition)
  }

  get size(): number {
    return this.#kept.size
  }

  /**
   * What is to be judged of a record: nothing where the version is known. A version that was seen earlier than the one that is kept arrived late: then the
   * kept one is what came after it. What a caller is shown for the first time came after what others were shown.
   */
  show(definition: ToolDefinition): Offer | undefined {
    const key = keyOf(definition)
    const kept = this.#kept.get(key)
    if (kept === undefined) {
      const before = this.#shownToOthers(definition)
      this.#keep(key, definition)
      return { definition, before }
    }
    const same = kept.definition_hash === definition.definition_hash
    const late = definition.first_seen < kept.first_seen
    this.#drop(key, kept)
    this.#keep(key, late ? kept : definition)
    if (same) return undefined
    return late ? { definition: kept, before: definition } : { definition, before: kept }
  }

  /**
   * What other callers were offered lately under that name, where this caller was shown a version again that some of them were not offered an hour ago or longer:
   * the new version has had time to reach all, and did not. Empty otherwise.
   */
  elsewhere(definition: ToolDefinition): readonly ToolDefinition[] {
    const others: ToolDefinition[] = []
    let differs = false
    for (const key of this.#groups.get(groupOf(definition)) ?? []) {
      const other = this.#kept.get(key)
      if (other === undefined || (other.agent === definition.agent && other.client === definition.client)) continue
      const age = definition.first_seen - other.first_seen
      if (age > RECENT_NS || others.length >= CALLERS) continue
      const isOther = other.definition_hash !== definition.definition_hash
      if (isOther && (age < SPREAD_NS || other.hash_form !== definition.hash_form)) continue
      differs ||= isOther
      others.push(other)
    }
    return differs ? others : []
  }

  /** The newest version that other callers were offered before; undefined where one of them was offered this one, and it was judged then. */
  #shownToOthers(definition: ToolDefinition): ToolDefinition | undefined {
    let newest: ToolDefinition | undefined
    for (const key of this.#groups.get(groupOf(definition)) ?? []) {
      const other = this.#kept.get(key)
      if (other === undefined || other.hash_form !== definition.hash_form || other.first_seen > definition.first_seen) continue
      if (other.definition_hash === definition.definition_hash) return undefined
      if (newest === undefined || other.first_seen > newest.first_seen) newest = other
    }
    return newest
  }

  toJSON(): KeptOffers {
    return [...this.#kept.values()]
  }

  #keep(key: string, definition: ToolDefinition): void {
    this.#kept.set(key, definition)
    this.#bytes += sizeOf(definition)
    const group = groupOf(definition)
    this.#groups.set(group, (this.#groups.get(group) ?? new Set<string>()).add(key))
    for (const [oldest, gone] of this.#kept) {
      if (this.#bytes <= this.#most || oldest === key) break
      this.#drop(oldest, gone)
      this.#forgot()
    }
  }

  #drop(key: string, definition: ToolDefinition): void {
    this.#kept.delete(key)
    this.#bytes -= sizeOf(definition)
    const group = groupOf(definition)
    const keys = this.#groups.get(group)
    keys?.delete(key)
    if (keys?.size === 0) this.#groups.delete(group)
  }
}
