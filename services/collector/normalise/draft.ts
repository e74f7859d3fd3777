/** Fills a record from one set of attributes by a plan: one look-up an attribute, precedence by rank, nothing lost. */
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import type { AnyValue, KeyValues } from '../otlp/model.ts'
import { type Collection, FIELD_COUNT, type Plan, type Slot } from './compile.ts'
import type { Draft, Hints } from './fields.ts'
import { keptName } from './own-names.ts'
import { plainText } from './readings.ts'
import { attributeOf, jsonObject, jsonObjectOfTexts } from './values.ts'

const noHints = (): Hints => ({
  operation: '', object: '', success: '', rpc_status: '', http_status: '', http_method: '', path: '', duration_ms: '', sequence: '',
  arguments_bytes: '', result_bytes: '', status: '', peer: '', forwarded_for: '', forwarded: '',
})

export const openDraft = (template: AuditEventFields): Draft => ({ event: { ...template }, hints: noHints(), kept: new Map() })

interface Offer {
  key: string
  value: AnyValue
  /** The record's attributes. */
  values: KeyValues
}

/** Of a field that nothing filled: behind all ranks. */
const NO_RANK = 255

const NO_VALUES: KeyValues = new Map()

/** Holds the scratch tables, so that a record allocates none. Not re-entrant; one per normaliser. */
export class Filler {
  readonly #ranks = new Uint8Array(FIELD_COUNT).fill(NO_RANK)
  /** Which fields were taken, some twice. */
  readonly #taken: number[] = []
  readonly #keys: string[] = new Array<string>(FIELD_COUNT).fill('')
  readonly #values: AnyValue[] = new Array<AnyValue>(FIELD_COUNT).fill(null)
  readonly #offered: Offer = { key: '', value: null, values: NO_VALUES }

  fill(draft: Draft, values: KeyValues, plan: Plan): void {
    this.#forget()
    const offered = this.#offered
    offered.values = values
    values.forEach((value, key) => {
      offered.key = key
      offered.value = value
      const slots = plan.slots.get(key)
      if (slots === undefined || !this.#offer(draft, slots, offered)) draft.kept.set(keptName(key), attributeOf(value))
    })
    for (const collection of plan.collections) this.#collect(draft, values, collection)
    draft.event.attributes = draft.kept
  }

  /** True when a field of the record holds the whole value, so that it need not be kept twice. */
  #offer(draft: Draft, slots: readonly Slot[], { key, value, values }: Readonly<Offer>): boolean {
    let whole = false
    for (const slot of slots) {
      const rank = this.#ranks[slot.index] ?? 0
      if (slot.rank >= rank || (slot.where !== undefined && plainText(values.get(slot.where.key)) !== slot.where.is)) continue
      // Nearly all are plain, and a call that is known costs a fraction of one that is looked up.
      const text = slot.read === plainText ? plainText(value) : slot.read(value)
      if (text === '') continue
      if (rank !== NO_RANK) this.#giveBack(draft, slot)
      this.#take(slot, key, value)
      slot.put(draft, key, text)
      whole ||= slot.kind !== 'hint' && (text === value || (slot.field === 'arguments' || slot.field === 'result') && typeof value === 'object')
    }
    return whole
  }

  #forget(): void {
    for (let index = this.#taken.pop(); index !== undefined; index = this.#taken.pop()) this.#ranks[index] = NO_RANK
  }

  #take(slot: Slot, key: string, value: AnyValue): void {
    this.#taken.push(slot.index)
    this.#ranks[slot.index] = slot.rank
    this.#keys[slot.index] = key
    this.#values[slot.index] = value
  }

  /** A better source came: what the field held before is an attribute again. */
  #giveBack(draft: Draft, slot: Slot): void {
    draft.kept.set(this.#keys[slot.index] ?? '', attributeOf(this.#values[slot.index] ?? null))
  }

  #collect(draft: Draft, values: KeyValues, { prefix, slot, json }: Collection): void {
    const rank = this.#ranks[slot.index] ?? 0
    if (slot.rank >= rank) return
    const members = new Map<string, AnyValue>()
    for (const [key, value] of values) if (key.startsWith(prefix) && key.length > prefix.length) members.set(key.slice(prefix.length), value)
    if (members.size === 0) return
    if (rank !== NO_RANK) this.#giveBack(draft, slot)
    slot.put(draft, prefix, json ? jsonObjectOfTexts(members) : jsonObject(members))
    for (const name of members.keys()) draft.kept.delete(prefix + name)
  }
}
