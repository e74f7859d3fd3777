/** Calls of one conversation, and what was said in its traces. */
import type { Interaction } from '../../../schemas/interaction.ts'
import { partitionOf } from '../../../schemas/partition-of.ts'
import { decodePart, encodePart, type Part, type WordsRelay } from '../../../schemas/relay.ts'
import { digestOf } from './digest.ts'
import { hearWords, newPool, type Pool } from './pool.ts'
import { woven } from './weave.ts'

/** A call, and what was said of it. */
interface Draft {
  readonly bytes: Buffer
  readonly startedAt: bigint
  readonly trace: string
  readonly bridged: boolean
  version: number
  digest: string
  /** Words that are older than it have come since. */
  stale: boolean
}

export interface Conversation {
  touchedAt: bigint
  readonly firstOffset: number
  readonly pool: Pool
  /** By interaction id, in the order of arrival. */
  readonly drafts: Map<string, Draft>
  /** The second of record time that runs, and how many calls were judged in it. */
  second: bigint
  judged: number
}

export interface ConversationOut {
  readonly callsLimit: number
  readonly charactersLimit: number
  tell(part: Part): void
  /** So many calls or words were let go. */
  crowded(count: number): void
  /** Something is to be judged again once it is quiet. */
  stale(): void
}

/** Judging again is dear, and one conversation shall not keep others waiting. */
const JUDGED_A_SECOND = 100
const SECOND_NS = 1_000_000_000n
const TEXT_HASHES = 0xffff_fffb

export const newConversation = (firstOffset: number): Conversation =>
  ({ touchedAt: 0n, firstOffset, pool: newPool(), drafts: new Map(), second: 0n, judged: 0 })

export function hear(conversation: Conversation, { trace, words }: WordsRelay, out: ConversationOut): void {
  const news = hearWords(conversation.pool, trace, { words, limit: out.charactersLimit, crowded: out.crowded })
  if (news.length === 0) return
  const since = news.reduce((least, { at }) => (at < least ? at : least), (news[0] as { at: bigint }).at)
  let marked = false
  for (const draft of conversation.drafts.values()) {
    if (draft.startedAt < since || (draft.trace === trace && !draft.bridged)) continue
    draft.stale = true
    marked = true
  }
  if (marked) out.stale()
}

/** Takes a version of a call; tells it, judged with what is known by now. `now`: record time in nanoseconds. */
export function receive(conversation: Conversation, part: Part, { now, out }: { readonly now: bigint; readonly out: ConversationOut }): void {
  const { interaction, trace, bridged } = part
  const known = conversation.drafts.get(interaction.interaction_id)
  if (interaction.merged_into !== '') {
    conversation.drafts.delete(interaction.interaction_id)
    out.tell(numbered(part, interaction, known?.version ?? 0))
    return
  }
  const draft: Draft = {
    bytes: encodePart(part), startedAt: interaction.started_at, trace, bridged, version: known?.version ?? 0, digest: known?.digest ?? '', stale: false,
  }
  conversation.drafts.set(interaction.interaction_id, draft)
  if (mayJudge(conversation, now)) say(draft, { part, interaction: woven(part, conversation.pool) }, out)
  else {
    draft.stale = true
    out.stale()
    if (draft.version === 0) say(draft, { part, interaction }, out)
  }
  if (conversation.drafts.size > out.callsLimit) {
    conversation.drafts.delete(conversation.drafts.keys().next().value as string)
    out.crowded(1)
  }
}

/** Judges again what became stale. */
export function review(conversation: Conversation, out: ConversationOut): void {
  for (const draft of conversation.drafts.values()) {
    if (!draft.stale) continue
    draft.stale = false
    const part = decodePart(draft.bytes)
    say(draft, { part, interaction: woven(part, conversation.pool) }, out)
  }
}

function mayJudge(conversation: Conversation, now: bigint): boolean {
  const second = now / SECOND_NS
  if (second !== conversation.second) {
    conversation.second = second
    conversation.judged = 0
  }
  return conversation.judged++ < JUDGED_A_SECOND
}

const numbered = (part: Part, interaction: Interaction, told: number): Part =>
  ({ ...part, interaction: { ...interaction, version: Math.max(interaction.version, told + 1) } })

function say(draft: Draft, { part, interaction }: { readonly part: Part; readonly interaction: Interaction }, out: ConversationOut): void {
  // Turns of other traces may be as long as each other.
  const digest = `${digestOf(interaction, part.rooted)}\u0000${partitionOf(interaction.request_text, TEXT_HASHES)}`
  if (digest === draft.digest) return
  draft.digest = digest
  const said = numbered(part, interaction, draft.version)
  draft.version = said.interaction.version
  out.tell(said)
}
