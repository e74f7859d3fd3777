/**
 * Identities that an audit event has no field for: the chain of delegation and the caller's tenant. The collector writes them down as one attribute,
 * the assembler reads it; what the emitter itself calls so is kept under another name.
 */
import type { Attribute } from './audit-event.ts'
import type { InteractionFields } from './interaction.ts'
import { Trust } from './vocabulary.ts'

export const SAID_KEY = 'watchkeeper.said'
/** Stands at the end of a chain of which more was said. */
export const MORE = '…'
/** Of a chain, beside MORE; and of one of its names. */
export const ACTORS_LIMIT = 16
export const NAME_CHARACTERS = 256

export type SaidIdentity = Pick<InteractionFields,
  'caller_tenant' | 'caller_tenant_source' | 'caller_tenant_trust' | 'delegation' | 'delegation_source' | 'delegation_trust'>

export const NOTHING_SAID: Readonly<SaidIdentity> = {
  caller_tenant: '', caller_tenant_source: '', caller_tenant_trust: 'none', delegation: [], delegation_source: '', delegation_trust: 'none',
}

export const saidAttribute = (said: Partial<SaidIdentity>): Attribute => ({ type: 'json', text: JSON.stringify(said) })

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const trustOf = (value: unknown): Trust => Trust.safeParse(value).data ?? 'none'

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

/** What the attribute says; of one that was cut or redacted to pieces, nothing. */
export function saidIn(attribute: Attribute | undefined): Readonly<SaidIdentity> {
  if (attribute === undefined) return NOTHING_SAID
  const said = parsed(attribute.text)
  const chain = said['delegation']
  return {
    caller_tenant: textOf(said['caller_tenant']), caller_tenant_source: textOf(said['caller_tenant_source']), caller_tenant_trust: trustOf(said['caller_tenant_trust']),
    delegation: Array.isArray(chain) ? chain.filter((actor): actor is string => typeof actor === 'string').slice(0, ACTORS_LIMIT + 1) : [],
    delegation_source: textOf(said['delegation_source']), delegation_trust: trustOf(said['delegation_trust']),
  }
}
