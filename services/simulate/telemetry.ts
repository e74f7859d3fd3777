/** A run as telemetry of everybody who saw it. */
import { tellAgent } from './agent-telling.ts'
import type { Dice } from './dice.ts'
import type { Run } from './run.ts'
import { tellServer } from './server-telling.ts'
import { timed, type Told } from './telling.ts'

export interface Arriving {
  readonly told: Told
  /** When its batch leaves, milliseconds since 1970. */
  readonly at: number
}

export interface Telemetry {
  readonly arriving: readonly Arriving[]
  readonly traceIds: readonly string[]
  readonly conversation: string
}

/** Until a batch of an exporter is full or its wait over. */
const BATCH_WAIT = 5_000
const endOf = (told: Told): number => (told.signal === 'span' ? told.end : told.at)

export function tell(run: Run, dice: Dice): Telemetry {
  const telling = timed(run, dice)
  const { told, calls } = tellAgent(telling)
  const traceIds = new Set([telling.traceId])
  const seen: Told[] = [...told]
  for (const { call, spanId } of calls) {
    // Who sends no spans starts a trace with every call.
    const traceId = spanId === '' ? dice.hex(32) : telling.traceId
    traceIds.add(traceId)
    seen.push(...tellServer(call, run.caller, { traceId, parent: spanId, hex: (digits) => dice.hex(digits) }))
  }
  const late = run.late ?? 0
  return { traceIds: [...traceIds], conversation: telling.conversation, arriving: seen.map((one) => ({ told: one, at: endOf(one) + dice.between(200, BATCH_WAIT) + late })) }
}
