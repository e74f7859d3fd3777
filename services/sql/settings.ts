/** What a request may set, and what every query is bound by. */
import { SqlError } from './sql-error.ts'

export interface SqlLimits {
  readonly maxExecutionSeconds: number
  readonly maxMemoryBytes: number
  readonly maxResultRows: number
  readonly maxResultBytes: number
  readonly maxThreads: number
  readonly maxQueryBytes: number
}

type Rule =
  | { readonly kind: 'number'; readonly most: number }
  | { readonly kind: 'flag' }
  | { readonly kind: 'word'; readonly words: readonly string[] }

const FLAG: Rule = { kind: 'flag' }
const atMost = (most: number): Rule => ({ kind: 'number', most })
const oneOf = (...words: string[]): Rule => ({ kind: 'word', words })

/** Settings that change how a result looks or lower a limit. A number of 0 means "no limit" to the engine: it then gets ours. */
function rules(limits: SqlLimits): ReadonlyMap<string, Rule> {
  return new Map<string, Rule>([
    ['max_execution_time', atMost(limits.maxExecutionSeconds)],
    ['max_memory_usage', atMost(limits.maxMemoryBytes)],
    ['max_result_rows', atMost(limits.maxResultRows)],
    ['max_result_bytes', atMost(limits.maxResultBytes)],
    ['max_threads', atMost(limits.maxThreads)],
    ['max_block_size', atMost(65_409)],
    ['result_overflow_mode', oneOf('throw', 'break')],
    ['timeout_overflow_mode', oneOf('throw', 'break')],
    ['union_default_mode', oneOf('', 'ALL', 'DISTINCT')],
    ['date_time_output_format', oneOf('simple', 'iso', 'unix_timestamp')],
    ['date_time_input_format', oneOf('basic', 'best_effort', 'best_effort_us')],
    ['output_format_decimal_trailing_zeros', FLAG],
    ['output_format_json_quote_64bit_integers', FLAG],
    ['output_format_json_quote_64bit_floats', FLAG],
    ['output_format_json_quote_denormals', FLAG],
    ['output_format_json_quote_decimals', FLAG],
    ['output_format_json_named_tuples_as_objects', FLAG],
    ['output_format_json_array_of_rows', FLAG],
    ['output_format_json_escape_forward_slashes', FLAG],
    ['output_format_native_use_flattened_dynamic_and_json_serialization', FLAG],
    ['output_format_native_write_json_as_string', FLAG],
    ['output_format_parquet_string_as_string', FLAG],
    ['output_format_arrow_string_as_string', FLAG],
    ['output_format_arrow_low_cardinality_as_dictionary', FLAG],
    ['output_format_write_statistics', FLAG],
    ['cast_string_to_dynamic_use_inference', FLAG],
    ['extremes', FLAG],
    ['join_use_nulls', FLAG],
    ['group_by_use_nulls', FLAG],
    ['prefer_column_name_to_alias', FLAG],
  ])
}

/** Settings of ClickHouse's transport: they change nothing here. */
const IGNORED: ReadonlySet<string> = new Set([
  'add_http_cors_header', 'buffer_size', 'cancel_http_readonly_queries_on_client_close', 'client_protocol_version', 'enable_http_compression',
  'http_headers_progress_interval_ms', 'http_write_exception_in_output_format', 'http_zlib_compression_level', 'send_progress_in_http_headers',
  'wait_end_of_query',
])

/** Names that `system.settings` shows, so that clients know what they may send. */
export const visibleSettings = (limits: SqlLimits): readonly string[] => [...rules(limits).keys(), ...IGNORED]

