/** What a call makes or destroys, read from its tool first; from arguments only of calls that may destroy something. */
import type { Interaction } from '../../schemas/interaction.ts'
import { namesIn } from '../arguments/names.ts'
import { effectOf } from '../request-fit/effect.ts'
import { EPHEMERAL } from '../request-fit/lexicon.ts'
import { nameWords } from '../request-fit/words.ts'
import { destroyedBy, type Destruction, destructionOf, isScratch, NOTHING, type Tier } from '../shell/destruction.ts'
import { parseShell } from '../shell/parse.ts'
import { oneOf } from '../shell/pattern.ts'
import { shellTexts } from '../shell/where.ts'
import { hash32 } from '../stats/distinct.ts'
import { remembering } from '../stats/remembering.ts'

type Kind = 'none' | 'makes' | 'destroys' | 'runs' | 'asks'

interface Traits {
  readonly kind: Kind
  readonly tier: Tier
  readonly bulk: boolean
  /** What it makes holds much. */
  readonly large: boolean
  readonly hash: number
}

const UNDONE = new Set(['cancel', 'archive', 'trash', 'unsubscribe', 'unlink', 'discard', 'kill', 'clear', 'uninstall', 'unstar', 'unfollow', 'hide', 'close', 'terminate'])
const FOR_EVER = new Set(['purge', 'wipe', 'drop', 'truncate', 'destroy', 'erase', 'shred', 'nuke'])
const HOLDS_MUCH = new Set(['database', 'db', 'schema', 'table', 'bucket', 'repository', 'repo', 'volume', 'namespace', 'cluster', 'backup', 'backups', 'snapshot', 'index', 'collection', 'project', 'tenant',
  'organization', 'org', 'workspace', 'account', 'vault', 'instance', 'vm', 'stack', 'site', 'app', 'application', 'dataset', 'mailbox'])
const BULK = new Set(['all', 'bulk', 'batch', 'many', 'multiple', 'mass'])
const MAKES = new Set(['create', 'add', 'new', 'insert', 'upload', 'make', 'generate', 'write', 'mkdir', 'touch', 'copy', 'clone', 'fork', 'save', 'put', 'init', 'provision'])
const ASKS = new Set(['sql', 'query', 'queries', 'statement', 'statements', 'db', 'database', 'mongo', 'mongodb', 'redis', 'postgres', 'mysql', 'sqlite', 'snowflake', 'bigquery', 'clickhouse', 'cypher'])

const NO_KIND = { kind: 'none', tier: 0, bulk: false, large: false } as const

function kindOf(words: readonly string[], tool: string): Omit<Traits, 'hash'> {
  const effect = effectOf({ tool, argumentNames: [] })
  if (effect === 'delete') {
    if (words.some((word) => EPHEMERAL.has(word)) || (words.some((word) => UNDONE.has(word)) && !words.some((word) => FOR_EVER.has(word) || word === 'delete'))) return NO_KIND
    const grave = words.some((word) => FOR_EVER.has(word) || HOLDS_MUCH.has(word)) && !words.some((word) => word === 'row' || word === 'rows' || word === 'item' || word === 'record')
    return { kind: 'destroys', tier: grave ? 2 : 1, bulk: words.some((word) => BULK.has(word)), large: false }
  }
  if (effect === 'write' && words.some((word) => MAKES.has(word))) return { ...NO_KIND, kind: 'makes', large: words.some((word) => HOLDS_MUCH.has(word)) }
  if (words.some((word) => ASKS.has(word))) return { ...NO_KIND, kind: 'asks' }
  return effect === 'execute' ? { ...NO_KIND, kind: 'runs' } : NO_KIND
}

const traitsOf = remembering((tool): Traits => ({ ...kindOf(nameWords(tool), tool), hash: hash32(tool) }))

/** One look at the text of what runs, before anything is parsed. */
const MAY_DESTROY = new RegExp(oneOf('rm rmdir del erase rd ri unlink trash drop delete truncate destroy purge wipe shred sdelete prune flush(?:all|db) push unpublish uninstall remove mkfs blkdiscard filter-',
  '\\b').source, 'i')
