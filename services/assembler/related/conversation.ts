/** Calls of one conversation, and what was said in its traces. */
import type { Interaction } from '../../../schemas/interaction.ts'
import { partitionOf } from '../../../schemas/partition-of.ts'
import type { Part, WordsRelay } from '../../../schemas/relay.ts'
import { digestOf } from './digest.ts'
import type { Tokens } from '../tokens.ts'
import type { Keeper, Kept } from './keeper.ts'
import { hasOthersWords, hearWords, newPool, type Pool } from './pool.ts'
import { woven } from './weave.ts'

/** A call, and what was said of it. */
interface Draft {
  readonly kept: Kept
  readonly startedAt: bigint
  readonly bridged: boolean
  /** Its last version that was taken: after a crash of the stage before, earlier ones come again. */
  readonly taken: number
  /** Last version told; what it said, undefined where it said what its own trace says. */
  version: number
  digest: string | undefined
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
  readonly keeper: Keeper
  readonly tokens: Tokens | undefined
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
    if (draft.startedAt < since || (draft.kept.trace === trace && !draft.bridged)) continue
    draft.stale = true
    marked = true
  }
  if (marked) out.stale()
}

/** Takes a version of a call; tells it, judged with what is known by now. `now`: record time in nanoseconds. */
export function receive(conversation: Conversation, part: Part, { now, out }: { readonly now: bigint; readonly out: ConversationOut }): void {
  const { interaction, bridged } = part
  const known = conversation.drafts.get(interaction.interaction_id)
  if (interaction.merged_into !== '') {
    conversation.drafts.delete(interaction.interaction_id)
    out.tell(numbered(part, interaction, known?.version ?? 0))
    return
  }
  if (known !== undefined && known.taken >= interaction.version) return
  const draft: Draft = {
    kept: out.keeper.keep(part), startedAt: interaction.started_at, bridged, taken: interaction.version, version: known?.version ?? 0, digest: undefined, stale: false,
  }
  conversation.drafts.set(interaction.interaction_id, draft)
  const judged = hasOthersWords(conversation.pool, part) ? mayJudge(conversation, now) : undefined
  if (judged === false) {
    draft.stale = true
    out.stale()
  }
  const said = judged === true ? woven(part, conversation.pool, out.tokens) : interaction
  if (said !== interaction) draft.digest = fullDigest(said, part.rooted)
  tell(draft, { part, interaction: said }, out)
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
    const part = out.keeper.get(draft.kept)
    if (part === undefined) continue
    const interaction = woven(part, conversation.pool, out.tokens)
    const digest = fullDigest(interaction, part.rooted)
    if (digest === (draft.digest ?? fullDigest(part.interaction, part.rooted))) continue
    draft.digest = digest
    tell(draft, { part, interaction }, out)
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

function numbered(part: Part, interaction: Interaction, told: number): Part {
  const version = Math.max(interaction.version, told + 1)
  return interaction === part.interaction && version === interaction.version ? part : { ...part, interaction: { ...interaction, version } }
}

/** Turns of other traces may be as long as each other. */
const fullDigest = (interaction: Interaction, rooted: boolean): string =>
  `${digestOf(interaction, rooted)}\u0000${partitionOf(interaction.request_text, TEXT_HASHES)}`

function tell(draft: Draft, { part, interaction }: { readonly part: Part; readonly interaction: Interaction }, out: ConversationOut): void {
  const said = numbered(part, interaction, draft.version)
  draft.version = said.interaction.version
  out.tell(said)
}
