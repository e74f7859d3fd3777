/** What a command or a statement destroys: nothing that counts, things that are deleted all day, or what no undo brings back. */
import type { Command } from './command.ts'
import { anyOf } from './pattern.ts'

/** 0: nothing, or scratch that a build makes again. 1: deletes. 2: deletes what holds much, or beyond recovery. */
export type Tier = 0 | 1 | 2

export interface Destruction {
  readonly tier: Tier
  /** Things deleted as far as the words tell, 1 to 10. */
  readonly things: number
}

export const NOTHING: Destruction = { tier: 0, things: 0 }
const MOST_THINGS = 10
/** What a pattern or a walk deletes is more than one. */
const MANY = 5
const one = (tier: Tier): Destruction => ({ tier, things: 1 })

/** Made again by the next build or run, or nobody's. */
const SCRATCH = new RegExp('(?:^|[/\\\\])(?:node_modules|dist|build|out|target|bin|obj|coverage|__pycache__|\\.(?:cache|next|nuxt|venv|tox|pytest_cache|gradle|turbo|parcel-cache)|venv|tmp|temp)'
  + '(?:[/\\\\]|$)|\\.(?:log|tmp|temp|pyc|o|class|bak|swp|lock|pid)$|^\\$?\\{?tmp')
export const isScratch = (path: string): boolean => SCRATCH.test(path.toLowerCase())

const REMOVERS = new Set(['rm', 'rmdir', 'unlink', 'del', 'erase', 'rd', 'remove-item', 'ri', 'srm', 'trash'])
const WIPERS = new Set(['shred', 'sdelete', 'sdelete64', 'wipefs', 'mkfs', 'dropdb', 'blkdiscard', 'format-volume', 'clear-disk'])
const DATABASES = new Set(['psql', 'mysql', 'mariadb', 'sqlite3', 'sqlcmd', 'mongo', 'mongosh', 'clickhouse-client', 'bq', 'duckdb', 'cqlsh'])
const CLOUDS = new Set(['aws', 'gcloud', 'az', 'gsutil', 'doctl', 'heroku', 'flyctl', 'fly', 'wrangler', 'oci'])
const CLOUD_VERB = /\b(?:delete(?:-[a-z-]{2,40})?|rb|rm|remove|terminate-instances|destroy|apps:destroy|purge)\b/
const HOLDS_MUCH = /database|\bdb\b|rds|bucket|\brb\b|volume|snapshot|backup|cluster|vault|key|instance|stack|project|resource-?group|table|repo|namespace|recursive|apps/

function removed(command: Command): Destruction {
  const targets = command.args.filter((word) => !word.startsWith('-') && !/^\/[a-z]$/i.test(word) && !isScratch(word))
  if (targets.length === 0) return NOTHING
  return { tier: 1, things: Math.min(MOST_THINGS, targets.reduce((sum, word) => sum + (/[*?]/.test(word) ? MANY : 1), 0)) }
}

function byGit(line: string): Destruction {
  if (/^push\b/.test(line)) {
    if (/ (?:--force|-f|--mirror)(?: |$)| \+[\w/]/.test(line)) return one(2)
    return / (?:--delete|-d) | :[\w/]/.test(line) ? one(1) : NOTHING
  }
  if (/^(?:filter-branch|filter-repo|reflog expire)/.test(line)) return one(2)
  return /^branch (?:-\w{1,3} )?(?:-D|--delete --force)|^branch -d|^tag (?:-d|--delete)/i.test(line) ? one(1) : NOTHING
}

function byCluster({ program, line }: Command): Destruction {
  if (program === 'helm') return /^(?:uninstall|delete)\b/.test(line) ? one(1) : NOTHING
  if (!/^delete\b/.test(line)) return NOTHING
  return one(/ (?:ns|namespaces?|pvc?|persistentvolume\S{0,8}|crds?|nodes?)\b| --all\b/.test(line) ? 2 : 1)
}

const DESTROYS_ALL = anyOf(/\bdrop\s{1,9}(?:table|database|schema|keyspace|collection|tablespace)\b|\btruncate\s{1,9}(?:table\s{1,9})?["`\w[]/,
  /\.dropdatabase\(|\.drop\(\)|delete(?:many|_many)\(\s{0,9}(?:\{\s{0,9}\}|\))|\bflush(?:all|db)\b/)

/** What a statement of SQL or of a document database destroys. */
export function destroyedBy(statement: string): Destruction {
  const text = statement.slice(0, 4096).toLowerCase()
  if (/\b(?:drop|truncate)\b[^;]{0,60}\b(?:tmp|temp|temporary|staging|scratch)(?:_|\b)/.test(text)) return NOTHING
  if (DESTROYS_ALL.test(text)) return one(2)
  if (/\bdelete\s{1,9}from\b/.test(text)) return one(/\bwhere\b/.test(text) && !/\bwhere\s{1,9}(?:1\s?=\s?1|true)/.test(text) ? 1 : 2)
  return /\bdrop\s{1,9}(?:view|index|trigger|function|procedure|role|user)\b/.test(text) ? one(1) : NOTHING
}

/** What one command destroys. */
export function destructionOf(command: Command): Destruction {
  const { program, line } = command
  if (REMOVERS.has(program)) return removed(command)
  if (program === 'find') return /(?:^| )-delete\b/.test(line) && !isScratch(command.args[0] ?? '') ? { tier: 1, things: MANY } : NOTHING
  if (program === 'git') return byGit(line)
  if (program === 'kubectl' || program === 'oc' || program === 'helm') return byCluster(command)
  if (WIPERS.has(program) || program.startsWith('mkfs.')) return one(2)
  if (program === 'redis-cli' || program === 'valkey-cli') return /\bflush(?:all|db)\b/.test(line) ? one(2) : NOTHING
  if (/^(?:terraform|tofu|pulumi|cdk|terragrunt)$/.test(program)) return /\bdestroy\b/.test(line) ? one(2) : NOTHING
  if (program === 'docker' || program === 'podman') return /^(?:volume (?:rm|prune)|system prune)\b/.test(line) ? one(1) : NOTHING
  if (program === 'gh' || program === 'glab') return /^repo delete\b/.test(line) ? one(2) : / delete\b/.test(line) ? one(1) : NOTHING
  if (program === 'npm') return /^unpublish\b/.test(line) ? one(2) : NOTHING
  if (CLOUDS.has(program)) return CLOUD_VERB.test(line) ? one(HOLDS_MUCH.test(line) ? 2 : 1) : NOTHING
  return DATABASES.has(program) || program === 'mysqladmin' ? destroyedBy(`${line} ${command.stdin}`) : NOTHING
}
