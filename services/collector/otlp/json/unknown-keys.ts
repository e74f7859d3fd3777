/**
 * Keys that a body has in place of what it should hold. The specification wants unknown keys ignored, so they are no error; but a sender
 * whose whole request was ignored must be told, or it loses its telemetry and never knows.
 */
import type { JsonObject } from './fields.ts'

const KNOWN_BESIDE: ReadonlySet<string> = new Set(['resource', 'scope', 'schemaUrl', 'schema_url'])
const KEYS_SHOWN = 5
/** Characters of a stranger's key that are repeated. */
const QUOTED = 60

export class UnknownKeys {
  /** One sentence for each list that was missed: a request has three. */
  readonly #told = new Map<string, string>()

  /** `group` has no key `list`. */
  insteadOf(list: string, group: JsonObject): void {
    if (this.#told.has(list)) return
    const keys = Object.keys(group).filter((key) => !KNOWN_BESIDE.has(key))
    if (keys.length === 0) return
    const shown = keys.slice(0, KEYS_SHOWN).map((key) => JSON.stringify(key.slice(0, QUOTED))).join(', ')
    const more = keys.length > KEYS_SHOWN ? ` and ${keys.length - KEYS_SHOWN} more` : ''
    this.#told.set(list, `"${list}" is missing, and nothing was taken from the unknown ${keys.length === 1 ? 'key' : 'keys'} ${shown}${more}`)
  }

  /** For the sender; '' where there is nothing to say. */
  get warning(): string {
    return [...this.#told.values()].join('; ')
  }
}
