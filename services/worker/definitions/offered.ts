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

export class Offered {
  readonly #kept = new Map<string, ToolDefinition>()
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
   * kept one is what came after it.
   */
  show(definition: ToolDefinition): Offer | undefined {
    const key = keyOf(definition)
    const kept = this.#kept.get(key)
    if (kept === undefined) {
      this.#keep(key, definition)
      return { definition, before: undefined }
    }
    const same = kept.definition_hash === definition.definition_hash
    const late = definition.first_seen < kept.first_seen
    this.#drop(key, kept)
    this.#keep(key, late ? kept : definition)
    if (same) return undefined
    return late ? { definition: kept, before: definition } : { definition, before: kept }
  }

  toJSON(): KeptOffers {
    return [...this.#kept.values()]
  }

  #keep(key: string, definition: ToolDefinition): void {
    this.#kept.set(key, definition)
    this.#bytes += sizeOf(definition)
    for (const [oldest, gone] of this.#kept) {
      if (this.#bytes <= this.#most || oldest === key) break
      this.#drop(oldest, gone)
      this.#forgot()
    }
  }

  #drop(key: string, definition: ToolDefinition): void {
    this.#kept.delete(key)
    this.#bytes -= sizeOf(definition)
  }
}
