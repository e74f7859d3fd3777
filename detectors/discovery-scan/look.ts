/** A look around that is going on, and how far those before went. Plain JSON, bounded. */
import { hash32 } from '../stats/distinct.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Params } from './rule.ts'

export interface Looker {
  /** Seconds since 1970 of the first and latest look; 0 before the first. */
  since: number
  at: number
  /** Hashes of servers whose lists were asked for; of things that were refused, and of the servers that refused. */
  servers: number[]
  refused: number[]
  refusing: number[]
  /** Hashes of things that were refused or failed: some servers answer a name that they do not know with an ordinary error. */
  failed: number[]
  /** 0 not told, 1 told low, 2 told to people, 3 with emphasis. */
  told: number
  /** Most on days before. */
  peakServers: number
  peakRefused: number
  peakFailed: number
  days: number
  lastDay: number
  toldDays: number
  toldDay: number
  /** Size that the peers were told of, as a power of two; and the lesson of this step. Of peers only: how many went how far. */
  taught: number
  lesson: number
  sizes: number[]
}

const DAY = 86_400
const MOST = 64

export const newLooker = (): Looker => ({ since: 0, at: 0, servers: [], refused: [], refusing: [], failed: [], told: 0, peakServers: 0, peakRefused: 0, peakFailed: 0, days: 0, lastDay: -1, toldDays: 0, toldDay: -1,
  taught: 0, lesson: 0, sizes: [] })

const LISTS: ReadonlySet<string> = new Set(['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list', 'server/discover'])
/** Method not found, invalid parameters (MCP: unknown tool), resource not found; HTTP: forbidden, not found, not allowed. */
const REFUSALS: ReadonlySet<string> = new Set(['-32601', '-32602', '-32002', '403', '404', '405'])
const NOT_THERE = /not_?found|unknown_?(?:tool|resource|method)|no_?such/i

export const isList = (method: string): boolean => LISTS.has(method)

/** Asked for what is not there or not allowed. A missing login is none: every server of a program refuses with an expired token. */
export function isRefusal({ outcome, error_code: code, error_type: type }: Interaction): boolean {
  if (outcome === 'ok' || outcome === 'unknown' || outcome === 'unauthenticated' || outcome === 'cancelled') return false
  return outcome === 'denied' || REFUSALS.has(code) || (type !== '' && NOT_THERE.test(type.slice(0, 200)))
}

/** A call that a server answered with an error: what it is not about is not told apart. */
export const isFailure = ({ method, outcome }: Interaction): boolean => method === 'tools/call' && (outcome === 'tool_error' || outcome === 'protocol_error')

function note(list: number[], text: string): void {
  const hash = hash32(text)
  if (list.length < MOST && !list.includes(hash)) list.push(hash)
}

/** Adds what was asked for. */
export function look(looker: Looker, interaction: Interaction, seconds: number): void {
  const { method, server, target, tool, resource, prompt } = interaction
  const place = server || target
  if (isList(method)) note(looker.servers, place)
  const what = `${place}\n${tool || resource || prompt || method}`
  const isRefused = isRefusal(interaction)
  if (isRefused) {
    note(looker.refused, what)
    note(looker.refusing, place)
  }
  if (isRefused || isFailure(interaction)) note(looker.failed, what)
  looker.at = Math.max(looker.at, seconds)
  if (!isRefused && !isList(method)) return
  const day = Math.floor(seconds / DAY)
  if (day <= looker.lastDay) return
  looker.days++
  looker.lastDay = day
}

export const isOver = ({ since }: Looker, seconds: number, { windowMinutes }: Params): boolean => since === 0 || seconds - since > windowMinutes * 60

/** How far a look went as a power of two, at least 4 servers. */
const sizeOf = (servers: number): number => (servers < 4 ? 0 : Math.floor(Math.log2(servers)))

/** Learns the look that is over and begins another: one that was told only once it came on enough days. */
export function begin(looker: Looker, seconds: number, { acceptDays }: Params): void {
  const { told, servers, refused, failed, at } = looker
  const day = Math.floor(at / DAY)
  if (told > 0 && day !== looker.toldDay) {
    looker.toldDays++
    looker.toldDay = day
  }
  if (told === 0 || looker.toldDays >= acceptDays) {
    looker.peakServers = Math.max(looker.peakServers, servers.length)
    looker.peakRefused = Math.max(looker.peakRefused, refused.length)
    looker.peakFailed = Math.max(looker.peakFailed, failed.length)
    const size = sizeOf(servers.length)
    if (size > looker.taught) looker.lesson = looker.taught = size
  }
  Object.assign(looker, { since: seconds, at: seconds, servers: [], refused: [], refusing: [], failed: [], told: 0 })
}

/** Most servers that are usual among peers, 0 where it is not known. */
export function usualAmong(sizes: readonly number[], minPeers: number): number {
  let servers = 0
  for (let size = 1; size < sizes.length; size++) if ((sizes[size] ?? 0) >= minPeers) servers = 2 ** (size + 1)
  return servers
}
