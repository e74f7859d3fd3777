/** Where personal data lies besides `audit_events`: how a row is known, what makes it a subject's, and what of it is blanked. */

/** Columns that name somebody. */
const NAMED = ['principal', 'actor', 'client'] as const
const NO_TEXT = "''"
const NO_LIST = '[]'
const NO_MAP = "CAST(([], []), 'Map(String, String)')"

const blank = (texts: readonly string[], lists: readonly string[] = [], maps: readonly string[] = []): Readonly<Record<string, string>> => Object.fromEntries([
  ...texts.map((name) => [name, NO_TEXT]), ...lists.map((name) => [name, NO_LIST]), ...maps.map((name) => [name, NO_MAP]),
]) as Readonly<Record<string, string>>

/** Rows that belong to what was chosen before: `column`, or each item of it, is the key of a chosen row of `table`; `event` stands for audit events. */
export interface Link {
  readonly column: string
  readonly isList: boolean
  readonly table: string
}

export interface Place {
  readonly table: string
  /** Expression of a text by which a row is known. */
  readonly key: string
  readonly named: readonly string[]
  /** Expressions of texts in which a subject may be named; looked at always where the table is small. */
  readonly texts: readonly string[]
  readonly links: readonly Link[]
  /** Of all rows only those that this is true of. */
  readonly only?: string
  /** A table of as many rows as calls, that keeps the newest row of a key. */
  readonly isLarge?: true
  /** Column → blank; or the row goes. */
  readonly change: Readonly<Record<string, string>> | 'delete'
}

/** The committed columns of `audit_events` but `salt`, and of what kind they are. */
export const EVENT_BLANKS = blank([
  'name', 'service_instance', 'resource', 'target', 'conversation', 'wire_session', 'principal', 'client', 'agent', 'token_fingerprint', 'actor', 'client_address',
  'user_agent', 'host', 'arguments', 'arguments_hash', 'result', 'result_hash', 'status_message', 'decision_by', 'exporter_peer',
], ['attribute_types', 'resource_attribute_types'], ['attributes', 'resource_attributes'])

/** Of those, what was said and not who said it. */
export const EVENT_CONTENT = blank(
  ['name', 'resource', 'arguments', 'arguments_hash', 'result', 'result_hash', 'status_message'], ['attribute_types', 'resource_attribute_types'], ['attributes', 'resource_attributes'],
)

export const EVENT_TEXTS: readonly string[] = [...Object.keys(EVENT_BLANKS).filter((name) => EVENT_BLANKS[name] === NO_TEXT), 'toString(attributes)', 'toString(resource_attributes)']

export const INTERACTION_CONTENT = blank(
  ['resource', 'request_text', 'arguments', 'arguments_hash', 'result', 'result_hash'], ['request_fit_reasons', 'input_requests'], ['argument_sources'],
)

/** Each may link to those before it. */
export const PLACES: readonly Place[] = [
  {
    table: 'interaction_versions', key: 'interaction_id', isLarge: true, named: NAMED, texts: ['arguments', 'result', 'resource', 'request_text', "arrayStringConcat(delegation, ' ')"],
    links: [{ column: 'event_ids', isList: true, table: 'event' }],
    change: {
      ...INTERACTION_CONTENT, ...blank([
        'target', 'principal', 'actor', 'client', 'agent', 'token_fingerprint', 'client_address', 'user_agent', 'host', 'conversation', 'wire_session',
        'decision_by', 'caller_tenant', 'client_network', 'client_range', 'client_country', 'client_as_org',
      ], ['delegation', 'identity_conflicts']),
    },
  },
  {
    table: 'finding_versions', key: 'finding_id', named: NAMED,
    texts: ['title', 'observed', 'expected', "arrayStringConcat(reasons, ' ')", 'toString(features)', 'baseline_self', 'baseline_peers', 'lineage', "arrayStringConcat(sample_events, ' ')", 'sql'],
    links: [{ column: 'interaction_id', isList: false, table: 'interaction_versions' }, { column: 'evidence_ids', isList: true, table: 'event' }],
    change: blank([
      'title', 'observed', 'expected', 'conversation', 'actor', 'principal', 'client', 'baseline_self', 'baseline_peers', 'baseline_tenant', 'lineage', 'sql',
    ], ['reasons', 'features', 'sample_events']),
  },
  {
    table: 'alert_versions', key: 'alert_id', named: NAMED, texts: ['title', "arrayStringConcat(reasons, ' ')", 'group_key', 'lineage', 'sql', 'status_why'],
    links: [{ column: 'finding_ids', isList: true, table: 'finding_versions' }],
    change: blank(['title', 'group_key', 'conversation', 'actor', 'principal', 'client', 'sql', 'lineage', 'status_why'], ['reasons']),
  },
  {
    table: 'alert_event_versions', key: 'event_id', named: [], texts: ['why', 'object'], links: [{ column: 'alert_id', isList: false, table: 'alert_versions' }],
    change: blank(['why', 'object']),
  },
  {
    table: 'delivery_versions', key: "concat(message_id, '/', receiver, '/', toString(attempt))", named: [], texts: ['answer'],
    links: [{ column: 'alert_id', isList: false, table: 'alert_versions' }], change: blank(['answer']),
  },
  {
    table: 'quarantine_versions', key: 'quarantine_id', named: [], texts: ['detail', 'tryBase64Decode(payload)', 'payload'], links: [], change: blank(['detail', 'payload']),
  },
  { table: 'mcp_metric_versions', key: 'point_id', named: [], texts: ['toString(attributes)'], links: [], change: blank([], [], ['attributes']) },
  {
    table: 'credential_versions', key: "concat(credential, '/', fingerprint, '/', toString(day))", named: ['holder'], texts: [], links: [], change: blank(['holder']),
  },
  {
    table: 'tool_definition_versions', key: "concat(server, '/', kind, '/', name, '/', definition_hash, '/', toString(cityHash64(agent, client, target)))",
    named: ['agent', 'client'], texts: [], links: [], change: 'delete',
  },
  {
    table: 'response_action_versions', key: 'action_id', named: [], texts: ['request', 'why', 'decided_why', 'body', 'answer'],
    links: [{ column: 'alert_id', isList: false, table: 'alert_versions' }], change: blank(['request', 'why', 'decided_why', 'body', 'answer']),
  },
  { table: 'silence_versions', key: 'silence_id', named: [], texts: ['toString(matchers)', 'reason'], links: [], change: 'delete' },
  {
    table: 'legal_hold_versions', key: 'hold_id', named: ['value'], texts: ['reason', 'released_why'], links: [],
    only: "hold_id IN (SELECT hold_id FROM watchkeeper.legal_hold_versions WHERE released_by != '')", change: blank(['value', 'reason', 'released_why']),
  },
]
