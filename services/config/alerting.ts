/** Section `alerting`: who is told of what, and how. */
import { z } from 'zod'
import { Severity } from '../../schemas/vocabulary.ts'

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ -')
const file = z.string().min(1)
const url = z.url({ protocol: /^https?$/ })
const label = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/), z.string().max(256))
const whsec = z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and base64 of 24 to 64 bytes')

const common = {
  name,
  allow_private: z.boolean().default(false).describe('Loopback and private addresses are allowed as target'),
  allow_networks: z.array(z.string()).max(16).default([]).describe('Networks inside that are allowed as target, such as 10.20.0.0/16, and no others'),
  send_resolved: z.boolean().default(true).describe('Told when an alert is over, too'),
  messages_per_hour: z.number().int().min(1).max(100_000).default(60)
    .describe('Budget of the channel: over it messages are held back and told in one summary; critical alerts have as many again'),
  fallback: name.optional().describe('Receiver that is told instead while this one is down'),
}
/** The address itself is a secret of most chat products. */
const secretUrl = {
  url: url.optional().describe('Address that the product gave; it is a secret'),
  url_file: file.optional().describe('File that holds the address, instead of url'),
}
const hasOneUrl = (one: { readonly url?: string | undefined; readonly url_file?: string | undefined }): boolean => (one.url === undefined) !== (one.url_file === undefined)
const ONE_URL = 'needs exactly one of url and url_file'

/** Generic webhook, Standard Webhooks 1.0.0. */
const WebhookFields = {
  ...common,
  url: url.describe('Target; http only makes sense inside'),
  secret: whsec.optional().describe('Shared secret that messages are signed with: whsec_ and base64 of 24 to 64 bytes'),
  secret_file: file.optional().describe('File that holds the secret, instead of secret; a second line is the secret before it, while both count'),
  previous_secret: whsec.optional().describe('The secret before it: messages carry both signatures while receivers change over'),
  signing_key_file: file.optional().describe('PEM file of an Ed25519 private key (PKCS#8): messages are signed with it (v1a) instead of a shared secret'),
}
const hasOneSecret = (one: { readonly secret?: string | undefined; readonly secret_file?: string | undefined; readonly signing_key_file?: string | undefined }): boolean =>
  [one.secret, one.secret_file, one.signing_key_file].filter((each) => each !== undefined).length === 1
const ONE_SECRET = 'needs exactly one of secret, secret_file and signing_key_file'

export const Webhook = z.strictObject(WebhookFields).refine(hasOneSecret, ONE_SECRET)

const key = {
  key: z.string().min(8).max(256).optional().describe('Key that the product gave'),
  key_file: file.optional().describe('File that holds the key, instead of key'),
}
const hasOneKey = (one: { readonly key?: string | undefined; readonly key_file?: string | undefined }): boolean => (one.key === undefined) !== (one.key_file === undefined)
const ONE_KEY = 'needs exactly one of key and key_file'
const authorization = { authorization_file: file.optional().describe('File that holds the value of the header Authorization') }
const host = z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'must be the name or the address of a host')
const port = z.number().int().min(1).max(65_535)
const ca = { ca_file: file.optional().describe('PEM file of the certificate authorities that count for its certificate; the usual ones where absent') }

export const Receiver = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('webhook'), ...WebhookFields }).refine(hasOneSecret, ONE_SECRET),
  z.strictObject({ type: z.literal('slack'), ...common, ...secretUrl }).refine(hasOneUrl, ONE_URL),
  z.strictObject({ type: z.literal('teams'), ...common, ...secretUrl }).refine(hasOneUrl, ONE_URL),
  z.strictObject({
    type: z.literal('pagerduty'), ...common, ...key, url: url.default('https://events.pagerduty.com/v2/enqueue').describe('Events API v2, or the one of the EU'),
  }).refine(hasOneKey, ONE_KEY),
  z.strictObject({
    type: z.literal('alertmanager'), ...common, url: url.describe('Whatever takes the webhook of Alertmanager, version 4'), ...authorization,
  }),
  z.strictObject({
    type: z.literal('opsgenie'), ...common, ...key,
    url: url.default('https://api.opsgenie.com/v2/alerts').describe('Alert API of Opsgenie or Jira Service Management, such as https://api.atlassian.com/jsm/ops/integration/v2/alerts'),
  }).refine(hasOneKey, ONE_KEY),
  z.strictObject({ type: z.literal('ocsf'), ...common, url: url.describe('Whatever takes one OCSF event in JSON: a collector of a SIEM'), ...authorization }),
  z.strictObject({
    type: z.literal('email'), ...common, host: host.describe('Mail server'), port: port.default(587),
    tls: z.enum(['starttls', 'implicit', 'none']).default('starttls').describe('starttls is insisted on; implicit is usual on port 465; none only makes sense inside'),
    from: z.email(), to: z.array(z.email()).min(1).max(50),
    username: z.string().min(1).max(256).optional(), password_file: file.optional().describe('File that holds the password of the user'), ...ca,
  }).refine(({ username, password_file: password }) => (username === undefined) === (password === undefined), 'needs both username and password_file, or neither')
    .refine(({ tls, username }) => tls !== 'none' || username === undefined, 'sends no password without TLS: set tls, or leave username out'),
  z.strictObject({
    type: z.literal('syslog'), ...common, host: host.describe('Syslog server'), port: port.default(6_514),
    transport: z.enum(['tls', 'tcp', 'udp']).default('tls').describe('RFC 5424 messages over TLS (RFC 5425), TCP with counted octets (RFC 6587), or UDP, which nobody confirms'), ...ca,
  }),
])
export type Receiver = z.infer<typeof Receiver>

