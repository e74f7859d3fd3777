/** What all records under one resource and scope share: read once, copied into each record. */
import { type AuditEventFields, blankAuditEvent } from '../../../schemas/audit-event.ts'
import { SAID_KEY, saidIn } from '../../../schemas/said-identity.ts'
import { type Trust, TRUST_ORDER } from '../../../schemas/vocabulary.ts'
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

/** Trust in what the record itself says of the field; `none` where it says nothing. */
function ownTrust({ event, kept }: Draft, field: OwnField): Trust {
  if (field === 'caller_tenant') return saidIn(kept.get(SAID_KEY)).caller_tenant_trust
  if (field === 'delegation') return saidIn(kept.get(SAID_KEY)).delegation_trust
  return field === 'token_fingerprint' ? event.token_trust : event[`${field}_trust`]
}

/** Only names and addresses are ever self-declared; one that gives way is an attribute again. */
function giveBack({ event, kept }: Draft, field: OwnField): void {
  if (field !== 'principal' && field !== 'client_address') return
  const source = event[`${field}_source`]
  if (source !== '' && !kept.has(source)) kept.set(source, { type: 'string', text: event[field] })
}

/** Fills what the record itself left open from what its resource reports, which nearly none does, and what it says with less to be said for it. */
export function applyReported(draft: Draft, reported: readonly Reported[]): void {
  const trust = reporterTrust(draft.event.vantage)
  for (const { field, key, text } of reported) {
    if (TRUST_ORDER.indexOf(trust) >= TRUST_ORDER.indexOf(ownTrust(draft, field))) continue
    giveBack(draft, field)
    putOf(field, trust)(draft, key, text)
  }
}

/** Resource and scope as one text, for identities of what has none of its own. */
export const canonicalGroup = ({ resource, scope }: Group): string =>
  `${canonicalValues(resource.attributes)}${part(scope.name)}${part(scope.version)}${canonicalValues(scope.attributes)}`
