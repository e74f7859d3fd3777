/** From the calls of a trace to versions of interactions. */
import { hash } from 'node:crypto'
import type { Interaction, InteractionFields } from '../../schemas/interaction.ts'
import { fillLineage, type Propagation } from './lineage.ts'
import { merged } from './merge.ts'
import { type Call, callAt, type Trace } from './trace.ts'

/** Whether a call may be published now. */
export type Ready = (trace: Trace, call: Call) => boolean

export interface Publication {
  readonly habits: Map<string, Propagation>
  readonly out: Interaction[]
  readonly ready: Ready
}

const HABITS_LIMIT = 10_000

/** Publishes those of the marked calls that are ready and say something new, and takes their marks away. */
export function publishCalls(trace: Trace, publication: Publication): void {
  for (const index of trace.dirty) {
    const call = trace.calls[index] as Call
    if (call.into === index && !publication.ready(trace, call)) continue
    trace.dirty.delete(index)
    if (call.into === index) publishCall(trace, call, publication)
    else publication.out.push(withdraw(trace, call))
  }
}

const interactionId = (tenant: string, { anchor }: Call): string => hash('sha256', `interaction\u0000${tenant}\u0000${anchor}`, 'hex').slice(0, 32)

/** A published call that proved to be a part of an earlier one. */
function withdraw(trace: Trace, call: Call): Interaction {
  call.version++
  const fields = merged(call.observations)
  const { tenant } = fields
  const into = interactionId(tenant, callAt(trace, call.index))
  return { ...fields, sort_at: call.sortAt, interaction_id: interactionId(tenant, call), version: call.version, merged_into: into }
}

function publishCall(trace: Trace, call: Call, { habits, out }: Publication): void {
  const fields = merged(call.observations)
  const key = habitKey(fields)
  fillLineage(fields, trace, call, habits.get(key))
  const digest = digestOf(fields)
  if (digest === call.digest) return
  if (call.version === 0) {
    call.sortAt = fields.started_at
    learnHabit(habits, key, fields)
  }
  call.digest = digest
  call.version++
  fields.sort_at = call.sortAt
  fields.interaction_id = interactionId(fields.tenant, call)
  fields.version = call.version
  out.push(fields)
}

const habitKey = (fields: InteractionFields): string => `${fields.tenant}\u0000${fields.actor_kind}\u0000${fields.actor}`

function learnHabit(habits: Map<string, Propagation>, key: string, fields: InteractionFields): void {
  if (fields.method !== 'tools/call' || fields.requested_by === 'none') return
  const habit = habits.get(key) ?? { calls: 0, asked: 0 }
  habit.calls++
  if (fields.requested_by === 'user_turn') habit.asked++
  habits.delete(key)
  habits.set(key, habit)
  if (habits.size > HABITS_LIMIT) habits.delete(habits.keys().next().value as string)
}

/** What a version says, short enough to keep: only a version that says something else is published. */
function digestOf(fields: InteractionFields): string {
  return [
    fields.event_ids.length, fields.actor, fields.requested_by, fields.request_fit, fields.request_text.length, fields.argument_sources.size,
    fields.outcome, fields.arguments_hash, fields.result_hash, fields.server_internal,
  ].join('\u0000')
}
