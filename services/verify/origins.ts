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

  /** `bytes`: those that the cursor reads. */
  add(row: PackedCursor, bytes: Buffer): void {
    if (!row.isPlain) return this.#count(this.#placeOf(row), 1)
    const key = keyOf(row, bytes)
    const known = this.#seen.get(key)
    if (known !== undefined && isSame(row, bytes, known.bytes)) known.count++
    else this.#addNew(row, bytes, key)
  }

  #addNew(row: PackedCursor, bytes: Buffer, key: number): void {
    const place = this.#placeOf(row)
    this.#count(place, 1)
    if (this.#seen.has(key) || this.#seen.size >= MOST_ORIGINS) return
    const fields = fieldsOf(row).map((field) => bytes.subarray(row.fieldAt(field), row.fieldEnd(field)))
    this.#seen.set(key, { bytes: Buffer.concat(fields), place, count: 0 })
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
