/** What all records under one resource and scope share: read once, copied into each record. */
import { type AuditEventFields, blankAuditEvent } from '../../../schemas/audit-event.ts'
import type { Arrival } from '../contracts.ts'
import type { AnyValue, Resource, Scope } from '../otlp/model.ts'
import { reporterTrust } from './compile.ts'
import { RESOURCE, WATCHKEEPER } from './emitters/conventions.ts'
import { canonicalValues, part } from './identity.ts'
import { plainText, readerOf } from './readings.ts'
import { attributesOf } from './values.ts'

const ADDRESS = readerOf(WATCHKEEPER.client_address[0])
/** Name an SDK gives a service that was not configured. */
const UNNAMED = 'unknown_service'

interface Reported {
  readonly principal: string
  readonly token: string
  readonly address: string
}

export interface Group {
  readonly resource: Resource
  readonly scope: Scope
  readonly service: string
  readonly template: AuditEventFields
  /** Our own telemetry, sent to ourselves. */
  readonly own: boolean
  readonly reported: Reported
}

/** `service.name`, else the scope's name; an SDK's placeholder counts as no name. */
export function sourceOf(service: string, scope: string): string {
  return service === '' || service.startsWith(UNNAMED) ? scope || service : service
}

export function openGroup(resource: Resource, scope: Scope, arrival: Arrival): Group {
  const text = (key: string): string => plainText(resource.attributes.get(key))
  const value = (key: string): AnyValue => resource.attributes.get(key) ?? null
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
  const reported = {
    principal: text(WATCHKEEPER.principal[0].key),
    token: text(WATCHKEEPER.token_fingerprint[0].key),
    address: ADDRESS(value(WATCHKEEPER.client_address[0].key)),
  }
  return { resource, scope, service, template, own: text(RESOURCE.own) === 'true', reported }
}

/** Fills what the record itself left open from what its resource reports. */
export function applyReported(event: AuditEventFields, { principal, token, address }: Reported): void {
  const trust = reporterTrust(event.vantage)
  if (event.principal === '' && principal !== '')
    Object.assign(event, { principal, principal_source: WATCHKEEPER.principal[0].key, principal_trust: trust })
  if (event.token_fingerprint === '' && token !== '') {
    Object.assign(event, { token_fingerprint: token, token_source: WATCHKEEPER.token_fingerprint[0].key, token_trust: trust })
  }
  if (event.client_address === '' && address !== '') {
    Object.assign(event, { client_address: address, client_address_source: WATCHKEEPER.client_address[0].key, client_address_trust: trust })
  }
}

/** Resource and scope as one text, for identities of what has none of its own. */
export const canonicalGroup = ({ resource, scope }: Group): string =>
  `${canonicalValues(resource.attributes)}${part(scope.name)}${part(scope.version)}${canonicalValues(scope.attributes)}`
