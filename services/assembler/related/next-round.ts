/**
 * Requests of several traces that are one call: a server answered the first with a question (`input_required`), and the next carries the state that it
 * gave with it (`requestState`, MCP 2026-07-28). Servers make the state so that nobody can make it up, and the client sends it back unread.
 */
import type { Interaction } from '../../../schemas/interaction.ts'
import type { Part } from '../../../schemas/relay.ts'
import { GROUPS } from '../merge-groups.ts'
import { type Meeting, same } from './bridge.ts'
import { asGiven, contents, speaker } from './merge-parts.ts'

const SKEW_NS = 60_000_000_000n
const COUNT_LIMIT = 65_535

const endOf = ({ started_at: start, ended_at: end }: Interaction): bigint => (end > start ? end : start)
const objectOf = ({ tool, prompt, resource }: Interaction): string => tool || prompt || resource
/** Fields in which both requests say the same, where both say something. */
const AGREED = ['method', 'server', 'principal', 'client', 'token_fingerprint', 'tool_call_id'] as const

/** Who sees both requests from the same side sees the same arguments twice. */
function argumentsAgree(one: Interaction, other: Interaction): boolean {
  return same(one.arguments_hash, other.arguments_hash) || one.vantages.join() !== other.vantages.join()
}

function mayFollow({ interaction: first }: Part, { interaction: next }: Part): boolean {
  return AGREED.every((field) => same(first[field], next[field])) && objectOf(first) === objectOf(next) && argumentsAgree(first, next) &&
    next.started_at + SKEW_NS >= endOf(first)
}

/** One that was asked and one that answers; a state that comes a third time is that of another call. */
function fits(state: string, part: Part, others: readonly Part[]): boolean {
  const [other] = others
  if (other === undefined || others.length > 1) return false
  if (part.asked === state) return other.answered === state && mayFollow(part, other)
  return other.asked === state && mayFollow(other, part)
}

/** What both say of the call; its end is that of the last request. */
function together(first: Interaction, last: Interaction): Interaction {
  const fields = contents([first, last], asGiven)
  for (const { ends, take } of GROUPS) if (ends === true) take(fields, last)
  const duration = endOf(last) - first.started_at
  if (duration > fields.duration_ns) fields.duration_ns = duration
  return { ...fields, rounds: Math.min(COUNT_LIMIT, first.rounds + last.rounds), attempts: Math.max(first.attempts, last.attempts) }
}

function merge(state: string, host: Part, parts: readonly Part[]): Part {
  const [asked, answer] = [parts.find((part) => part.asked === state), parts.find((part) => part.answered === state)]
  if (asked === undefined || answer === undefined || asked === answer) return host
  const { interaction: told, ...lineage } = speaker([asked, answer], asGiven)
  const { interaction_id, version, sort_at } = host.interaction
  const { requested_by, request_text, request_fit, request_fit_reasons, argument_sources } = told
  return {
    ...lineage, asked: answer.asked, answered: asked.answered, bridged: true, conversation: lineage.conversation || asked.conversation || answer.conversation,
    interaction: {
      ...together(asked.interaction, answer.interaction), interaction_id, version, sort_at, trace_id: asked.interaction.trace_id,
      requested_by, request_text, request_fit, request_fit_reasons, argument_sources,
    },
  }
}

/** How calls meet that carry the state of this digest. */
export const roundsOf = (state: string): Meeting => ({
  certain: true,
  fits: (_, part, others) => fits(state, part, others),
  merge: (host, parts) => merge(state, host, parts),
})
