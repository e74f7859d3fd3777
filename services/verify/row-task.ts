/** Reads stored rows in any order: makes the hash of each again and adds it up by place; says where each came from. */
import { hash } from 'node:crypto'
import { ADMIN_EMITTER } from '../../schemas/admin-action.ts'
import { HASH_BYTES } from '../../schemas/merkle.ts'
import { ID_BYTES, LeafCursor } from '../../schemas/packed-leaf.ts'
import { FIELD, PackedCursor } from '../../schemas/packed-record.ts'
import type { Fault } from '../../schemas/evidence.ts'
import { type Declaration, declarationOf } from './declarations.ts'
import { hexInto } from './hex.ts'
import { Origins } from './origins.ts'
import { PlaceSums, type SumsData } from './place-sums.ts'
import { Sequences, type Session } from './sequences.ts'
import { receivedAt, Unsealed } from './unsealed.ts'

/** The furthest place of a partition that has a leaf: what stands behind was not sealed yet. */
export interface Frontier {
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
}

export interface RowJob {
  /** `bare`: rows without stored hashes. `dropped`: leaves of rows that a declared removal took, with their partition in place of the index. */
  readonly kind: 'rows' | 'bare' | 'dropped'
  readonly frontiers: readonly Frontier[]
  readonly key: Uint8Array
}

export interface Blanked {
  readonly rows: number
  /** Of these, rows that still have something in the columns that their content hash once hid: nothing proves it any more. */
  readonly unproved: number
  /** Of these, rows that have content: no removal leaves any. */
  readonly refilled: number
}

export interface RowResult {
  readonly sums: SumsData
  readonly rows: number
  /** Rows behind the last leaf. */
  readonly unsealed: number
  /** Rows that each removal blanked. */
  readonly erased: ReadonlyMap<string, Blanked>
  /** What removals say of themselves. */
  readonly declarations: readonly Declaration[]
  /** Of those behind the last leaf: partition and minute of arrival → rows. */
  readonly unsealedAt: ReadonlyMap<string, number>
  /** Partition → when its last event that has a leaf was received, milliseconds. */
  readonly newest: ReadonlyMap<number, number>
  /** tenant, transport, credential and peer with newlines between → rows. */
  readonly origins: ReadonlyMap<string, number>
  readonly sessions: ReadonlyMap<string, Session>
  readonly sessionsBeyond: number
  readonly faults: readonly Fault[]
}

const ADMIN = Buffer.from(ADMIN_EMITTER)
const { emitter: EMITTER, sequence: SEQUENCE, event_id: EVENT_ID, tenant: TENANT } = FIELD
const MOST_FAULTS = 100
/** What every removal takes, also one that leaves who it was. */
const CONTENT = [
  FIELD.name, FIELD.resource, FIELD.arguments, FIELD.arguments_hash, FIELD.result, FIELD.result_hash, FIELD.status_message, FIELD.attributes, FIELD.resource_attributes,
]
export const NONE_BLANKED: Blanked = { rows: 0, unproved: 0, refilled: 0 }
export const MOST_DECLARATIONS = 50_000

const sessionOf = (parts: readonly string[]): string => hash('sha256', parts.join('\n'), 'hex').slice(0, 32)

export class RowTask {
  readonly #frontiers: ReadonlyMap<number, Frontier>
  readonly #kind: RowJob['kind']
  readonly #sums: PlaceSums
  readonly #sequences = new Sequences()
  readonly #erased = new Map<string, Blanked>()
  readonly #declarations: Declaration[] = []
  readonly #origins = new Origins()
  readonly #faults: Fault[] = []
  /** event_id and record hash of the row that is looked at. */
  readonly #identity = Buffer.alloc(ID_BYTES + HASH_BYTES)
  #rows = 0
  readonly #unsealed = new Unsealed()
  readonly #newest = new Map<number, number>()

  constructor({ kind, frontiers, key }: RowJob) {
    this.#kind = kind
    this.#frontiers = new Map(frontiers.map((frontier) => [frontier.partition, frontier]))
    this.#sums = new PlaceSums(Buffer.from(key))
  }

