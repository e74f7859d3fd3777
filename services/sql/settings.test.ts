import { describe, expect, it } from 'vitest'
import { acceptSettings, type SqlLimits } from './settings.ts'

const limits: SqlLimits = { maxExecutionSeconds: 60, maxMemoryBytes: 1 << 29, maxResultRows: 1000, maxResultBytes: 1 << 20, maxThreads: 2,
  maxQueryBytes: 1 << 18 }
const said = (name: string, value: string): unknown => {
  try {
    return acceptSettings(new Map([[name, value]]), limits).get(name)
  } catch (error) {
    return (error as { symbol: string }).symbol
  }
}

describe('settings of a request', () => {
  it('are taken when harmless, never above the limits', () => {
    expect(said('max_execution_time', '5')).toBe(5)
    expect(said('max_execution_time', '0')).toBe(60)
    expect(said('max_result_rows', '1001')).toBe('SETTING_CONSTRAINT_VIOLATION')
    expect(said('join_use_nulls', 'true')).toBe(1)
    expect(said('date_time_output_format', 'iso')).toBe('iso')
    expect(said('date_time_output_format', "iso'; SET x")).toBe('BAD_ARGUMENTS')
    expect(said('max_threads', '-1')).toBe('BAD_ARGUMENTS')
    expect(said('max_threads', '1e9')).toBe('BAD_ARGUMENTS')
  })

  it.each(['wait_end_of_query', 'send_progress_in_http_headers', 'cancel_http_readonly_queries_on_client_close',
    'enable_http_compression'])('%s of the transport changes nothing', (name) => {
    expect(said(name, '1')).toBe(undefined)
  })

  it.each([
    'additional_table_filters', 'additional_result_filter', 'format_schema', 'format_template_row', 'output_format_schema', 'log_comment',
      'allow_ddl', 'implicit_select', 'enable_analyzer', 'allow_introspection_functions', 'query_plan_merge_filters',
    'optimize_move_to_prewhere', 'short_circuit_function_evaluation', 'force_primary_key', 'use_query_cache', 'constructor', '__proto__',
      'max_rows_to_read', 'file_like_engine_default_partition_strategy', "x'; DROP",
  ])('%s cannot be set', (name) => {
    expect(said(name, '1')).toBe('READONLY')
  })

  it('takes readonly for what it is already', () => {
    expect([said('readonly', '1'), said('readonly', '2'), said('readonly', '0')]).toEqual([undefined, undefined, 'READONLY'])
  })
})