const MAY_MAKE = /\b(?:mkdir|touch|cp|tee|clone|worktree|create|init|mktemp|new-item|checkout -b|insert into)\b|>/i
const MAKES_LARGE = /\bcreatedb\b|\bcreate[ -](?:database|schema|table|bucket|volume|namespace|ns|cluster|repo)|\bs3 mb\b|\brepo create\b/i
const LOOKED_AT = 4096
const head = (text: string): string => (text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text)

/** Whether a call makes or destroys something as far as one look tells. */
export function isOfInterest({ method, tool, arguments: sent, outcome }: Interaction): boolean {
  if (tool === '' || (outcome !== 'ok' && outcome !== 'unknown')) return false
  if (method !== 'tools/call' && method !== '') return false
  const { kind } = traitsOf(tool)
  if (kind === 'none') return false
  if (kind === 'destroys' || kind === 'makes') return true
  const text = head(sent)
  return MAY_DESTROY.test(text) || MAY_MAKE.test(text)
}

const MOST_THINGS = 50
const BULK_THINGS = 5

/** Elements of the first list in the arguments, 1 where there is none. */
function listed(sent: string): number {
  const from = sent.indexOf('[')
  const to = from < 0 ? -1 : sent.indexOf(']', from)
  if (to < 0) return 1
  let elements = 1
  for (let at = from; at < to && elements < MOST_THINGS; at++) if (sent.charCodeAt(at) === 44) elements++
  return elements
}

const sum = (one: Destruction, other: Destruction): Destruction =>
  (other.tier === 0 ? one : { tier: Math.max(one.tier, other.tier) as Tier, things: Math.min(MOST_THINGS, one.things + other.things) })

function destroyed({ kind, tier, bulk }: Traits, { tool, arguments: sent }: Interaction): Destruction {
  const text = head(sent)
  if (kind === 'destroys') return isScratch(pathIn(text)) ? NOTHING : { tier, things: Math.max(listed(text), bulk ? BULK_THINGS : 1) }
  const byStatement = kind === 'asks' ? destroyedBy(text) : NOTHING
  if (!MAY_DESTROY.test(text)) return byStatement
  return shellTexts(tool, sent).flatMap((one) => parseShell(one.text).commands).map(destructionOf).reduce(sum, byStatement)
}

const PATH = /"(?:path|file|file_?path|filename|directory|dir|folder|uri|key|object|prefix|name)"\s?:\s?"([^"\\]{1,300})"/i
const pathIn = (text: string): string => PATH.exec(text)?.[1] ?? ''

export interface Act extends Destruction {
  /** The call itself: the same once more is a retry. */
  readonly id: number
  /** Names of what it is about; of what is made, with those in the result. */
  readonly names: readonly number[]
  /** It makes what its names tell; things that hold much. */
  readonly makes: 'nothing' | 'things' | 'large'
}

/** Where what is made is named, in arguments and in the result. */
const NAMED = 160
const MOST_NAMES = 6

export function actOf(interaction: Interaction): Act {
  const { tool, arguments: sent, arguments_hash: hash, resource, result } = interaction
  const traits = traitsOf(tool)
  const destruction = traits.kind === 'makes' ? NOTHING : destroyed(traits, interaction)
  const { specific, plain } = destruction.tier > 0 ? namesIn(sent, resource) : namesIn(sent.slice(0, NAMED), resource, result.slice(0, NAMED))
  const id = (traits.hash ^ Math.imul(hash32(hash || head(sent)), 31)) >>> 0
  return { ...destruction, id, names: (specific.length > 0 ? specific : plain).slice(0, MOST_NAMES), makes: madeBy(traits, sent) }
}

function madeBy({ kind, large }: Traits, sent: string): Act['makes'] {
  if (kind === 'makes') return large ? 'large' : 'things'
  const text = head(sent)
  return !MAY_MAKE.test(text) ? 'nothing' : MAKES_LARGE.test(text) ? 'large' : 'things'
}
