/** What is done with each class of what is found, for each tenant. */
import { type AuditEventFields, blankAuditEvent } from '../../../schemas/audit-event.ts'
import { CleanTexts } from './clean-texts.ts'
import type { ScannedTextColumn } from './columns.ts'
import { DIGITS, FEW_DIGITS, MAIL } from './gate.ts'
import { CARD, EMAIL, IBAN, PHONE, SSN } from './kinds.ts'

/** `keep`: as it is; `token`: the kind and a keyed hash, so that equal values can be joined; `drop`: the kind alone. */
export type Action = 'keep' | 'token' | 'drop'

/** Credentials are never kept. */
export interface Actions {
  readonly credential: 'token' | 'drop'
  readonly card: Action
  readonly iban: Action
  readonly ssn: Action
  readonly email: Action
  readonly phone: Action
}

export interface RedactionPolicies extends Actions {
  /** Where a tenant differs from all others; what is absent does not. */
  readonly tenants: Readonly<Record<string, { readonly [Class in keyof Actions]?: Actions[Class] | undefined }>>
}

/** Addresses and phone numbers say who did what; whoever may not keep them says so. */
export const DEFAULT_POLICIES: RedactionPolicies = {
  credential: 'token', card: 'token', iban: 'token', ssn: 'token', email: 'keep', phone: 'keep', tenants: {},
}

const CLASS_OF: ReadonlyMap<string, Exclude<keyof Actions, 'credential'>> = new Map([
  [CARD.kind, 'card'], [IBAN.kind, 'iban'], [SSN.kind, 'ssn'], [EMAIL.kind, 'email'], [PHONE.kind, 'phone'],
])

/** What tokens of this kind are made of: numbers without the blanks and dashes that one sender groups them by, addresses in small letters. */
export function joinable(kind: string, value: string): string {
  const personal = CLASS_OF.get(kind)
  if (personal === undefined) return value
  return personal === 'email' ? value.toLowerCase() : value.replace(/[^A-Za-z0-9]/g, '').toUpperCase()
}

/** The actions of one tenant, or of all that share them. */
export class Policy {
  readonly #actions: Actions
  /** Flags of the gate that can lead to anything; the others need no look. */
  readonly mask: number
  /** What holds nothing under one policy may hold something under another. */
  readonly cleanTexts = new CleanTexts()
  /** By column, what was made of the text that was there last, see `cleanTextColumns`. */
  readonly known: Pick<AuditEventFields, ScannedTextColumn> = blankAuditEvent()

  constructor(actions: Actions) {
    this.#actions = actions
    const numbers = actions.card === 'keep' && actions.iban === 'keep' && actions.ssn === 'keep'
    this.mask = ~((numbers ? DIGITS : 0) | (actions.email === 'keep' ? MAIL : 0) | (actions.phone === 'keep' ? FEW_DIGITS : 0))
  }

  of(kind: string): Action {
    return this.#actions[CLASS_OF.get(kind) ?? 'credential']
  }
}

function merged(all: Actions, own: RedactionPolicies['tenants'][string]): Actions {
  return {
    credential: own.credential ?? all.credential, card: own.card ?? all.card, iban: own.iban ?? all.iban, ssn: own.ssn ?? all.ssn,
    email: own.email ?? all.email, phone: own.phone ?? all.phone,
  }
}

/** The policy of each tenant. Tenants that are not named share one. */
export function createPolicies({ tenants, ...all }: RedactionPolicies): (tenant: string) => Policy {
  const shared = new Policy(all)
  const own = new Map(Object.entries(tenants).map(([tenant, actions]) => [tenant, new Policy(merged(all, actions))]))
  return own.size === 0 ? () => shared : (tenant) => own.get(tenant) ?? shared
}
