/**
 * Stage 2 as a fold over relays: what calls of several traces meet by. Its state is bounded; time is that of the records.
 * With one partition the relays come straight from stage 1, else from topic `correlations`.
 */
import type { Home, PartRelay, Relay } from '../../../schemas/relay.ts'
import { type Bridge, fits, fitsAfar, join, type Meeting, newBridge, partsIn } from './bridge.ts'
import type { RelatedCounts, RelatedLimits, Sink } from './contracts.ts'
import { type Conversation, type ConversationOut, hear, newConversation, receive, review } from './conversation.ts'
import { forward, leave, roundKey, say } from './forward.ts'
import type { Keeper } from './keeper.ts'
import { mergeParts } from './merge-parts.ts'
import { roundsOf } from './next-round.ts'
import type { Tokens } from '../tokens.ts'
import { Touched } from '../touched.ts'
import { learn, type Propagation, propagates } from './habits.ts'

export interface RelatedState {
  now: bigint
  /** Calls held, counted at each home. */
  held: number
  readonly bridges: Touched<Bridge>
  readonly conversations: Touched<Conversation>
  /** Conversations to be judged again, and since when. */
  readonly stale: Touched<bigint>
  habits: Map<string, Propagation>
  counts: RelatedCounts
}

export const emptyRelated = (): RelatedState => ({
  now: 0n, held: 0, bridges: new Touched(), conversations: new Touched(), stale: new Touched(), habits: new Map(), counts: { relatedOverflowed: 0, crowded: 0 },
})

export interface RelateOptions {
  /** Of the envelope that the relay came in. */
  readonly offset: number
  readonly limits: RelatedLimits
  readonly sink: Sink
  readonly keeper: Keeper
  readonly tokens?: Tokens | undefined
}

/** Takes one relay. */
export function relate(state: RelatedState, relay: Relay, options: RelateOptions): void {
  if (relay.at > state.now) state.now = relay.at
  if (relay.kind === 'habit') learn(state.habits, relay.key, relay)
  else if (relay.kind === 'part') AT_HOME[relay.home](state, relay, options)
  else if (relay.kind === 'words') {
    const conversation = conversationAt(state, relay.key, options.offset)
    hear(conversation, relay, outOf(state, relay.key, options))
  } else if (relay.kind === 'leave' && state.conversations.get(relay.key)?.drafts.delete(relay.interactionId) === true) state.held--
}

const VIEWS: Meeting = { certain: false, fits, fitsAfar, merge: mergeParts }

function meet(state: RelatedState, { key, home, part }: PartRelay, { offset, limits, sink, keeper, meeting }: RelateOptions & { readonly meeting: Meeting }): void {
  const bridge = state.bridges.touch(key, () => newBridge(offset))
  bridge.touchedAt = state.now
  const before = partsIn(bridge)
  join(bridge, part, {
    keeper, meeting,
    // A request that was asked here may be a round of a call whose last one was asked for more in its turn.
    tell: (whole) => forward(whole, { from: home === 'ask' && roundKey(whole.interaction.tenant, whole.asked) !== key ? 'answer' : home, at: state.now, sink }),
    leave: (interaction, conversation) => leave(interaction, conversation, { at: state.now, sink }),
    crowded: () => state.counts.crowded++,
  })
  state.held += partsIn(bridge) - before
  shrink(state, limits)
}

const AT_HOME: Readonly<Record<Home, (state: RelatedState, relay: PartRelay, options: RelateOptions) => void>> = {
  call: (state, relay, options) => meet(state, relay, { ...options, meeting: VIEWS }),
  answer: (state, relay, options) => meet(state, relay, { ...options, meeting: roundsOf(relay.part.answered) }),
  ask: (state, relay, options) => meet(state, relay, { ...options, meeting: roundsOf(relay.part.asked) }),
  conversation(state, { key, part }, options) {
    const conversation = conversationAt(state, key, options.offset)
    const before = conversation.drafts.size
    receive(conversation, part, { now: state.now, out: outOf(state, key, options) })
    state.held += conversation.drafts.size - before
    shrink(state, options.limits)
  },
  actor(state, { key, part: { interaction } }, { sink }) {
    say(propagates(state.habits.get(key)) ? { ...interaction, requested_by: 'none' } : interaction, state.now, sink)
  },
}

function conversationAt(state: RelatedState, key: string, offset: number): Conversation {
  const conversation = state.conversations.touch(key, () => newConversation(offset))
  conversation.touchedAt = state.now
  return conversation
}

const outOf = (state: RelatedState, key: string, { limits, sink, keeper, tokens }: RelateOptions): ConversationOut => ({
  keeper, tokens,
  callsLimit: limits.callsPerConversation, charactersLimit: limits.conversationCharacters,
  tell: (part) => forward(part, { from: 'conversation', at: state.now, sink }),
  crowded(count) {
    state.counts.crowded += count
  },
  stale() {
    if (!state.stale.has(key)) state.stale.touch(key, () => state.now)
  },
})

/** Moves time: judges again what is stale and quiet, and lets go of what nobody touched for long. */
export function settleRelated(state: RelatedState, now: bigint, options: RelateOptions): void {
  if (now > state.now) state.now = now
  const { quietNs, lineageNs } = options.limits
  for (const [key, since] of state.stale.entries()) {
    if (state.now - since < quietNs) break
    state.stale.delete(key)
    const conversation = state.conversations.get(key)
    if (conversation !== undefined) review(conversation, outOf(state, key, options))
  }
  for (const [key, { touchedAt }] of state.bridges.entries()) {
    if (state.now - touchedAt < lineageNs) break
    dropBridge(state, key)
  }
  for (const [key, { touchedAt }] of state.conversations.entries()) {
    if (state.now - touchedAt < lineageNs) break
    dropConversation(state, key)
  }
}

function dropBridge(state: RelatedState, key: string): void {
  state.held -= partsIn(state.bridges.get(key) as Bridge)
  state.bridges.delete(key)
}

function dropConversation(state: RelatedState, key: string): void {
  state.held -= (state.conversations.get(key) as Conversation).drafts.size
  state.conversations.delete(key)
  state.stale.delete(key)
}

/**
 * Too many calls are held: the tool call ids and conversations that nobody touched for longest go, a sixteenth of all at once.
 */
function shrink(state: RelatedState, { relatedCalls }: RelatedLimits): void {
  if (state.held <= relatedCalls) return
  const before = state.held
  const bridges = state.bridges.entries()
  const conversations = state.conversations.entries()
  let bridge = bridges.next().value
  let conversation = conversations.next().value
  while (state.held > relatedCalls - (relatedCalls >>> 4)) {
    if (bridge !== undefined && (conversation === undefined || bridge[1].touchedAt <= conversation[1].touchedAt)) {
      dropBridge(state, bridge[0])
      bridge = bridges.next().value
    } else if (conversation !== undefined) {
      dropConversation(state, conversation[0])
      conversation = conversations.next().value
    } else break
  }
  state.counts.relatedOverflowed += before - state.held
}
