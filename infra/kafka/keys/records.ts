/** What is written to the topic of keys. All records have keys, so that compaction keeps the last of each: the word that a key was destroyed takes its place. */
import { Packr } from 'msgpackr'
import type { KeyRow, Retirement } from '../../../schemas/sealing.ts'
import type { KeyedRecord } from '../keyed-log.ts'

const packr = new Packr({ useRecords: false })

type Kind = 'master' | 'key' | 'retirement' | 'pulse'

export interface WrittenKey {
  readonly key: string
  readonly value: Buffer | null
}

/** What a record says, by kind. */
export type KeyWord =
  | { readonly kind: 'master'; readonly master: string; readonly replaces: string }
  | { readonly kind: 'key'; readonly row: KeyRow }
  | { readonly kind: 'destroyed'; readonly id: string }
  | { readonly kind: 'retirement'; readonly id: string; readonly retirement: Retirement | undefined }

const write = (kind: Kind, id: string, value: object | null): WrittenKey => ({ key: JSON.stringify([kind, id]), value: value === null ? null : packr.pack(value) })

/** `claim` is random: whose is first on the topic holds, and compaction must not take it for an earlier word of another. */
/** `replaces`: whose place it takes; '' for one that is the first. */
export const masterRecord = (claim: string, master: string, replaces = ''): WrittenKey => write('master', claim, { master, replaces })
export const keyRecord = (row: KeyRow): WrittenKey => write('key', row.id, row)
export const destroyedRecord = (id: string, at: number): WrittenKey => write('key', id, { id, destroyedAt: at })
export const retirementRecord = (id: string, retirement: Retirement | null): WrittenKey => write('retirement', id, retirement)
/** Says nothing: brokers compact what was closed, and close it when something more comes. */
export const pulseRecord = (at: number): WrittenKey => write('pulse', '', { at })

interface Fields {
  readonly master?: unknown
  readonly replaces?: unknown
  readonly id?: unknown
  readonly madeAt?: unknown
  readonly wrapped?: unknown
  readonly destroyedAt?: unknown
  readonly keys?: unknown
  readonly at?: unknown
}

const KEY_ID = /^[0-9a-f]{16}$/

/** Undefined for what says nothing, and for what is none of ours. */
export function readWord({ key, value }: Pick<KeyedRecord, 'key' | 'value'>): KeyWord | undefined {
  try {
    const [kind, id] = JSON.parse(key) as readonly unknown[]
    if (typeof id !== 'string') return undefined
    if (value === null) return kind === 'retirement' ? { kind, id, retirement: undefined } : undefined
    return wordOf({ kind, id }, packr.unpack(value) as Fields)
  } catch {
    return undefined
  }
}

function wordOf({ kind, id }: { readonly kind: unknown; readonly id: string }, fields: Fields): KeyWord | undefined {
  const { master, replaces, madeAt, wrapped, destroyedAt, keys, at } = fields
  if (kind === 'master' && typeof master === 'string') return { kind, master, replaces: typeof replaces === 'string' ? replaces : '' }
  if (kind === 'retirement' && Array.isArray(keys) && typeof at === 'number') return { kind, id, retirement: fields as unknown as Retirement }
  if (kind !== 'key' || !KEY_ID.test(id)) return undefined
  if (typeof destroyedAt === 'number') return { kind: 'destroyed', id }
  return typeof madeAt === 'number' && Buffer.isBuffer(wrapped) ? { kind, row: { id, madeAt, wrapped } } : undefined
}