  /** Reads what is whole; the answer is where the rest begins. */
  take(bytes: Buffer): number {
    if (this.#kind === 'dropped') return this.#takeDropped(bytes)
    const cursor = new PackedCursor(bytes)
    try {
      while (cursor.next()) this.#row(cursor, bytes)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#fault('rows-damaged', -1, `the rows cannot be read: ${error.message}`)
      return bytes.length
    }
    return cursor.rest
  }

  #takeDropped(bytes: Buffer): number {
    const cursor = new LeafCursor(bytes)
    while (cursor.next()) {
      const { index: partition, offset, offsetIndex, eventId, recordHash, tenant } = cursor
      this.#rows++
      this.#sums.add({ partition, offset, offsetIndex, eventId, recordHash, tenant })
    }
    return cursor.rest
  }

  end(leftOver: number): RowResult {
    if (leftOver > 0) this.#fault('rows-damaged', -1, 'the rows end in the middle of one')
    return {
      sums: this.#sums.data(), rows: this.#rows, unsealed: this.#unsealed.count, unsealedAt: this.#unsealed.minutes, erased: this.#erased, declarations: this.#declarations, newest: this.#newest,
      origins: this.#origins.counts(), sessions: this.#sequences.sessions, sessionsBeyond: this.#sequences.beyond, faults: this.#faults,
    }
  }

  /** `bytes`: those that the cursor reads. */
  #row(row: PackedCursor, bytes: Buffer): void {
    this.#rows++
    if (row.isText(EMITTER, ADMIN)) this.#declared(row)
    const frontier = this.#frontiers.get(row.partition)
    if (frontier === undefined || row.offset > frontier.offset || (row.offset === frontier.offset && row.offsetIndex > frontier.offsetIndex)) {
      this.#unsealed.add(row)
      this.#count(row)
      return
    }
    if (row.offset === frontier.offset && row.offsetIndex === frontier.offsetIndex) this.#newest.set(row.partition, receivedAt(row))
    this.#prove(row, bytes)
    this.#origins.add(row, bytes)
    this.#count(row)
  }

  #count(row: PackedCursor): void {
    if (row.isNegative(SEQUENCE)) return
    const number = row.int(SEQUENCE)
    this.#sequences.add(sessionOf([row.text(FIELD.tenant), row.text(FIELD.source), row.text(FIELD.emitter), row.text(FIELD.conversation)]), Number(number))
  }

  #prove(row: PackedCursor, bytes: Buffer): void {
    const { erasure, partition, offset, offsetIndex } = row
    if (!row.prove(this.#identity, ID_BYTES) && this.#kind !== 'bare') this.#fault('row-changed', partition, `${nameOf(row)} is not what its own hashes say`)
    // The length stands before the digits, in one byte where there are as many as there must be.
    if (!hexInto({ bytes, from: row.fieldAt(EVENT_ID) + 1, to: row.fieldEnd(EVENT_ID) }, this.#identity, ID_BYTES)) return this.#fault('row-changed', partition, `${nameOf(row)} has no identity of 32 hex digits`)
    if (erasure !== '') this.#erasedRow(row, bytes)
    this.#sums.addPacked({ partition, offset, offsetIndex, identity: this.#identity, identityAt: 0, name: bytes, tenantAt: row.fieldAt(TENANT), tenantEnd: row.fieldEnd(TENANT) })
  }

  #erasedRow(row: PackedCursor, bytes: Buffer): void {
    const { rows, unproved, refilled } = this.#erased.get(row.erasure) ?? NONE_BLANKED
    // A text or a list without anything in it is one byte of zero.
    const hasContent = CONTENT.some((field) => bytes[row.fieldAt(field)] !== 0)
    this.#erased.set(row.erasure, { rows: rows + 1, unproved: unproved + (row.isBlank() ? 0 : 1), refilled: refilled + (hasContent ? 1 : 0) })
  }

  /** A removal writes an event of its own when it is done: what is missing is declared by what cannot be put in afterwards. */
  #declared(row: PackedCursor): void {
    const declaration = this.#declarations.length < MOST_DECLARATIONS ? declarationOf(row) : undefined
    if (declaration !== undefined) this.#declarations.push(declaration)
  }

  #fault(kind: string, partition: number, detail: string): void {
    if (this.#faults.length < MOST_FAULTS) this.#faults.push({ question: 'integrity', kind, partition, index: -1, detail })
  }
}

const nameOf = (row: PackedCursor): string => `the row at offset ${row.offset}, place ${row.offsetIndex}`
