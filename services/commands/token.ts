/** `watchkeeper token create|list|revoke`: changes the token file, which running collectors read again by themselves. */
import { randomBytes } from 'node:crypto'
import { openAdminAudit } from '../../infra/guarded-files/admin-spool.ts'
import { changeTokens, readTokens, tokenFileOf } from '../../infra/guarded-files/token-file.ts'
import { type AdminDeed, OWN_API_TOKEN } from '../../schemas/admin-action.ts'
import { Failure } from '../../schemas/failure.ts'
import { type Budget, TokenRecord, TokenScope } from '../../schemas/token-record.ts'
import { DEFAULT_TENANT } from '../collector/authenticate.ts'
import type { Config } from '../config/schema.ts'
import { type CommonOptions, configOf } from './common.ts'
import { osUser } from './os-user.ts'
import { refuseOtherUser } from './owner.ts'
import { lifetimeOf, stateOf, type TokenWish, withoutToken, withToken } from './token-records.ts'

export interface TokenOptions extends CommonOptions {
  readonly json?: boolean
}

export interface CreateOptions extends TokenOptions {
  readonly name: string
  readonly tenant: string
  readonly scope: readonly string[]
  readonly expires: string
  readonly bytesPerSecond?: string
  readonly requestsPerSecond?: string
}

const wrong = (message: string): Failure => new Failure('misconfigured', 'token.option', message)
/** What programs that look for leaked secrets know it by. */
const PREFIX = 'wkt_'
const newToken = (): string => `${PREFIX}${randomBytes(32).toString('base64url')}`

/** Who does it, as far as this process can tell. */
function deed(action: string, name: string, over: Pick<AdminDeed, 'tenant' | 'details'>): AdminDeed {
  const sudo = process.env['SUDO_USER']
  const details = { ...over.details, ...(sudo === undefined ? {} : { sudo_user: sudo }) }
  return { action, object: `token/${name}`, tenant: over.tenant, actor: osUser(), actor_source: 'os.user', details }
}

function part<T>(schema: { safeParse(value: unknown): { success: boolean; data?: T | undefined } }, value: unknown, message: string): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw wrong(message)
  return parsed.data as T
}

function budgetOf({ bytesPerSecond: bytes, requestsPerSecond: requests }: CreateOptions): Budget | undefined {
  if (bytes === undefined && requests === undefined) return undefined
  const budget = {
    ...(bytes === undefined ? {} : { bytes_per_second: Number(bytes) }), ...(requests === undefined ? {} : { requests_per_second: Number(requests) }),
  }
  return part(TokenRecord.shape.budget, budget, '--bytes-per-second must be a whole number from 1024, --requests-per-second a number from 0.01.')
}

function lifetime(text: string): number | undefined {
  try {
    return lifetimeOf(text)
  } catch (error) {
    throw wrong(`--expires: ${(error as Error).message}`)
  }
}

/** Throws Failure `misconfigured` that names the option. What was typed is not repeated: it may hold anything. */
export function wishOf(options: CreateOptions): TokenWish {
  const { name, tenant, scopes } = TokenRecord.shape
  return {
    name: part(name, options.name, '--name must be 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit.'),
    tenant: part(tenant, options.tenant, '--tenant must be 1 to 63 of a-z 0-9 _ - and begin with a letter or digit.'),
    scopes: part(scopes, [...new Set(options.scope)], `--scope must be one or more of ${TokenScope.options.join(', ')}.`),
    lifetimeMs: lifetime(options.expires), budget: budgetOf(options),
  }
}

function refuseTaken({ otlp }: Config, name: string): void {
  if (name === OWN_API_TOKEN) throw wrong(`${name} is what the token of the data directory is called in the audit log. Choose another name.`)
  if ([...otlp.tokens, ...(otlp.tls?.clients ?? [])].some((known) => known.name === name)) {
    throw wrong(`${name} stands in the configuration file already. Choose another name.`)
  }
}

