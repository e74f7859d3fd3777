/** What is done with personal data and credentials that redaction finds. */
import { z } from 'zod'

const Action = z.enum(['keep', 'token', 'drop'])
/** Credentials are never kept. */
const Hidden = z.enum(['token', 'drop'])

export const Redaction = z.strictObject({
  credential: Hidden.default('token').describe('Keys, tokens, passwords; token: a keyed hash in its place, which joins; drop: the kind alone'),
  card: Action.default('token').describe('Payment card numbers'),
  iban: Action.default('token').describe('Bank account numbers'),
  ssn: Action.default('token').describe('US social security numbers'),
  email: Action.default('keep').describe('E-mail addresses, also where they say who did it: then identities and detectors know the token alone'),
  phone: Action.default('keep').describe('Phone numbers'),
  tenants: z.record(z.string(), z.strictObject({
    credential: Hidden.optional(), card: Action.optional(), iban: Action.optional(), ssn: Action.optional(), email: Action.optional(), phone: Action.optional(),
  })).default({}).describe('The same by tenant, where it differs'),
})
