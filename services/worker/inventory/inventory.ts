/**
 * What servers offer, out of single observations. The same list is told once a window of `SEEN_WINDOW_NS`; what is told is made of the observation
 * alone, so nothing has to be remembered for it to be right: what is forgotten is told once more, and is the same row.
 */
import { hash } from 'node:crypto'
import type { EventHead } from '../../../schemas/event-head.ts'
import { type Definition, type DefinitionKind, type ListedBy, SEEN_WINDOW_NS, type ToolDefinition } from '../../../schemas/tool-definition.ts'
import { type Carried, carriedBy } from './carrier.ts'
import { carried, LIST_METHODS, listingOf } from './listings.ts'
import type { InventoryTelemetry } from './telemetry.ts'

const DAY_NS = 86_400_000_000_000n
/** Claude Code names the tools of a server so. */
const CLAUDE_TOOL = /^mcp__((?:(?!__).)+)__(.+)$/s

/** When something was told: of the earliest observation, and in which window of the latest. */
interface Told {
  first: bigint
  window: bigint
}

/** What was told lately. Over `most` the one that was asked for longest ago is forgotten. */
class ToldLately {
  readonly #told = new Map<string, Told>()
  readonly #most: number
  readonly #forgot: () => void

  constructor(most: number, forgot: () => void) {
    this.#most = most
    this.#forgot = forgot
  }

  /** Whether an observation at `at` says more than was told. Then it counts as told. */
  admit(key: string, at: bigint): boolean {
    const window = at - (at % SEEN_WINDOW_NS)
    const told = this.#told.get(key)
    if (told !== undefined) this.#told.delete(key)
    this.#told.set(key, told ?? { first: at, window })
    if (told === undefined) {
      if (this.#told.size > this.#most) this.#forget()
      return true
    }
    if (at >= told.first && window <= told.window) return false
    if (at < told.first) told.first = at
    if (window > told.window) told.window = window
    return true
  }

  #forget(): void {
    const [oldest] = this.#told.keys()
    if (oldest !== undefined) this.#told.delete(oldest)
    this.#forgot()
  }
}

export interface InventoryLimits {
  /** Lists, and definitions, that are remembered in each partition: about 200 bytes each. */
  readonly lists: number
  readonly definitions: number
}

const INVENTORY_LIMITS: InventoryLimits = { lists: 10_000, definitions: 50_000 }

/** Where and when a list was seen. */
interface Seen {
  readonly by: ListedBy
  readonly at: bigint
  readonly day: bigint
  readonly eventId: string
}

export class Inventory {
  readonly #lists: ToldLately
  readonly #definitions: ToldLately
  readonly #telemetry: InventoryTelemetry

  constructor(telemetry: InventoryTelemetry, limits = INVENTORY_LIMITS) {
    this.#telemetry = telemetry
    this.#lists = new ToldLately(limits.lists, () => telemetry.forgotten('list'))
    this.#definitions = new ToldLately(limits.definitions, () => telemetry.forgotten('definition'))
  }

  /** What the observation adds to what was told; most add nothing and cost no more than a look at their method. */
  read(head: EventHead, bytes: Buffer): readonly ToolDefinition[] {
    const kind = LIST_METHODS.get(head.method)
    if (kind === undefined && (head.method !== '' || (head.vantage !== 'agent' && head.vantage !== 'client'))) return NOTHING
    if (head.conflict_with !== '') return NOTHING
    const event = carriedBy(bytes)
    const told = [...this.#list(head, event, { kind: kind ?? 'tool', text: kind === undefined ? '' : event.result })]
    if (event.carrier !== '') told.push(...this.#list(head, event, { kind: 'tool', text: carried(event.attributes, event.carrier) }))
    return told
  }

  #list(head: EventHead, event: Carried, { kind, text }: { readonly kind: DefinitionKind; readonly text: string }): readonly ToolDefinition[] {
    if (text === '') return NOTHING
    const seen = seenAt(head, event)
    const place = `${seen.day}\u0000${JSON.stringify(Object.values(seen.by))}`
    if (!this.#lists.admit(hash('sha256', `${place}\u0000${kind}\u0000${text}`, 'base64'), seen.at)) return NOTHING
    const { definitions, leftOut } = listingOf(kind, text)
    if (leftOut > 0) this.#telemetry.leftOut(leftOut, seen.by.emitter)
    const news = definitions.map((definition) => toldOf(definition, seen)).filter((record) => this.#isNews(record))
    if (news.length > 0) this.#telemetry.told(news.length)
    return news
  }

  #isNews({ tenant, server, target, source, emitter, vantage, agent, client, seen_on, kind, name, definition_hash, first_seen }: ToolDefinition): boolean {
    const key = JSON.stringify([tenant, server, target, source, emitter, vantage, agent, client, String(seen_on), kind, name, definition_hash])
    return this.#definitions.admit(hash('sha256', key, 'base64'), first_seen)
  }
}

const NOTHING: readonly ToolDefinition[] = []

/** Clocks of emitters may say anything: nothing was seen after it was received, and what has no time was seen then. */
function seenAt({ event_id: eventId, tenant, source, emitter, vantage, received_at }: EventHead, event: Carried): Seen {
  const said = event.started_at > 0n ? event.started_at : event.observed_at
  const at = said > 0n && said < received_at ? said : received_at
  const { server, target, agent, client } = event
  return { by: { tenant, server, target, source, emitter, vantage, agent, client }, at, day: at - (at % DAY_NS), eventId }
}

function toldOf(definition: Definition, { by, at, day, eventId }: Seen): ToolDefinition {
  const [, server, tool] = by.emitter === 'claude-code' && by.server === '' ? (CLAUDE_TOOL.exec(definition.name) ?? []) : []
  const whose = server === undefined || tool === undefined ? by : { ...by, server }
  return { ...whose, ...definition, name: tool ?? definition.name, seen_on: day, first_seen: at, last_seen: at - (at % SEEN_WINDOW_NS), event_id: eventId }
}

/** Records of one server meet in one partition, in order: by name, else address, else whoever sent it. */
export const definitionKey = ({ tenant, server, target, source }: ListedBy): string => `${tenant}\u0000${server || target || source}`
