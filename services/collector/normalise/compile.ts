/** A mapping table as look-ups: attribute key → what it fills. Made once per table and vantage, so that a span costs one look-up an attribute. */
import type { Trust, Vantage } from '../../../schemas/vocabulary.ts'
import type { AnyValue } from '../otlp/model.ts'
import type { EmitterTable, Field, HintField, IdentityField, Source, TextField } from './emitters/table.ts'
import { type Put, putOf } from './fields.ts'
import { compileNames, type NamePattern } from './names.ts'
import { readerOf } from './readings.ts'

const TEXT_FIELDS = [
  'method',
  'tool',
  'prompt',
  'resource',
  'server',
  'target',
  'jsonrpc_request_id',
  'tool_call_id',
  'conversation',
  'wire_session',
  'arguments',
  'result',
  'error_code',
  'error_type',
  'decision',
  'decision_by',
  'user_agent',
] as const satisfies readonly TextField[]
export const IDENTITY_FIELDS = [
  'principal',
  'client',
  'agent',
  'token_fingerprint',
  'scopes',
  'client_address',
  'caller_tenant',
  'delegation',
] as const satisfies readonly IdentityField[]
const HINT_FIELDS = [
  'operation',
  'object',
  'success',
  'rpc_status',
  'http_status',
  'http_method',
  'path',
  'duration_ms',
  'sequence',
  'arguments_bytes',
  'result_bytes',
  'status',
  'peer',
  'forwarded_for',
  'forwarded',
] as const satisfies readonly HintField[]
const FIELDS: readonly Field[] = [...TEXT_FIELDS, ...IDENTITY_FIELDS, ...HINT_FIELDS]
export const FIELD_COUNT = FIELDS.length

/** One attribute that may fill one field. */
export interface Slot {
  readonly field: Field
  readonly kind: 'text' | 'identity' | 'hint'
  /** Place of the field in the per-record tables of ranks. */
  readonly index: number
  /** Precedence within the field, 0 first. */
  readonly rank: number
  readonly put: Put
  readonly where: Source['where']
  readonly read: (value: AnyValue) => string
}

export interface Collection {
  readonly prefix: string
  readonly slot: Slot
  /** Values are JSON texts. */
  readonly json: boolean
}

export interface Plan {
  readonly vantage: Vantage
  readonly slots: ReadonlyMap<string, readonly Slot[]>
  /** Collections: attributes under a common prefix that become one JSON object. */
  readonly collections: readonly Collection[]
}

export interface Emitter {
  readonly table: EmitterTable
  readonly names: readonly NamePattern[]
  readonly plans: Readonly<Record<Vantage, Plan>>
}

const kindOf = (field: Field): Slot['kind'] =>
  (TEXT_FIELDS as readonly string[]).includes(field) ? 'text' : (IDENTITY_FIELDS as readonly string[]).includes(field) ? 'identity' : 'hint'

/** A server or gateway reports what it saw; everybody else reports what they say of themselves. */
export const reporterTrust = (vantage: Vantage): Trust => (vantage === 'server' || vantage === 'gateway' ? 'server_reported' : 'client_reported')

function slotOf(field: Field, source: Source, rank: number, vantage: Vantage): Slot {
  const trust = source.trust === undefined || source.trust === 'reporter' ? reporterTrust(vantage) : source.trust
  return { field, kind: kindOf(field), index: FIELDS.indexOf(field), rank, put: putOf(field, trust), where: source.where, read: readerOf(source) }
}

function planOf(table: EmitterTable, vantage: Vantage, signal: 'span' | 'log'): Plan {
  const slots = new Map<string, Slot[]>()
  const collections: Collection[] = []
  for (const [field, sources] of Object.entries(table.fields) as [Field, readonly Source[]][]) {
    sources.forEach((source, rank) => {
      if (source.from?.includes(vantage) === false || (source.only ?? signal) !== signal) return
      const slot = slotOf(field, source, rank, vantage)
      if (source.prefix === true) collections.push({ prefix: source.key, slot, json: source.reading === 'json' })
      else slots.set(source.key, [...(slots.get(source.key) ?? []), slot])
    })
  }
  return { vantage, slots, collections }
}

export function compileEmitter(table: EmitterTable): Emitter {
  const of = (vantage: Vantage) => planOf(table, vantage, 'span')
  const plans = { agent: of('agent'), client: of('client'), gateway: of('gateway'), server: of('server'), log: planOf(table, table.logs ?? 'log', 'log') }
  return { table, names: compileNames(table.names ?? []), plans }
}
