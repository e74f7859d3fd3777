/** Section `audit`: what proves the log. */
import { z } from 'zod'
import { isKeyName, parseVerifierKey } from '../../schemas/note.ts'

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ -')
const file = z.string().min(1)
const url = z.url({ protocol: /^https?$/ })
const verifier = z.string().refine((line) => parseVerifierKey(line) !== undefined, 'must be a verifier key: name+key id+base64, as keys/notary.pub and witnesses have it')
const every = (seconds: number) => z.number().min(1).max(86_400).default(seconds).describe('Least time between two checkpoints that it is given; none is given where nothing is new')

const target = {
  url: url.describe('Target; http only makes sense inside'),
  allow_private: z.boolean().default(false).describe('Loopback and private addresses are allowed as target'),
  allow_networks: z.array(z.string()).max(16).default([]).describe('Networks inside that are allowed as target, and no others'),
}

const Anchor = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('file'), name, path: file.describe('File that only grows; on another machine or a medium that is written once, or it proves little'), every_seconds: every(10) }),
  z.strictObject({
    type: z.literal('webhook'), name, ...target, every_seconds: every(60),
    secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and base64 of 24 to 64 bytes').optional().describe('Standard Webhooks secret that messages are signed with'),
    secret_file: file.optional().describe('File that holds the secret, instead of secret'),
  }).refine((one) => (one.secret === undefined) !== (one.secret_file === undefined), 'needs exactly one of secret and secret_file'),
  z.strictObject({
    type: z.literal('witness'), name, ...target, every_seconds: every(60),
    key: verifier.describe('Verifier key of the witness: its cosignature counts when it is made with this key'),
  }),
])

export const Audit = z.strictObject({
  name: z.string().min(1).max(128).refine((text) => isKeyName(text) && !text.endsWith('/'), 'must hold no spaces and no plus, and not end in /').optional()
    .describe('Name of the log in checkpoints, such as audit.example.com/mcp; made of the signing key where absent. A log keeps the name that it began with'),
  signing_key_file: file.optional().describe('PEM file of the Ed25519 private key (PKCS#8) that signs checkpoints; keys/notary.key in data_dir, made at need, where absent'),
  accept_key: verifier.optional().describe('Verifier key of a signing key that may come in the place of the one before: only where that is lost or was stolen'),
  checkpoint_seconds: z.number().min(1).max(3_600).default(10).describe('Longest time between an event being stored and a checkpoint over it'),
  checkpoint_events: z.number().int().min(100).max(10_000_000).default(10_000).describe('A checkpoint is made earlier where so many events come in less, but not within two seconds of the one before'),
  anchors: z.array(Anchor).max(16).default([]).superRefine((anchors, context) => {
    for (const [at, anchor] of anchors.entries()) {
      if (anchors.findIndex((one) => one.name === anchor.name) !== at) context.addIssue({ code: 'custom', path: [at, 'name'], message: `is the name of another anchor: ${anchor.name}` })
    }
  }).describe('Places outside of the database that hold the signed state of the log: what was logged since the last of them cannot be proved against who has the key'),
})
export type AnchorConfig = z.infer<typeof Audit>['anchors'][number]