const zone = z.string().refine((text) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== ''
  } catch {
    return false
  }
}, 'must be a time zone such as Europe/Berlin')
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be HH:MM')

export const Hours = z.strictObject({
  zone: zone.default('UTC'),
  days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
  from: clock.default('00:00'),
  to: clock.default('24:00').describe('Before `from`: the night over midnight'),
})

const words = z.array(z.string().min(1).max(256)).min(1).max(64)

/** Every part that is given must fit; of a list one entry. */
export const Route = z.strictObject({
  name,
  severity_from: Severity.optional(),
  tenants: words.optional(),
  detectors: words.optional(),
  families: words.optional(),
  tags: words.optional().describe('Ids of OWASP MCP Top 10, ATLAS or ATT&CK that the rules of the alert carry, such as MCP05 or T1059'),
  servers: words.optional(),
  actors: words.optional(),
  labels: label.optional(),
  hours: Hours.optional(),
  receivers: z.array(name).max(16).describe('Who is told; none: nobody is, and the alert is kept'),
  continue: z.boolean().default(false).describe('Later routes are asked, too'),
})
export type Route = z.infer<typeof Route>

export const Alerting = z.strictObject({
  group_wait_seconds: z.number().min(0).max(3_600).default(15).describe("Wait before a group's first message; critical findings do not wait"),
  group_interval_seconds: z.number().min(1).max(86_400).default(300).describe('Least time between two messages of a group'),
  resolve_after_hours: z.number().min(0.1).max(720).default(24).describe('Quiet time after which an alert resolves by itself'),
  reopen_within_hours: z.number().min(0).max(2_160).default(72).describe('New findings of the same group open a resolved alert again for so long; after that they make a new one'),
  notify_from: Severity.default('medium').describe(
    'Least severity of a finding that people are told of. What is less is a weak signal: it is kept, shown in alerts that it belongs to, and counts for composite-risk',
  ),
  labels: label.default({}).describe('Said in every message, and what routes can ask for, such as {environment: production}'),
  console_url: url.optional().describe('Where people open an alert: messages link to it, with /alerts/ID behind it'),
  runbook_url: url.optional().describe('Where runbooks are: messages link to it, with /DETECTOR behind it'),
  routes: z.array(Route).max(256).default([]).describe('Asked in order, the first that fits decides; where none does, every receiver is told that is not kept for other tenants by its routes'),
  receivers: z.array(Receiver).max(64).default([]).describe('Receivers of every kind'),
  webhooks: z.array(Webhook).default([]).describe('Receivers that are generic webhooks: the same as receivers of type webhook'),
}).superRefine(({ receivers, webhooks, routes }, context) => {
  const names = [...receivers, ...webhooks].map((one) => one.name)
  const known = new Set(names)
  for (const twice of names.filter((one, at) => names.indexOf(one) !== at)) context.addIssue({ code: 'custom', message: `two receivers are called ${twice}: rename one` })
  const ask = (wanted: string | undefined, path: (string | number)[]): void => {
    if (wanted !== undefined && !known.has(wanted)) context.addIssue({ code: 'custom', path, message: `there is no receiver ${wanted}` })
  }
  for (const [at, route] of routes.entries()) for (const [each, receiver] of route.receivers.entries()) ask(receiver, ['routes', at, 'receivers', each])
  for (const [at, { fallback }] of receivers.entries()) ask(fallback, ['receivers', at, 'fallback'])
  for (const [at, { fallback }] of webhooks.entries()) ask(fallback, ['webhooks', at, 'fallback'])
})
export type Alerting = z.infer<typeof Alerting>
