/** Whose records a call may see and touch. A token of one tenant learns nothing of another, not even that something is there. */
import type { Caller } from './caller.ts'
import { Refusal } from './problem.ts'

const foreign = (own: string): Refusal => new Refusal(403, `this token is of tenant ${own}, and of no other`)

/** The tenant that a call is about, where it must be one. */
export function ownTenant({ tenant: own }: Caller, asked: string): string {
  if (own !== undefined && asked !== own) throw foreign(own)
  return asked
}

/** The tenant that is asked for, or the caller's; undefined: all of them, for who may. */
export const tenantWithin = (caller: Caller, asked: string | undefined): string | undefined => (asked === undefined ? caller.tenant : ownTenant(caller, asked))
