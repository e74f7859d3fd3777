/** What all records under one resource and scope share: read once, copied into each record. */
import { type AuditEventFields, blankAuditEvent } from '../../../schemas/audit-event.ts'
import { SAID_KEY, saidIn } from '../../../schemas/said-identity.ts'
import type { Arrival } from '../contracts.ts'
import type { Resource, Scope } from '../otlp/model.ts'
import { reporterTrust } from './compile.ts'
import { RESOURCE, WATCHKEEPER } from './emitters/conventions.ts'
import type { Source } from './emitters/table.ts'
import { type Draft, putOf } from './fields.ts'
import { canonicalValues, part } from './identity.ts'
import { plainText, readerOf } from './readings.ts'
import { attributesOf } from './values.ts'

type OwnField = keyof typeof WATCHKEEPER
const OWN = (Object.entries(WATCHKEEPER) as [OwnField, readonly [Source]][]).map(([field, [source]]) => ({ field, key: source.key, read: readerOf(source) }))
/** Name an SDK gives a service that was not configured. */
const UNNAMED = 'unknown_service'

/** What a resource says of whoever its records are about. */
interface Reported {
  readonly field: OwnField
  readonly key: string
  readonly text: string
}

export interface Group {
  readonly resource: Resource
  readonly scope: Scope
  readonly service: string
  readonly template: AuditEventFields
  /** Our own telemetry, sent to ourselves. */
  readonly own: boolean
  readonly reported: readonly Reported[]
}

/** `service.name`, else the scope's name; an SDK's placeholder counts as no name. */
export function sourceOf(service: string, scope: string): string {
  return service === '' || service.startsWith(UNNAMED) ? scope || service : service
}

export function openGroup(resource: Resource, scope: Scope, arrival: Arrival): Group {
  const text = (key: string): string => plainText(resource.attributes.get(key))
  const service = text(RESOURCE.service)
  const template: AuditEventFields = {
    ...blankAuditEvent(),
    tenant: arrival.tenant,
    transport: arrival.transport,
    exporter_peer: arrival.peer,
    credential: arrival.credential ?? '',
    received_at: arrival.receivedAt,
    source: sourceOf(service, scope.name),
    scope_name: scope.name,
    scope_version: scope.version,
    service_version: text(RESOURCE.version),
    service_instance: text(RESOURCE.instance),
    host: text(RESOURCE.host),
    resource_attributes: attributesOf(resource.attributes),
  }
  const reported = OWN.map(({ field, key, read }) => ({ field, key, text: read(resource.attributes.get(key) ?? null) })).filter(({ text: said }) => said !== '')
  return { resource, scope, service, template, own: text(RESOURCE.own) === 'true', reported }
}

function saysItself({ event, kept }: Draft, field: OwnField): boolean {
  if (field === 'caller_tenant') return saidIn(kept.get(SAID_KEY)).caller_tenant !== ''
  return (field === 'delegation' ? saidIn(kept.get(SAID_KEY)).delegation : event[field]).length > 0
}

/** Fills what the record itself left open from what its resource reports, which nearly none does. */
export function applyReported(draft: Draft, reported: readonly Reported[]): void {
  for (const { field, key, text } of reported) if (!saysItself(draft, field)) putOf(field, reporterTrust(draft.event.vantage))(draft, key, text)
}

/** Resource and scope as one text, for identities of what has none of its own. */
export const canonicalGroup = ({ resource, scope }: Group): string =>
  `${canonicalValues(resource.attributes)}${part(scope.name)}${part(scope.version)}${canonicalValues(scope.attributes)}`
