/** A chain of delegation in any of the shapes that gateways and span processors give it, as JSON text of names: who acts now first (RFC 8693, 4.1). */
import { ACTORS_LIMIT, MORE, NAME_CHARACTERS } from '../../../schemas/said-identity.ts'
import type { AnyValue } from '../otlp/model.ts'

/** No token is as long: what is longer is not read. */
const TEXT_CHARACTERS = 65_536
const NAMES = ['sub', 'client_id', 'azp', 'name'] as const

function member(value: unknown, name: string): unknown {
  if (value instanceof Map) return (value as ReadonlyMap<string, unknown>).get(name)
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

/** Name of one actor; '' where the claim has none. */
function nameIn(actor: unknown): string {
  if (typeof actor === 'string') return actor.trim().slice(0, NAME_CHARACTERS)
  const named = NAMES.map((name) => member(actor, name)).find((value) => typeof value === 'string' && value !== '')
  return typeof named === 'string' ? named.slice(0, NAME_CHARACTERS) : ''
}

function isClaim(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && (NAMES.some((name) => member(value, name) !== undefined) || member(value, 'act') !== undefined)
}

/** Down the nested `act`; an actor without a name is one all the same, so the chain ends there: who stands behind him is not known. */
function nested(claim: unknown): string[] {
  const chain: string[] = []
  for (let at: unknown = claim; at !== undefined && at !== null; at = member(at, 'act')) {
    const name = nameIn(at)
    if (name === '' && chain.length === 0 && member(at, 'act') !== undefined) continue
    if (name === '') break
    if (chain.length === ACTORS_LIMIT) return [...chain, MORE]
    chain.push(name)
  }
  return chain
}

function listed(values: readonly unknown[]): string[] {
  const chain = values.slice(0, ACTORS_LIMIT + 1).map(nameIn).filter((name) => name !== '')
  return chain.length > ACTORS_LIMIT || values.length > ACTORS_LIMIT + 1 ? [...chain.slice(0, ACTORS_LIMIT), MORE] : chain
}

function inText(text: string): readonly string[] {
  if (text.length > TEXT_CHARACTERS) return []
  if (!text.startsWith('{') && !text.startsWith('[')) return listed(text.split(','))
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? listed(value) : isClaim(value) ? nested(value) : []
  } catch {
    return []
  }
}

/** '' where there is no chain in it. Linear in its input. */
export function actorsIn(value: AnyValue): string {
  const chain = typeof value === 'string' ? inText(value.trim()) : Array.isArray(value) ? listed(value) : isClaim(value) ? nested(value) : []
  return chain.length === 0 ? '' : JSON.stringify(chain)
}
