/** Audit events in, interactions out: folded by the assembler as they come, without a bus. */
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import { encodeCanonical } from '../../schemas/canonical.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { EventRecord } from '../../schemas/topics.ts'
import { type AssemblerLimits, type AssemblerState, emptyState, fold } from '../../services/assembler/fold.ts'

const LIMITS: AssemblerLimits = {
  quietNs: 10_000_000_000n, lineageNs: 900_000_000_000n, spansPerTrace: 20_000, spansPerTenant: 500_000, spans: 500_000,
  relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
}
const SECOND = 1_000_000_000n

export const recordOf = (event: AuditEventFields): EventRecord => EventRecord.of(encodeCanonical(event).bytes)
/** Behind all recordings. */
export const END = EventRecord.tick(1_795_999_900n * SECOND)

/** Folds one record in an envelope of its own. */
export const take = (state: AssemblerState, offset: number, record: EventRecord, out: Interaction[], only?: ReadonlySet<string>): void =>
  fold(state, { offset, records: [record] }, { limits: LIMITS, out, takes: (event) => only?.has(state.keys.of(event)) !== false })

/** Newest version of every interaction that was not withdrawn. */
function newest(versions: readonly Interaction[]): Interaction[] {
  const byId = new Map<string, Interaction>()
  for (const version of versions) if (version.version > (byId.get(version.interaction_id)?.version ?? 0)) byId.set(version.interaction_id, version)
  return [...byId.values()].filter((interaction) => interaction.merged_into === '')
}

/** The interactions when all is over. */
export function assemble(events: readonly AuditEventFields[]): Interaction[] {
  const state = emptyState()
  const out: Interaction[] = []
  events.forEach((event, offset) => take(state, offset, recordOf(event), out))
  take(state, events.length, END, out)
  return newest(out)
}
