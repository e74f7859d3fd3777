/** Tools of different servers by how their names read. Bounded: over the limit the name that was shown longest ago goes. */
import { lookOf } from '../../../detectors/shadowed-tool/look.ts'
import type { ToolDefinition } from '../../../schemas/tool-definition.ts'

/** Most servers that are kept for one name. */
const SERVERS = 16
const DESCRIPTION = 2_000

/** Where tools of one look meet. */
export const namesakeKey = ({ tenant, name }: ToolDefinition): string => `${tenant}\u0000${lookOf(name)}`

/** What others need to know of a tool; undefined where nobody says whose it is. */
export function introduced(definition: ToolDefinition): ToolDefinition | undefined {
  if (definition.kind !== 'tool' || definition.server === '') return undefined
  return { ...definition, title: '', description: definition.description.slice(0, DESCRIPTION), input_schema: '', output_schema: '', annotations: '' }
}

export class Namesakes {
  readonly #names = new Map<string, ToolDefinition[]>()
  readonly #most: number
  readonly #forgot: () => void

  /** `most`: names; `forgot` is told of each that had to go. */
  constructor(most: number, forgot: () => void, kept: readonly ToolDefinition[] = []) {
    this.#most = most
    this.#forgot = forgot
    for (const definition of kept) this.meet(definition)
  }

  get size(): number {
    return this.#names.size
  }

  /** The other servers' tools of this look; empty where the same was shown before. From now on it is known. */
  meet(definition: ToolDefinition): readonly ToolDefinition[] {
    const key = namesakeKey(definition)
    const known = this.#names.get(key) ?? []
    const same = known.some(({ server, name, definition_hash: hash }) => server === definition.server && name === definition.name && hash === definition.definition_hash)
    const others = known.filter(({ server, name }) => server !== definition.server || name !== definition.name)
    this.#names.delete(key)
    this.#names.set(key, [...others, definition].slice(-SERVERS))
    if (this.#names.size > this.#most) this.#forget()
    return same ? [] : others
  }

  toJSON(): readonly ToolDefinition[] {
    return [...this.#names.values()].flat()
  }

  #forget(): void {
    const [oldest] = this.#names.keys()
    if (oldest !== undefined) this.#names.delete(oldest)
    this.#forgot()
  }
}
