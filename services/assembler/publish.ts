/** From the calls of a trace to versions of interactions, published or sent on to where they may meet others. */
import type { Interaction, InteractionFields } from '../../schemas/interaction.ts'
import type { CarriedStates, Part } from '../../schemas/relay.ts'
import { statesIn } from './input-requests.ts'
import { interactionId } from './interaction-id.ts'
import { fillLineage } from './lineage.ts'
import { merged } from './merge.ts'
import { conversationOf, partOf } from './part.ts'
import { MOVE_STEP } from './related/bridge.ts'
import { digestOf } from './related/digest.ts'
import { requestsIn } from './rounds.ts'
import type { Tokens } from './tokens.ts'
import type { Call, Trace, Withdrawn } from './trace.ts'

/** Whether a call may be published now. */
export type Ready = (trace: Trace, call: Call) => boolean

export interface Publication {
  /** Of the trace. */
  readonly key: string
  readonly ready: Ready
  readonly tokens: Tokens | undefined
  tell(part: Part): void
  /** The call has left this conversation. */
  leave(interaction: Interaction, conversation: string): void
}

/** Withdraws what proved to be a part of another call, and publishes those of the marked calls that are ready and say something new, taking their marks away. */
export function publishCalls(trace: Trace, publication: Publication): void {
  for (const gone of trace.withdrawn) publication.tell(withdraw(trace, gone, publication.key))
  for (const index of trace.dirty) {
    const call = trace.calls[index] as Call
    if (!publication.ready(trace, call)) continue
    trace.dirty.delete(index)
    publishCall(trace, call, publication)
  }
}

/** What the observations of a call say together, and what it took. */
function fieldsOf(trace: Trace, call: Call): InteractionFields {
  const { rounds, attempts, input_requests: asked, superseded, duration } = requestsIn(trace, call)
  const fields = merged(call.observations, superseded)
  fields.rounds = rounds
  fields.attempts = attempts
  fields.input_requests = asked
  if (duration > fields.duration_ns) fields.duration_ns = duration
  return fields
}

/** What it was sent on under before stays: others may have met it there. */
function statesOf({ states: before, observations }: Call): CarriedStates {
  const now = statesIn(observations)
  return before === undefined ? now : { asked: before.asked || now.asked, answered: before.answered || now.answered }
}

/** A published call that proved to be a part of an earlier one. */
function withdraw(trace: Trace, { call, into }: Withdrawn, key: string): Part {
  call.version++
  const fields = fieldsOf(trace, call)
  fields.merged_into = interactionId(fields.tenant, into)
  fields.sort_at = call.sortAt
  fields.interaction_id = interactionId(fields.tenant, call)
  fields.version = call.version
  return { ...partOf(fields, { trace, key, known: undefined, states: statesOf(call) }), conversation: call.home }
}

export interface Wanted {
  /** Of the trace. */
  readonly key: string
  readonly id: string
  readonly tokens: Tokens | undefined
}

/** The call with this interaction id as it was told last; undefined where the trace has none. */
export function toldPart(trace: Trace, { key, id, tokens }: Wanted): Part | undefined {
  const tenant = key.slice(0, key.indexOf('\u0000'))
  const call = trace.calls.find((one) => one.version > 0 && one.into === one.index && interactionId(tenant, one) === id)
  if (call === undefined) return undefined
  const fields = fieldsOf(trace, call)
  const known = fillLineage(fields, { trace, call, tokenOf: tokens?.(tenant) })
  fields.sort_at = call.sortAt
  fields.interaction_id = id
  fields.version = call.version
  return partOf(fields, { trace, key, known, states: statesOf(call) })
}

function publishCall(trace: Trace, call: Call, { key, tell, leave, tokens }: Publication): void {
  const fields = fieldsOf(trace, call)
  const known = fillLineage(fields, { trace, call, tokenOf: tokens?.(fields.tenant) })
  const conversation = conversationOf(fields, trace)
  const digest = digestOf(fields, trace.rootArrived)
  if (digest === call.digest && conversation === call.home) return
  if (call.version === 0) call.sortAt = fields.started_at
  call.digest = digest
  call.version++
  fields.sort_at = call.sortAt
  fields.interaction_id = interactionId(fields.tenant, call)
  if (call.home !== '' && call.home !== conversation) {
    leave(fields, call.home)
    call.version += MOVE_STEP
  }
  call.home = conversation
  fields.version = call.version
  call.states = statesOf(call)
  tell(partOf(fields, { trace, key, known, states: call.states }))
}