/** The token is printed this once. */
export async function tokenCreate(options: CreateOptions): Promise<number> {
  const config = configOf(options)
  const wish = wishOf(options)
  refuseTaken(config, wish.name)
  refuseOtherUser(config)
  const file = tokenFileOf(config.data_dir)
  const token = newToken()
  const { name, tenant, scopes } = wish
  const limit: Record<string, string> = wish.budget === undefined ? {} : { budget: JSON.stringify(wish.budget) }
  const details = { scopes: scopes.join(' '), expires: options.expires, ...limit }
  const made = await openAdminAudit(config.data_dir).during(deed('token.create', name, { tenant, details }), async () => {
    let record: TokenRecord | undefined
    await changeTokens(file, (tokens) => {
      const after = withToken(tokens, wish, { token, now: Date.now() })
      record = after.at(-1)
      return after
    })
    return record
  })
  const until = made?.expires_at ?? null
  if (options.json === true) console.log(JSON.stringify({ name, tenant, scopes, expires_at: until, token }))
  else {
    console.log([
      `Token ${name} of tenant ${tenant} for ${scopes.join(', ')}, ${until === null ? 'without an end' : `until ${until}`}. It is shown this once:`,
      '', token, '',
      'Send it as `Authorization: Bearer <token>`. Processes that run on this data directory know it within a second' +
        `${scopes.includes('ingest') ? ';\nfrom now on collectors ask everyone for one.' : '.'}`,
      `Only its SHA-256 is kept, in ${file}.`,
    ].join('\n'))
  }
  return 0
}

export async function tokenRevoke(given: string, options: TokenOptions): Promise<number> {
  const config = configOf(options)
  const name = part(TokenRecord.shape.name, given, 'There is no token of that name. See watchkeeper token list.')
  if (config.otlp.tokens.some((known) => known.name === name)) {
    throw wrong(`The token ${name} stands in the configuration file: remove it there and restart.`)
  }
  refuseOtherUser(config)
  const file = tokenFileOf(config.data_dir)
  const tenant = (await readTokens(file))?.findLast((token) => token.name === name)?.tenant ?? DEFAULT_TENANT
  await openAdminAudit(config.data_dir).during(
    deed('token.revoke', name, { tenant, details: {} }), () => changeTokens(file, (tokens) => withoutToken(tokens, name, Date.now())),
  )
  const said = `The token ${name} is revoked: collectors that run on this data directory refuse it within a second.`
  console.log(options.json === true ? JSON.stringify({ name, revoked: true }) : said)
  return 0
}

interface Row {
  readonly name: string
  readonly tenant: string
  readonly scopes: readonly string[]
  readonly state: string
  readonly created_at: string | null
  readonly expires_at: string | null
  readonly revoked_at: string | null
  readonly from: 'file' | 'configuration'
}

function rowsOf(config: Config, tokens: readonly TokenRecord[]): readonly Row[] {
  const configured = config.otlp.tokens.map(({ name, tenant }): Row => (
    { name, tenant, scopes: ['ingest'], state: 'in force', created_at: null, expires_at: null, revoked_at: null, from: 'configuration' }))
  const now = Date.now()
  return [...configured, ...tokens.map((token): Row => {
    const { name, tenant, scopes, created_at, expires_at, revoked_at } = token
    return { name, tenant, scopes, state: stateOf(token, now), created_at, expires_at, revoked_at, from: 'file' }
  })]
}

const HEADINGS = ['NAME', 'TENANT', 'SCOPES', 'STATE', 'EXPIRES']

/** Neither tokens nor their hashes are shown. */
export async function tokenList(options: TokenOptions): Promise<number> {
  const config = configOf(options)
  const rows = rowsOf(config, (await readTokens(tokenFileOf(config.data_dir))) ?? [])
  if (options.json === true) console.log(JSON.stringify(rows))
  else if (rows.length === 0) console.log('There are no tokens. Make one: watchkeeper token create --name NAME --tenant TENANT')
  else console.log(table([HEADINGS, ...rows.map(({ name, tenant, scopes, state, expires_at: end }) => [name, tenant, scopes.join(','), state, end ?? 'never'])]))
  return 0
}

/** Every text in it was checked against its form, so none holds an escape. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}
