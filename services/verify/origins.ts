/** Where rows came from, counted: texts are made once an origin, and not once a row. */
import { FIELD, type FieldNumber, type PackedCursor } from '../../schemas/packed-record.ts'

/** Others are counted under the last. */
const MOST_ORIGINS = 5_000
/** Stands for the address of a record without a credential that a removal blanked. */
export const BLANKED_PEER = '(blanked)'
const OTHER_ORIGINS = { known: '\n\n\n(others)', unknown: '\n\n\n' }
const { tenant: TENANT, transport: TRANSPORT, credential: CREDENTIAL, exporter_peer: PEER } = FIELD
const OWN = [TENANT, TRANSPORT, CREDENTIAL]
const PRIME = 16_777_619
const BASIS = 0x811c9dc5

interface Seen {
  /** The fields as they lie in a record. */
  readonly bytes: Buffer
  /** What it is counted under. */
  readonly place: string
  count: number
}

export class Origins {
  readonly #counts = new Map<string, number>()
  readonly #seen = new Map<number, Seen>()
  #latest: Seen | undefined

  /** `bytes`: those that the cursor reads. */
  add(row: PackedCursor, bytes: Buffer): void {
    if (!row.isPlain) return this.#count(this.#placeOf(row), 1)
    // Neighbours mostly come from the same place.
    const known = this.#latest !== undefined && isSame(row, bytes, this.#latest.bytes) ? this.#latest : this.#known(row, bytes)
    if (known !== undefined) known.count++
    this.#latest = known
  }

  /** Where rows like this one are counted; undefined where this one was counted by itself. */
  #known(row: PackedCursor, bytes: Buffer): Seen | undefined {
    const key = keyOf(row, bytes)
    const seen = this.#seen.get(key)
    if (seen !== undefined && isSame(row, bytes, seen.bytes)) return seen
    const place = this.#placeOf(row)
    const isKept = seen === undefined && this.#seen.size < MOST_ORIGINS
    this.#count(place, isKept ? 0 : 1)
    if (!isKept) return undefined
    const made: Seen = { bytes: Buffer.concat(fieldsOf(row).map((field) => bytes.subarray(row.fieldAt(field), row.fieldEnd(field)))), place, count: 0 }
    this.#seen.set(key, made)
    return made
  }

  /** What the row is counted under. */
  #placeOf(row: PackedCursor): string {
    const credential = row.text(CREDENTIAL)
    const peer = credential === '' ? peerOf(row) : ''
    const origin = `${row.text(TENANT)}\n${row.text(TRANSPORT)}\n${credential}\n${peer}`
    if (this.#counts.has(origin) || this.#counts.size < MOST_ORIGINS) return origin
    return credential === '' && (peer === '' || peer === BLANKED_PEER) ? OTHER_ORIGINS.unknown : OTHER_ORIGINS.known
  }

  #count(place: string, rows: number): void {
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + rows)
  }

  /** tenant, transport, credential and peer with newlines between → rows. */
  counts(): ReadonlyMap<string, number> {
    for (const seen of this.#seen.values()) {
      this.#count(seen.place, seen.count)
      seen.count = 0
    }
    return this.#counts
  }
}

/** Addresses are personal, and go with the rest. */
const peerOf = (row: PackedCursor): string => row.text(PEER) || (row.erasure === '' ? '' : BLANKED_PEER)

const OWN_AND_PEER = [...OWN, PEER]
/** What an origin is made of: the address counts where there is no credential. */
const fieldsOf = (row: PackedCursor): readonly FieldNumber[] =>
  (row.fieldEnd(CREDENTIAL) - row.fieldAt(CREDENTIAL) === 1 ? OWN_AND_PEER : OWN)

/** FNV-1a over the fields as they lie in the record. */
function keyOf(row: PackedCursor, bytes: Buffer): number {
  let key = BASIS
  for (const field of fieldsOf(row)) {
    const end = row.fieldEnd(field)
    for (let at = row.fieldAt(field); at < end; at++) key = Math.imul(key ^ (bytes[at] as number), PRIME)
  }
  return key
}

function isSame(row: PackedCursor, bytes: Buffer, known: Buffer): boolean {
  let place = 0
  for (const field of fieldsOf(row)) {
    const end = row.fieldEnd(field)
    for (let at = row.fieldAt(field); at < end; at++) if (bytes[at] !== known[place++]) return false
  }
  return place === known.length
}
