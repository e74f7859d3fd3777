/** Labelled items on the way that they would take in the product: redaction, inventory, comparison of versions, every detector. Nothing is remembered from item to item. */
import { createKeyedHash } from '../../../infra/keys/keyed-hash.ts'
import type { Draft } from '../../../detectors/detector.ts'
import { REGISTRY } from '../../../detectors/registry.ts'
import { rehearsal } from '../../../detectors/rehearse.ts'
import { blankAuditEvent } from '../../../schemas/audit-event.ts'
import { encodeCanonical } from '../../../schemas/canonical.ts'
import { blankInteraction, type Interaction } from '../../../schemas/interaction.ts'
import { EventRecord } from '../../../schemas/topics.ts'
import { createRedactor } from '../../../services/collector/redact/redactor.ts'
import { introduced, Namesakes } from '../../../services/worker/definitions/namesakes.ts'
import { Offered } from '../../../services/worker/definitions/offered.ts'
import { Inventory } from '../../../services/worker/inventory/inventory.ts'

const TENANT = 'default'
const START = 1_795_300_000_000_000_000n
const HOUR = 3_600_000_000_000n
const LONGEST_TURN = 2_000
const MOST = 64 * 1024 * 1024
const NAMES = 1_000
const quiet = (): void => undefined

const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 7)))
const tools = { hash: (text: string) => text }
const ARMED = Object.values(REGISTRY).map((arm) => arm({}))

/** What one detector said. */
export interface Said extends Draft {
  readonly detector: string
}

export class Watched {
  readonly #inventory = new Inventory({ told: quiet, leftOut: quiet, forgotten: quiet })
  readonly #offered = new Offered(MOST, quiet)
  readonly #names = new Namesakes(NAMES, quiet)
  readonly #plays = ARMED.map((armed) => ({ id: armed.rule.id, play: rehearsal(armed) }))
  #hours = 0n

  /** A server answers `tools/list`, an hour after the last thing that happened. */
  offer(list: readonly unknown[], server = 'server'): readonly Said[] {
    const at = START + HOUR * this.#hours++
    const event = {
      ...blankAuditEvent(), event_id: at.toString(16).padStart(32, '0'), tenant: TENANT, emitter: 'logfire', source: server, server, vantage: 'server' as const, method: 'tools/list',
      result: redactor.text(TENANT, JSON.stringify({ tools: list })), started_at: at, received_at: at,
    }
    const { bytes, head } = EventRecord.of(encodeCanonical(event).bytes)
    const said: Said[] = []
    for (const definition of head === undefined || bytes === undefined ? [] : this.#inventory.read(head, bytes)) {
      const offer = this.#offered.show(definition)
      if (offer === undefined) continue
      const one = introduced(offer.definition)
      const others = one === undefined ? [] : this.#names.meet(one)
      for (const armed of ARMED) {
        const drafts = [...armed.define(offer, tools), ...(one === undefined ? [] : armed.meet(one, others, tools))]
        said.push(...drafts.map((draft) => ({ ...draft, detector: armed.rule.id })))
      }
    }
    return said
  }

  /** One call; texts in `fields` are redacted first. */
  call(fields: Partial<Interaction>): readonly Said[] {
    const at = START + HOUR * this.#hours++
    const redacted = (text: string | undefined): string => redactor.text(TENANT, text ?? '')
    const call: Interaction = {
      ...blankInteraction(), interaction_id: String(at), tenant: TENANT, trace_id: String(at), started_at: at, ended_at: at, received_at: at, sort_at: at, method: 'tools/call', server: 'server',
      actor: 'agent', actor_kind: 'agent', outcome: 'ok', ...fields, arguments: redacted(fields.arguments), result: redacted(fields.result),
      request_text: redacted(fields.request_text).slice(0, LONGEST_TURN),
    }
    return this.#plays.flatMap(({ id, play }) => play(call).map((draft) => ({ ...draft, detector: id })))
  }
}
