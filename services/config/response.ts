/** Section `response`: what can be done because of an alert. */
import { z } from 'zod'

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 _ -')

export const ResponseHook = z.strictObject({
  name: name.describe('Such as revoke_token or quarantine_server'),
  does: z.string().min(1).max(500).describe('What it does, in words for who asks for it'),
  url: z.url({ protocol: /^https?$/ }).describe('Target; http only makes sense inside'),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and base64 of 24 to 64 bytes').optional().describe('Messages are signed with it (Standard Webhooks)'),
  secret_file: z.string().min(1).optional().describe('File that holds the secret, instead of secret; a second line is the secret before it, while both count'),
  approval: z.boolean().default(true).describe('Nothing is sent before somebody with another token has approved it'),
  most_per_hour: z.number().int().min(1).max(10_000).default(20).describe('More actions within an hour are refused'),
  tenants: z.array(z.string().min(1)).min(1).optional().describe('For alerts of these tenants only'),
  allow_private: z.boolean().default(false).describe('Loopback and private addresses are allowed as target'),
  allow_networks: z.array(z.string()).max(16).default([]).describe('Networks inside that are allowed as target, and no others'),
}).refine((hook) => (hook.secret === undefined) !== (hook.secret_file === undefined), 'needs exactly one of secret and secret_file')
export type ResponseHook = z.infer<typeof ResponseHook>

export const Response = z.strictObject({
  expires_hours: z.number().int().min(1).max(720).default(24)
    .describe('What was asked for and not approved within this time, and what was approved and could not be sent within it, is not done any more'),
  hooks: z.array(ResponseHook).max(64).default([]).superRefine((hooks, context) => {
    for (const [at, hook] of hooks.entries()) {
      if (hooks.findIndex((one) => one.name === hook.name) !== at) context.addIssue({ code: 'custom', path: [at, 'name'], message: `is the name of another hook: ${hook.name}` })
    }
  }).describe('What can be asked for with POST /api/v1/alerts/ID/actions: signed messages to services of yours'),
})
