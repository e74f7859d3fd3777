/** Fills a record from one set of attributes by a plan: one look-up an attribute, precedence by rank, nothing lost. */
import type { Attribute, AuditEventFields } from '../../../schemas/audit-event.ts'
import type { AnyValue, KeyValues } from '../otlp/model.ts'
import { FIELD_COUNT, type Plan, type Slot } from './compile.ts'
import type { HintField, TextField } from './emitters/table.ts'
import { attributeOf, jsonObject } from './values.ts'

/** What was read for judgement only; '' = not said. */
export type Hints = { [K in HintField]: string }

export interface Draft {
  readonly event: AuditEventFields
  readonly hints: Hints
  /** What no field took whole. */
  readonly kept: Map<string, Attribute>
}

export const openDraft = (template: AuditEventFields): Draft => ({
  event: { ...template },
  hints: {
    operation: '', object: '', success: '', rpc_status: '', http_status: '', http_method: '', path: '', duration_ms: '', sequence: '',
    arguments_bytes: '', result_bytes: '', status: '',
  },
  kept: new Map(),
})

function assignIdentity(event: AuditEventFields, { field, trust }: Slot, key: string, text: string): void {
  // Plain stores: this runs for most spans, and a merged object literal costs several times as much.
  switch (field) {
    case 'principal': event.principal = text; event.principal_source = key; event.principal_trust = trust; break
    case 'client': event.client = text; event.client_source = key; event.client_trust = trust; break
    case 'agent': event.agent = text; event.agent_source = key; event.agent_trust = trust; break
    case 'token_fingerprint': event.token_fingerprint = text; event.token_source = key; event.token_trust = trust; break
    case 'scopes': event.scopes = text.split(' '); event.scopes_source = key; event.scopes_trust = trust; break
    default: event.client_address = text; event.client_address_source = key; event.client_address_trust = trust
  }
}

function assign(draft: Draft, slot: Slot, key: string, text: string): void {
  if (slot.kind === 'text') draft.event[slot.field as TextField] = text
  else if (slot.kind === 'hint') draft.hints[slot.field as HintField] = text
  else assignIdentity(draft.event, slot, key, text)
}

/** Holds the scratch tables, so that a record allocates none. Not re-entrant; one per normaliser. */
export class Filler {
  readonly #ranks = new Uint8Array(FIELD_COUNT)
  readonly #keys: string[] = new Array<string>(FIELD_COUNT).fill('')
  readonly #values: AnyValue[] = new Array<AnyValue>(FIELD_COUNT).fill(null)

  fill(draft: Draft, values: KeyValues, plan: Plan): void {
    this.#ranks.fill(255)
    for (const [key, value] of values) {
      const slots = plan.slots.get(key)
      if (slots === undefined || !this.#offer(draft, slots, key, value)) draft.kept.set(key, attributeOf(value))
    }
    for (const { prefix, slot } of plan.collections) this.#collect(draft, values, prefix, slot)
    draft.event.attributes = draft.kept
  }

  /** True when a field of the record holds the whole value, so that it need not be kept twice. */
  #offer(draft: Draft, slots: readonly Slot[], key: string, value: AnyValue): boolean {
    let whole = false
    for (const slot of slots) {
      const rank = this.#ranks[slot.index] ?? 0
      if (slot.rank >= rank) continue
      const text = slot.read(value)
      if (text === '') continue
      if (rank !== 255) this.#giveBack(draft, slot)
      this.#take(slot, key, value)
      assign(draft, slot, key, text)
      whole ||= slot.kind !== 'hint' && (text === value || (slot.field === 'arguments' || slot.field === 'result') && typeof value === 'object')
    }
    return whole
  }

  #take(slot: Slot, key: string, value: AnyValue): void {
    this.#ranks[slot.index] = slot.rank
    this.#keys[slot.index] = key
    this.#values[slot.index] = value
  }

  /** A better source came: what the field held before is an attribute again. */
  #giveBack(draft: Draft, slot: Slot): void {
    draft.kept.set(this.#keys[slot.index] ?? '', attributeOf(this.#values[slot.index] ?? null))
  }

  #collect(draft: Draft, values: KeyValues, prefix: string, slot: Slot): void {
    const rank = this.#ranks[slot.index] ?? 0
    if (slot.rank >= rank) return
    const members = new Map<string, AnyValue>()
    for (const [key, value] of values) if (key.startsWith(prefix) && key.length > prefix.length) members.set(key.slice(prefix.length), value)
    if (members.size === 0) return
    if (rank !== 255) this.#giveBack(draft, slot)
    assign(draft, slot, prefix, jsonObject(members))
    for (const name of members.keys()) draft.kept.delete(prefix + name)
  }
}
