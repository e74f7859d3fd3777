/**
 * What removals say of themselves: events of the same log. Whoever may write to the tables can blank a row and put such an event beside it, so one counts only
 * where its own leaf stands under a checkpoint; what came behind the last one is not yet provable.
 */
import type { EvidenceSource, Removal } from '../../schemas/evidence.ts'
import { LeafCursor } from '../../schemas/packed-leaf.ts'
import { FIELD, type PackedCursor } from '../../schemas/packed-record.ts'
import type { LeafState } from './leaf-task.ts'

export interface Declaration {
  readonly removal: string
  readonly kind: 'erasure' | 'retention'
  readonly step: 'begin' | 'done'
  /** So many it took; 0 where it only begins. */
  readonly events: number
  /** When it was received, milliseconds. */
  readonly at: number
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
}

/** What a removal may have taken, as far as the log says. */
export interface Declared {
  readonly kind: Declaration['kind'] | undefined
  /** So many, by an event that a checkpoint covers. */
  readonly proved: number
  /** So many, by an event that none covers yet. */
  readonly fresh: number
  /** It began and has not ended, or it ended a moment ago: what it does now cannot be proved yet. */
  readonly isUnderWay: boolean
}

export const NOT_DECLARED: Declared = { kind: undefined, proved: 0, fresh: 0, isUnderWay: false }

const METHOD = /^watchkeeper\/(erasure|retention)\.(begin|done)$/
/** Between a change in the tables and its event there lie seconds, unless a process was killed between. */
const RECENT_MS = 600_000

/** What an event of the product itself declares; undefined for nothing. */
export function declarationOf(row: PackedCursor): Declaration | undefined {
  const removal = /^removal\/(.{1,64})$/.exec(row.text(FIELD.resource))?.[1]
  const [, kind, step] = METHOD.exec(row.text(FIELD.method)) ?? []
  if (removal === undefined || kind === undefined || row.text(FIELD.outcome) !== 'ok') return undefined
  const events = step === 'done' ? Number(/"events":"(\d{1,15})"/.exec(row.text(FIELD.arguments))?.[1] ?? 0) : 0
  const { partition, offset, offsetIndex } = row
  return { removal, kind: kind as Declaration['kind'], step: step as Declaration['step'], events, at: Number(row.int(FIELD.received_at) / 1_000_000n), partition, offset, offsetIndex }
}

const placeOf = ({ offset, offsetIndex }: Pick<Declaration, 'offset' | 'offsetIndex'>): string => `${offset} ${offsetIndex}`

/** Places of leaves that no checkpoint covers. */
async function unsignedPlaces(source: EvidenceSource, partition: number, { proved, next }: LeafState): Promise<ReadonlySet<string>> {
  const places = new Set<string>()
  let rest = Buffer.alloc(0)
  if (next <= proved) return places
  for await (const chunk of source.leaves(partition, proved, next - proved)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const cursor = new LeafCursor(bytes)
    while (cursor.next()) places.add(placeOf(cursor))
    rest = Buffer.from(bytes.subarray(cursor.rest))
  }
  return places
}

/** Those of the declarations whose leaves stand under a checkpoint. That row and leaf are the same is held against each other elsewhere. */
async function signed(source: EvidenceSource, declarations: readonly Declaration[], leaves: ReadonlyMap<number, LeafState>): Promise<ReadonlySet<Declaration>> {
  const sure = new Set<Declaration>()
  for (const partition of new Set(declarations.map((one) => one.partition))) {
    const state = leaves.get(partition)
    if (state === undefined || state.proved === 0) continue
    const unsigned = await unsignedPlaces(source, partition, state)
    const isSealed = ({ offset, offsetIndex }: Declaration): boolean => offset < state.offset || (offset === state.offset && offsetIndex <= state.offsetIndex)
    for (const one of declarations) if (one.partition === partition && isSealed(one) && !unsigned.has(placeOf(one))) sure.add(one)
  }
  return sure
}

interface Evidence {
  readonly source: EvidenceSource
  readonly declarations: readonly Declaration[]
  readonly leaves: ReadonlyMap<number, LeafState>
  readonly removals: readonly Removal[]
  /** When the last event that has a leaf was received, milliseconds. */
  readonly newest: number
}

const most = (numbers: readonly number[], least = 0): number => numbers.reduce((a, b) => Math.max(a, b), least)

/** What each removal may have taken. */
export async function declaredBy({ source, declarations, leaves, removals, newest }: Evidence): Promise<ReadonlyMap<string, Declared>> {
  const sure = await signed(source, declarations, leaves)
  const recent = new Set(removals.filter(({ at = 0 }) => newest > 0 && at >= newest - RECENT_MS).map(({ id }) => id))
  const [declared, byRemoval] = [new Map<string, Declared>(), new Map<string, Declaration[]>([...recent].map((id) => [id, []]))]
  for (const one of declarations) byRemoval.set(one.removal, [...(byRemoval.get(one.removal) ?? []), one])
  for (const [id, own] of byRemoval) {
    const done = own.filter(({ step }) => step === 'done')
    const proved = done.filter((one) => sure.has(one))
    const isOpen = most(own.filter(({ step }) => step === 'begin').map(({ at }) => at), -1) > most(done.map(({ at }) => at), -1)
    const [fresh, certain] = [most(done.map(({ events }) => events)), most(proved.map(({ events }) => events))]
    declared.set(id, { kind: (proved[0] ?? own[0])?.kind, proved: certain, fresh, isUnderWay: isOpen || fresh > certain || (recent.has(id) && proved.length === 0) })
  }
  return declared
}
