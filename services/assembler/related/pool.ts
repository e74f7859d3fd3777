/** What was said in the traces of one conversation: each text once, with the earliest time since when it was known. The same in any order. */
import type { Part, Word } from '../../../schemas/relay.ts'

export interface Pool {
  /** By kind and text, in the order of arrival. */
  readonly words: Map<string, Word>
  /** Trace → what it said itself, least recently heard first. */
  readonly traces: Map<string, Set<string>>
  characters: number
}

export const newPool = (): Pool => ({ words: new Map(), traces: new Map(), characters: 0 })

const TRACES_LIMIT = 500
/** So many of the newest are looked at for one call. */
const TURNS_TOLD = 16
const RESULTS_TOLD = 32

const keyOf = ({ kind, text }: Word): string => `${kind}\u0000${text}`

const isEarlier = (one: Word, other: Word): boolean => one.at < other.at || (one.at === other.at && one.id < other.id)

/** What became known, or known earlier; the oldest words go where there are more than `limit` characters, and `crowded` is told how many. */
export function hearWords(pool: Pool, trace: string, { words, limit, crowded }: {
  readonly words: readonly Word[]; readonly limit: number; crowded(count: number): void
}): readonly Word[] {
  const own = pool.traces.get(trace) ?? new Set<string>()
  pool.traces.delete(trace)
  pool.traces.set(trace, own)
  const news: Word[] = []
  for (const word of words) {
    const key = keyOf(word)
    own.add(key)
    const known = pool.words.get(key)
    if (known !== undefined && !isEarlier(word, known)) continue
    if (known === undefined) pool.characters += word.text.length
    pool.words.set(key, word)
    news.push(word)
  }
  if (pool.traces.size > TRACES_LIMIT) pool.traces.delete(pool.traces.keys().next().value as string)
  crowded(shrink(pool, limit))
  return news
}

function shrink(pool: Pool, limit: number): number {
  let gone = 0
  for (const [key, { text }] of pool.words) {
    if (pool.characters <= limit) break
    pool.words.delete(key)
    pool.characters -= text.length
    gone++
  }
  return gone
}

/** Whether anything but the part's own trace was heard: mostly a conversation is one trace. */
export const hasOthersWords = ({ words, traces }: Pool, { trace, bridged }: Pick<Part, 'trace' | 'bridged'>): boolean =>
  words.size > 0 && (bridged || traces.size > 1 || !traces.has(trace))

export interface Asker {
  readonly trace: string
  readonly startedAt: bigint
  /** Whether words of its own trace count as well. */
  readonly own: boolean
}

/** What was known before the call from other traces, oldest first. */
export function wordsBefore(pool: Pool, { trace, startedAt, own }: Asker): { readonly turns: readonly Word[]; readonly results: readonly Word[] } {
  const said = own ? undefined : pool.traces.get(trace)
  const known: Word[] = []
  for (const [key, word] of pool.words) if (word.at <= startedAt && said?.has(key) !== true) known.push(word)
  const newest = (kind: Word['kind'], most: number): readonly Word[] =>
    known.filter((word) => word.kind === kind).sort((left, right) => (left.at === right.at ? (keyOf(left) < keyOf(right) ? -1 : 1) : left.at < right.at ? -1 : 1))
      .slice(-most)
  return { turns: newest('turn', TURNS_TOLD), results: newest('result', RESULTS_TOLD) }
}
