/** Keys by which records meet in one partition. Whoever publishes to a topic uses the topic's own. */
import type { AuditEventFields } from './audit-event.ts'
import type { Interaction } from './interaction.ts'

/** Records of one call must meet: trace id, else conversation, else the record alone. */
export const eventKey = (event: Pick<AuditEventFields, 'trace_id' | 'conversation' | 'tenant' | 'event_id'>): string =>
  event.trace_id || (event.conversation === '' ? event.event_id : `${event.tenant}\u0000${event.conversation}`)

export const interactionKey = ({ tenant, actor }: Pick<Interaction, 'tenant' | 'actor'>): string => `${tenant}\u0000${actor}`
