/**
 * Calls of the API in the audit log. What changes something is written down before it is done, with its end. What reads is written down too, before it is
 * answered; the same again within a minute is counted, and told in one line with its number.
 */
import type { AdminAudit, AdminDeed } from '../../schemas/admin-action.ts'

/** Within so long the same reading is told once. */
const WINDOW_MS = 60_000
/** Different readings that are remembered. */
const MOST = 2_000

interface Counted {
  readonly deed: AdminDeed
  /** Why it was not answered; '' where it was. */
  readonly refused: string
  again: number
}

export interface ReadLogPorts {
  readonly audit: AdminAudit
  /** What could not be told of repetitions. */
  failed(error: unknown): void
}

export class ReadLog {
  readonly #ports: ReadLogPorts
  readonly #counted = new Map<string, Counted>()
  #timer: NodeJS.Timeout | undefined

  constructor(ports: ReadLogPorts) {
    this.#ports = ports
  }

  /** `refused`: why it is not answered, '' where it is. Throws Failure `unavailable` where it cannot be written down. */
  async note(deed: AdminDeed, refused = ''): Promise<void> {
    const key = JSON.stringify([refused, deed.action, deed.object, deed.tenant, deed.actor, deed.peer, deed.details])
    const known = this.#counted.get(key)
    if (known !== undefined) {
      known.again++
      return
    }
    if (this.#counted.size >= MOST) await this.tell()
    const counted = { deed, refused, again: 0 }
    this.#counted.set(key, counted)
    this.#timer ??= setTimeout(() => void this.tell(), WINDOW_MS).unref()
    try {
      await this.#write(deed, refused)
    } catch (error) {
      this.#counted.delete(key)
      throw error
    }
  }

  /** Tells what was counted, and begins anew. */
  async tell(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const repeated = [...this.#counted.values()].filter(({ again }) => again > 0)
    this.#counted.clear()
    for (const { deed, refused, again } of repeated) {
      await this.#write({ ...deed, details: { ...deed.details, repeated: String(again) } }, refused).catch(this.#ports.failed)
    }
  }

  async #write(deed: AdminDeed, refused: string): Promise<void> {
    const end = refused === '' ? undefined : new Error(refused)
    try {
      await this.#ports.audit.during(deed, () => {
        if (end !== undefined) throw end
      })
    } catch (error) {
      if (error !== end) throw error
    }
  }
}
