/** What every record gets after its attributes were read, span or log: method and object, place, sizes, outcome, actor. */
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import type { KeyValues } from '../otlp/model.ts'
import { integerOf } from './clock.ts'
import type { Emitter } from './compile.ts'
import type { Draft } from './fields.ts'
import type { EmitterTable } from './emitters/table.ts'
import { type PlaceRules, settleAddress } from './client-address.ts'
import { applyReported, type Group } from './group.ts'
import { nameOf } from './names.ts'
import { judge, type SpanStatus } from './outcome.ts'
import { plainText } from './readings.ts'
import { holds } from './when.ts'
import { OBJECT_FIELD } from './words.ts'

function implyMethod(event: AuditEventFields, table: EmitterTable, attributes: KeyValues): void {
  for (const { when, method } of table.implied ?? []) {
    if (!holds(when, event.name, attributes)) continue
    event.method = method
    return
  }
}

function setObject(event: AuditEventFields, object: string): void {
  const field = OBJECT_FIELD.get(event.method)
  if (field !== undefined && event[field] === '') event[field] = object
}

/** The span's name fills what the attributes left open, and only where it speaks of the same method. */
function readSpanName(event: AuditEventFields, emitter: Emitter): void {
  const field = OBJECT_FIELD.get(event.method)
  if (emitter.names.length === 0 || (event.method !== '' && (field === undefined || event[field] !== ''))) return
  const named = nameOf(emitter.names, event.name)
  if (named === undefined || (event.method !== '' && event.method !== named.method)) return
  event.method = named.method
  setObject(event, named.object)
}

function splitTool(event: AuditEventFields, { splitTool: rule }: EmitterTable): void {
  if (rule === undefined || !event.tool.startsWith(rule.prefix)) return
  const at = event.tool.indexOf(rule.separator, rule.prefix.length)
  if (at === -1) return
  event.server ||= event.tool.slice(rule.prefix.length, at)
  event.tool = event.tool.slice(at + rule.separator.length)
}

function dropPrefix(event: AuditEventFields, { toolPrefixes }: EmitterTable): void {
  if (toolPrefixes === undefined || event.server === '') return
  const prefix = toolPrefixes.map((pattern) => pattern.replace('{server}', () => event.server)).find((each) => event.tool.startsWith(each))
  if (prefix !== undefined && prefix.length < event.tool.length) event.tool = event.tool.slice(prefix.length)
}

function nameByResource(event: AuditEventFields, { resourcePrincipal = [] }: EmitterTable, { resource }: Group): void {
  if (event.principal !== '') return
  const key = resourcePrincipal.find((each) => plainText(resource.attributes.get(each)) !== '')
  if (key === undefined) return
  Object.assign(event, { principal: plainText(resource.attributes.get(key)), principal_source: key, principal_trust: 'self_declared' })
}

function setSizes({ event, hints }: Draft): void {
  event.arguments_bytes = integerOf(hints.arguments_bytes, event.arguments === '' ? -1n : BigInt(Buffer.byteLength(event.arguments)))
  event.result_bytes = integerOf(hints.result_bytes, event.result === '' ? -1n : BigInt(Buffer.byteLength(event.result)))
  event.sequence = integerOf(hints.sequence, -1n)
}

/** Principal, else OAuth client, else agent, else host. */
function setActor(event: AuditEventFields): void {
  if (event.principal !== '') [event.actor, event.actor_kind] = [event.principal, 'principal']
  else if (event.client !== '') [event.actor, event.actor_kind] = [event.client, 'client']
  else if (event.agent !== '') [event.actor, event.actor_kind] = [event.agent, 'agent']
  else if (event.host !== '') [event.actor, event.actor_kind] = [event.host, 'host']
}

export interface Finish {
  readonly emitter: Emitter
  readonly group: Group
  readonly attributes: KeyValues
  readonly status: SpanStatus
  readonly place: PlaceRules
}

/** Completes the draft's record in place; its name, kind, vantage and times are already set. */
export function finish(draft: Draft, { emitter, group, attributes, status, place }: Finish): void {
  const { event, hints } = draft
  const { table } = emitter
  if (event.method === '') implyMethod(event, table, attributes)
  readSpanName(event, emitter)
  if (hints.object !== '') setObject(event, hints.object)
  splitTool(event, table)
  dropPrefix(event, table)
  applyReported(draft, group.reported)
  settleAddress(draft, place)
  nameByResource(event, table, group)
  if (table.versionOfRuntime === true) event.service_version = ''
  if (event.server === '' && event.vantage === 'server') event.server = event.source
  if (event.agent === '' && table.agentFromService === true && group.service !== '') {
    event.agent = group.service
    event.agent_source = 'service.name'
    event.agent_trust = 'self_declared'
  }
  setSizes(draft)
  judge(event, hints, status, table)
  setActor(event)
}
