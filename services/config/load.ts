/** The only reader of the configuration file and of the environment: flags over environment over file over defaults. */
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { Failure } from '../../schemas/failure.ts'
import { linesOfIssues } from '../../schemas/issue-words.ts'
import { Config } from './schema.ts'

/** Environment variable → path in the configuration. Everything else is the file's business. */
export const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  WATCHKEEPER_DATA_DIR: ['data_dir'],
  WATCHKEEPER_OTLP_HTTP: ['otlp', 'http'],
  WATCHKEEPER_OTLP_GRPC: ['otlp', 'grpc'],
  WATCHKEEPER_SQL: ['sql', 'listen'],
  WATCHKEEPER_API: ['api', 'listen'],
  WATCHKEEPER_API_URL: ['api', 'url'],
  WATCHKEEPER_LOG_LEVEL: ['log', 'level'],
  WATCHKEEPER_WORKER_MAX_KEYS: ['worker', 'max_keys'],
  WATCHKEEPER_TRACES_ENDPOINT: ['telemetry', 'traces', 'otlp_endpoint'],
  WATCHKEEPER_TRACES_SAMPLE_RATIO: ['telemetry', 'traces', 'sample_ratio'],
  WATCHKEEPER_KAFKA_BROKERS: ['bus', 'kafka', 'brokers'],
  WATCHKEEPER_KAFKA_PREFIX: ['bus', 'kafka', 'prefix'],
  WATCHKEEPER_KAFKA_PARTITIONS: ['bus', 'kafka', 'partitions'],
  WATCHKEEPER_KAFKA_REPLICATION: ['bus', 'kafka', 'replication'],
  WATCHKEEPER_KAFKA_INSTANCE: ['bus', 'kafka', 'instance'],
  WATCHKEEPER_CLICKHOUSE_URL: ['store', 'clickhouse', 'url'],
  WATCHKEEPER_CLICKHOUSE_USER: ['store', 'clickhouse', 'user'],
  WATCHKEEPER_CLICKHOUSE_PASSWORD_FILE: ['store', 'clickhouse', 'password_file'],
  WATCHKEEPER_KEYED_HASH_FILE: ['keys', 'keyed_hash_file'],
  WATCHKEEPER_SEALING_KEY_FILE: ['keys', 'sealing_key_file'],
}
/** Those that hold a number; anything else in them is left as text, for the schema to refuse. */
const NUMBERS: ReadonlySet<string> = new Set([
  'WATCHKEEPER_WORKER_MAX_KEYS', 'WATCHKEEPER_TRACES_SAMPLE_RATIO', 'WATCHKEEPER_KAFKA_PARTITIONS', 'WATCHKEEPER_KAFKA_REPLICATION',
])
/** Those that hold several, with commas between. */
const LISTS: ReadonlySet<string> = new Set(['WATCHKEEPER_KAFKA_BROKERS'])

type Value = string | number | readonly string[]

function valueOf(variable: string, text: string): Value {
  if (LISTS.has(variable)) return text.split(',').map((part) => part.trim())
  return NUMBERS.has(variable) && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

export interface ConfigSources {
  /** Path of a YAML file; undefined = none. */
  readonly file?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path in the configuration → value; undefined values are left out. */
  readonly flags: readonly { readonly path: readonly string[]; readonly value: string | undefined }[]
}

type Tree = Record<string, unknown>
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

function readTree(path: string): Tree {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(
      'misconfigured', 'config.file',
      `The configuration file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}. Give the right path to --config.`,
      { cause: error },
    )
  }
  try {
    const document = parseDocument(text)
    // A tag that nobody knows (`!secret x`) would leave the bare text.
    const [trouble] = [...document.errors, ...document.warnings]
    if (trouble !== undefined) throw trouble
    const tree: unknown = document.toJS()
    if (tree === null || tree === undefined) return {}
    if (isTree(tree)) return tree
  } catch (error) {
    throw new Failure('misconfigured', 'config.yaml', `The configuration file ${path} is not YAML: ${(error as Error).message}`, { cause: error })
  }
  throw new Failure('misconfigured', 'config.yaml', `The configuration file ${path} must hold keys and values.`)
}

function put(tree: Tree, [key = '', ...rest]: readonly string[], value: Value): void {
  if (rest.length === 0) {
    tree[key] = value
    return
  }
  if (!isTree(tree[key])) tree[key] = {}
  put(tree[key] as Tree, rest, value)
}

export function loadConfig({ file, environment, flags }: ConfigSources): Config {
  const tree = file === undefined ? {} : readTree(file)
  for (const [variable, path] of Object.entries(ENVIRONMENT)) {
    const value = environment[variable]
    if (value !== undefined && value !== '') put(tree, path, valueOf(variable, value))
  }
  for (const { path, value } of flags) if (value !== undefined) put(tree, path, value)
  const parsed = Config.safeParse(tree)
  if (parsed.success) return parsed.data
  const found = linesOfIssues(parsed.error, 'the file')
  throw new Failure(
    'misconfigured', 'config.values',
    `The configuration has ${found.length} problem${found.length === 1 ? '' : 's'}:\n${found.map((line) => `  - ${line}`).join('\n')}`,
  )
}

/** Chat products hand out addresses that are secrets themselves: where they lead is said, the rest is not. */
function maskedUrl(url: string, whole: boolean): string {
  const { origin, pathname, search, username, password } = new URL(url)
  if (whole) return `${origin}/********`
  return username === '' && password === '' ? url : `${origin.replace('//', '//********@')}${pathname}${search}`
}

function maskReceiver(receiver: Config['alerting']['receivers'][number]): void {
  if ('url' in receiver && receiver.url !== undefined) receiver.url = maskedUrl(receiver.url, receiver.type === 'slack' || receiver.type === 'teams')
  if ('key' in receiver && receiver.key !== undefined) receiver.key = '********'
  if (receiver.type === 'webhook') maskWebhook(receiver)
}

function maskWebhook(webhook: Config['alerting']['webhooks'][number]): void {
  webhook.url = maskedUrl(webhook.url, false)
  if (webhook.secret !== undefined) webhook.secret = 'whsec_********'
  if (webhook.previous_secret !== undefined) webhook.previous_secret = 'whsec_********'
}

/** The configuration with every secret masked, for people. */
export function masked(config: Config): unknown {
  const copy = structuredClone(config) as Config
  for (const webhook of copy.alerting.webhooks) maskWebhook(webhook)
  for (const receiver of copy.alerting.receivers) maskReceiver(receiver)
  for (const anchor of copy.audit.anchors) {
    if (anchor.type !== 'file') anchor.url = maskedUrl(anchor.url, false)
    if (anchor.type === 'webhook' && anchor.secret !== undefined) anchor.secret = 'whsec_********'
  }
  for (const hook of copy.response.hooks) {
    hook.url = maskedUrl(hook.url, false)
    if (hook.secret !== undefined) hook.secret = 'whsec_********'
  }
  for (const user of copy.sql.users) {
    if (user.password_sha256 !== undefined) user.password_sha256 = '********'
    if (user.password_scrypt !== undefined) user.password_scrypt = '********'
  }
  for (const token of copy.otlp.tokens) if (token.sha256 !== undefined) token.sha256 = '********'
  return copy
}

/** `HOST:PORT` (IPv6 in brackets) as its two parts. */
export function hostPort(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}
