/** One argument value as an address of somewhere: URL, e-mail address, bucket, share, or bare host under a key that says so. Linear; values are short. */
import { ownerPart, type Trait } from './hosts.ts'
import { type HostFacts, hostFacts } from './host-facts.ts'

export type DestinationKind = 'host' | 'e-mail' | 'bucket' | 'path'

export interface Address {
  readonly kind: DestinationKind
  /** What it is known by: registrable domain, with the owner's part of the path where many share the host; bucket; share; whole address at a free mail service. */
  readonly name: string
  /** Lower case; '' of a bucket that is given by name. */
  readonly host: string
  readonly domain: string
  readonly internal: boolean
  readonly trait: Trait
  /** Characters of a URL's query, else of a path beyond 200: a long address can carry something itself. */
  readonly tail: number
}

/** What a key says that its value is. */
const HOST_KEY = /^(?:.{0,40}[_-])?(?:ur[il]s?|href|link|endpoint|host|hosts|hostname|domain|server|webhook|callback|target|destination|dest|address|remote|site|website|proxy|registry|repo|repository)$/i
const BUCKET_KEY = /^(?:.{0,40}[_-])?(?:bucket|buckets|bucket_?name|container_?name)$/i
const CAMEL = /([a-z0-9])([A-Z])/g
/** `callbackUrl` as `callback_Url`. */
export const spacedKey = (key: string): string => (key.length > 64 ? '' : key.replace(CAMEL, '$1_$2'))

const SCHEME = /^[a-z][a-z0-9+.-]{0,20}:\/\//i
const MAIL = /^[^\s@/<>]{1,64}@([^\s@/:<>]{1,253})$/
/** `git@host:group/project`, `user@host:/path`. */
const REMOTE = /^[\w.-]{1,64}@([\w.-]{1,253}):(?!\/\/)([\w./~-]{0,1024})/
const BARE = /^([^\s/?#:@]{1,253})(?::\d{1,5})?([/?#]|$)/
/** Whoever has the link, everybody: what sharing with the world is called. */
const ANYBODY = /^(?:everyone|any(?:one|body)|everybody|all-?users|world|anonymous|internet|public(?:-read(?:-write)?|_link|-link)?)(?:[-_ ](?:with|who|has)[-_ ]\w{1,20}(?:[-_ ]\w{1,20}){0,2})?$/i
const AUDIENCE_KEY = /^(?:with|to|acl|canned_acl|audience|scope|access|share_with|grantee|principal|member|members|role_for|type|visibility|for)$/i
const SHARE = /^\\\\([\w.-]{1,253})\\([^\\\s]{1,80})/
const STORES: ReadonlyMap<string, string> = new Map([['s3', 's3'], ['s3a', 's3'], ['s3n', 's3'], ['gs', 'gs'], ['gcs', 'gs'], ['az', 'az'], ['abfs', 'az'], ['abfss', 'az'], ['wasbs', 'az'],
  ['r2', 'r2'], ['b2', 'b2'], ['oss', 'oss']])
/** Schemes whose rest leads nowhere. */
const NOWHERE = new Set(['file', 'data', 'blob', 'about', 'memory', 'sqlite'])

const bucket = (store: string, name: string): Address => ({ kind: 'bucket', name: `${store}:${name.toLowerCase()}`, host: '', domain: '', internal: false, trait: '', tail: 0 })

const placed = ({ host, domain, internal, trait }: HostFacts) => ({ host, domain, internal, trait })

const LONG_PATH = 200
function tailOf(path: string): number {
  const query = path.indexOf('?')
  return query < 0 ? Math.max(0, path.length - LONG_PATH) : path.length - query - 1
}

function at(facts: HostFacts, path: string): Address {
  const part = ownerPart(facts.host)
  const owner = part < 0 ? '' : (path.split(/[/?#]/, part + 2)[part + 1] ?? '').slice(0, 80).toLowerCase()
  return { kind: 'host', name: owner === '' ? facts.domain : `${facts.domain}/${owner}`, ...placed(facts), tail: tailOf(path) }
}

/** `text` begins with a scheme. */
function ofUrl(text: string): Address | undefined {
  const colon = text.indexOf('://')
  const scheme = text.slice(0, colon).toLowerCase()
  if (NOWHERE.has(scheme)) return undefined
  const rest = text.slice(colon + 3)
  const end = rest.search(/[/?#\\]/)
  const authority = end < 0 ? rest : rest.slice(0, end)
  const named = authority.slice(authority.lastIndexOf('@') + 1)
  const store = STORES.get(scheme)
  if (store !== undefined) return named === '' ? undefined : bucket(store, (store === 'az' ? authority : named).slice(0, 120))
  const host = named.startsWith('[') ? named.slice(0, named.indexOf(']') + 1) : named.replace(/:\d{0,5}$/, '')
  const facts = hostFacts(host)
  return facts === undefined ? undefined : at(facts, end < 0 ? '' : rest.slice(end))
}

function ofMail(domain: string, address: string): Address | undefined {
  const facts = hostFacts(domain)
  if (facts === undefined) return undefined
  return { kind: 'e-mail', name: facts.trait === 'free-mail' ? address.toLowerCase() : facts.domain, ...placed(facts), tail: 0 }
}

/** The address in an e-mail value such as `Ana <ana@acme.com>`. */
export function mailIn(text: string): Address | undefined {
  const open = text.lastIndexOf('<')
  const bare = (open >= 0 && text.endsWith('>') ? text.slice(open + 1, -1) : text).replace(/^mailto:/i, '')
  const domain = MAIL.exec(bare)?.[1]
  return domain === undefined ? undefined : ofMail(domain, bare)
}

/** `anyone-with-link`, `public-read`, under a key that says who may. */
export const anybodyIn = (text: string, key: string): Address | undefined => (text.length < 40 && AUDIENCE_KEY.test(key) && ANYBODY.test(text)
  ? { kind: 'path', name: 'anybody', host: '', domain: '', internal: false, trait: 'anybody', tail: 0 } : undefined)

/** A value without white space; `key` is the spaced name under which it stands, '' where none says what it is. */
export function addressIn(text: string, key: string): Address | undefined {
  if (SCHEME.test(text)) return ofUrl(text)
  if (text.startsWith('\\\\')) return ofShare(text)
  const remote = REMOTE.exec(text)
  if (remote !== null) {
    const facts = hostFacts(remote[1] ?? '')
    return facts === undefined ? undefined : at(facts, `/${remote[2] ?? ''}`)
  }
  if (BUCKET_KEY.test(key)) return /^[\w.-]{3,120}$/.test(text) ? bucket('bucket', text) : undefined
  return HOST_KEY.test(key) ? ofBare(text) : undefined
}

function ofShare(text: string): Address | undefined {
  const share = SHARE.exec(text)
  const facts = hostFacts(share?.[1] ?? '')
  if (share === null || facts === undefined) return undefined
  return { kind: 'path', name: `\\\\${facts.host}\\${(share[2] ?? '').toLowerCase()}`, ...placed(facts), tail: 0 }
}

/** A name without a scheme counts where it ends as names on the internet do: `report.txt` is none. */
function ofBare(text: string): Address | undefined {
  const bare = BARE.exec(text)
  const host = bare?.[1] ?? ''
  if (!host.includes('.')) return undefined
  const facts = hostFacts(host)
  return facts === undefined || (!facts.known && !facts.internal) ? undefined : at(facts, text.slice(host.length))
}
