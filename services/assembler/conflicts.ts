/**
 * What observations of one call say of an identity where they do not agree. The one with more trust holds; of equal trust the one nearest the enforcement
 * point, then the one with the smaller event id: never the one that came first. What was said against it stays to be seen.
 */
import type { Interaction, InteractionFields } from '../../schemas/interaction.ts'
import { type Trust, TRUST_ORDER } from '../../schemas/vocabulary.ts'

/** Identities that one call has one of. Agents may well be several, one below the other. */
const FIELDS = ['principal', 'client', 'token_fingerprint', 'caller_tenant', 'delegation'] as const
type Field = (typeof FIELDS)[number]

/** What is kept of one field, the most trusted first; of more than that, how many more. */
const KEPT = 8
const VALUE_CHARACTERS = 256

export interface Claim {
  readonly field: Field
  readonly value: string
  readonly source: string
  readonly trust: Trust
  /** Software that said so. */
  readonly said_by: string
}
/** As it stands in the column; `more`: further claims on the field that are not told. */
export type Conflict = Claim & { readonly holds: boolean; readonly more?: number }

type Identified = Pick<Interaction, Field | 'principal_source' | 'principal_trust' | 'client_source' | 'client_trust' | 'token_source' | 'token_trust'
  | 'caller_tenant_source' | 'caller_tenant_trust' | 'delegation_source' | 'delegation_trust'>

/** A function a field: every call asks each of its observations, and reading by a computed name costs many times as much. */
const VALUES: Readonly<Record<Field, (said: Pick<Identified, Field>) => string>> = {
  principal: ({ principal }) => principal,
  client: ({ client }) => client,
  token_fingerprint: ({ token_fingerprint }) => token_fingerprint,
  caller_tenant: ({ caller_tenant }) => caller_tenant,
  delegation: ({ delegation }) => (delegation.length === 0 ? '' : delegation.join(' ← ')),
}
const KEYS = {
  principal: ['principal_source', 'principal_trust'], client: ['client_source', 'client_trust'], token_fingerprint: ['token_source', 'token_trust'],
  caller_tenant: ['caller_tenant_source', 'caller_tenant_trust'], delegation: ['delegation_source', 'delegation_trust'],
} as const

function claimOf(field: Field, said: Identified, by: string): Claim | undefined {
  const value = VALUES[field](said)
  const [source, trust] = KEYS[field]
  return value === '' ? undefined : { field, value: value.slice(0, VALUE_CHARACTERS), source: said[source], trust: said[trust], said_by: by }
}

/** Directories and emitters do not agree on the case of a person's name. */
const sameAs = (field: Field, value: string): string => (field === 'principal' ? value.toLowerCase() : value)

/** Whether there is anything to look at: nearly never. */
function disagree(all: readonly Pick<Identified, Field>[], field: Field): boolean {
  const valueOf = VALUES[field]
  let first = ''
  for (const said of all) {
    const value = valueOf(said)
    if (value === '' || value === first) continue
    if (first !== '' && sameAs(field, value) !== sameAs(field, first)) return true
    first = value
  }
  return false
}

const textOf = ({ field, value, source, trust, said_by }: Claim): string => JSON.stringify([field, TRUST_ORDER.indexOf(trust), value, source, said_by])

/** Each once, the most trusted first; the order does not depend on theirs. */
function toldOf(claims: readonly Claim[], winner: string): readonly string[] {
  const distinct = new Map(claims.map((claim) => [textOf(claim), claim]))
  const ordered = [...distinct].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, claim]) => claim)
  const holds = ({ field, value }: Claim): boolean => sameAs(field, value) === sameAs(field, winner.slice(0, VALUE_CHARACTERS))
  // What holds is told, however many say otherwise.
  const first = ordered.findIndex(holds)
  const kept = first < KEPT ? ordered.slice(0, KEPT) : [...ordered.slice(0, KEPT - 1), ordered[first] as Claim]
  const more = ordered.length - kept.length
  return kept.map((claim, at): string => {
    const { field, value, source, trust, said_by } = claim
    const conflict: Conflict = { field, value, source, trust, said_by, holds: holds(claim), ...(more > 0 && at === kept.length - 1 ? { more } : {}) }
    return JSON.stringify(conflict)
  })
}

/** Conflicts between observations of one call. `fields` has what holds. */
export function conflictsIn(observations: readonly (Identified & { readonly source: string })[], fields: Pick<InteractionFields, Field>): readonly string[] {
  if (observations.length < 2) return []
  const told: string[] = []
  for (const field of FIELDS) {
    if (!disagree(observations, field)) continue
    told.push(...toldOf(observations.map((said) => claimOf(field, said, said.source)).filter((claim) => claim !== undefined), VALUES[field](fields)))
  }
  return told
}

/** Conflicts between views of one call that several traces have of it, with those that each has in itself. */
export function conflictsAmong(parts: readonly Interaction[], fields: Pick<InteractionFields, Field>): readonly string[] {
  const known = parts.map(({ identity_conflicts: conflicts }) => conflicts.map(conflictOf))
  const told: string[] = []
  for (const field of FIELDS) {
    const claims = parts.flatMap((part, at) => {
      const own = (known[at] as readonly Conflict[]).filter((conflict) => conflict.field === field)
      const claim = claimOf(field, part, part.sources.join(' '))
      return own.length > 0 ? own : claim === undefined ? [] : [claim]
    })
    if (new Set(claims.map(({ value }) => sameAs(field, value))).size > 1) told.push(...toldOf(claims, VALUES[field](fields)))
  }
  return told
}

/** As we wrote it ourselves. */
export const conflictOf = (text: string): Conflict => JSON.parse(text) as Conflict
