/** Keys by which records meet in one partition. Whoever publishes to a topic uses the topic's own. */
import type { AuditEventFields } from './audit-event.ts'
import type { Interaction } from './interaction.ts'

type Origin = Pick<AuditEventFields, 'trace_id' | 'parent_span_id' | 'vantage' | 'method' | 'links'>

/**
 * The link that stands for a parent: some servers start a trace of their own and only link the caller's span, and a gateway puts its span below
 * the HTTP request that brought the call and links the caller's. A server's span with a parent is the other way round (OTel MCP conventions): the
 * caller is its parent, the link is the HTTP request. '' where there is none, or several. Form: `traceid:spanid`.
 */
export const callersLink = ({ trace_id: own, parent_span_id: parent, vantage, method, links }: Origin): string => {
  if (links.length !== 1 || method === '' || own === '') return ''
  if (vantage !== 'gateway' && (vantage !== 'server' || parent !== '')) return ''
  const [link] = links as [string]
  return link.indexOf(':') > 0 && !link.endsWith(':') ? link : ''
}

/** The trace in which the calls of this record are joined: the caller's where it is linked, else its own; '' where it has none. */
export const joinedTrace = (event: Origin): string => {
  const link = event.links.length === 0 ? '' : callersLink(event)
  return link === '' ? event.trace_id : link.slice(0, link.indexOf(':'))
}

/** Records of one call must meet: trace id, else conversation, else the record alone. */
export const eventKey = (event: Origin & Pick<AuditEventFields, 'conversation' | 'tenant' | 'event_id'>): string =>
  joinedTrace(event) || (event.conversation === '' ? event.event_id : `${event.tenant}\u0000${event.conversation}`)

export const interactionKey = ({ tenant, actor }: Pick<Interaction, 'tenant' | 'actor'>): string => `${tenant}\u0000${actor}`