function valueOf(name: string, text: string, rule: Rule): string | number {
  if (rule.kind === 'word') {
    if (!rule.words.includes(text)) throw new SqlError('BAD_ARGUMENTS', `Setting ${name} must be one of ${rule.words.join(', ')}`)
    return text
  }
  const flag = ({ true: 1, false: 0 } as Readonly<Record<string, number>>)[text]
  const number = flag ?? (/^\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined)
  if (number === undefined) throw new SqlError('BAD_ARGUMENTS', `Setting ${name} must be a number`)
  if (rule.kind === 'flag') return number === 0 ? 0 : 1
  if (number > rule.most) throw new SqlError('SETTING_CONSTRAINT_VIOLATION', `Setting ${name} shouldn't be greater than ${rule.most}`)
  return number === 0 ? rule.most : number
}

/** A request's settings, checked. Throws SqlError: READONLY for the name, BAD_ARGUMENTS or SETTING_CONSTRAINT_VIOLATION for the value. */
export function acceptSettings(asked: ReadonlyMap<string, string>, limits: SqlLimits): ReadonlyMap<string, string | number> {
  const known = rules(limits)
  const accepted = new Map<string, string | number>()
  for (const [name, text] of asked) {
    if (IGNORED.has(name) || (name === 'readonly' && /^[12]$/.test(text))) continue
    const rule = known.get(name)
    if (rule === undefined) throw new SqlError('READONLY', `Cannot modify '${name.slice(0, 80).replace(/[^\w.]/g, '?')}' setting in readonly mode`)
    accepted.set(name, valueOf(name, text, rule))
  }
  return accepted
}

/** Settings of the session that parses, and of the one that runs: they must read a text alike. */
export const parseSettings = (limits: SqlLimits): ReadonlyMap<string, string | number> =>
  new Map<string, string | number>([
    ['max_execution_time', limits.maxExecutionSeconds],
    ['max_memory_usage', limits.maxMemoryBytes],
    ['max_ast_depth', 500],
    ['max_ast_elements', 20_000],
    ['max_expanded_ast_elements', 200_000],
    ['max_parser_depth', 400],
    // The text also travels as a literal in a statement of ours, where each byte may need an escape.
    ['max_query_size', 4 * limits.maxQueryBytes + 1024],
    ['implicit_select', 0],
    ['allow_introspection_functions', 0],
    ['allow_ddl', 0],
  ])

/** Settings of every session that runs a query, before those that were asked for. */
export const limitSettings = (limits: SqlLimits): ReadonlyMap<string, string | number> =>
  new Map<string, string | number>([
    ...parseSettings(limits),
    ['max_result_rows', limits.maxResultRows],
    ['max_result_bytes', limits.maxResultBytes],
    ['max_threads', limits.maxThreads],
    ['result_overflow_mode', 'throw'],
    ['timeout_overflow_mode', 'throw'],
    ['max_subquery_depth', 40],
    ['max_bytes_before_external_group_by', 0],
    ['max_bytes_before_external_sort', 0],
    ['max_recursive_cte_evaluation_depth', 100],
  ])

/**
 * Settings of a session that is bound to a tenant, after all others. The tenant's filter is a step of its own directly above the reading of the
 * table. Merged with the user's conditions, or passed by them on the way down, it would let those see other tenants' rows, and an error that a
 * value raises would tell what the value is. Statistics in a result count rows that were filtered out.
 */
export const TENANT_SETTINGS: ReadonlyMap<string, string | number> = new Map<string, string | number>([
  ['query_plan_merge_filters', 0],
  ['query_plan_optimize_prewhere', 0],
  ['optimize_prewhere_after_pushdown', 0],
  ['optimize_move_to_prewhere', 0],
  ['query_plan_merge_filter_into_join_condition', 0],
  ['optimize_use_implicit_projections', 0],
  ['optimize_use_projections', 0],
  ['optimize_trivial_count_query', 0],
  ['use_query_condition_cache', 0],
  ['query_plan_optimize_lazy_materialization', 0],
  // Where a join pushes a condition into the same step nevertheless, it comes behind the filter and is computed only for the rows that passed it.
  ['short_circuit_function_evaluation', 'force_enable'],
  ['output_format_write_statistics', 0],
])
