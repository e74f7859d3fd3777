/** What of the database users may name. */

export const DATABASE = 'watchkeeper'

/** Tables and views that are published; everything else in the database is the archiver's. */
export const PUBLISHED_TABLES: readonly string[] = [
  'audit_events', 'interactions', 'findings', 'alerts', 'reports', 'alert_events', 'silences', 'response_actions', 'rules', 'deliveries', 'quarantine', 'quarantine_actions', 'conservation', 'coverage', 'mcp_metrics', 'sources', 'tool_inventory', 'tool_changes',
  'event_leaves', 'checkpoints', 'anchors', 'who_accessed_what', 'denied_and_failed', 'activity_by_tool', 'activity_by_server', 'data_volume', 'unknown_principals', 'identity_conflicts', 'argument_sources', 'turns',
  'policies', 'access_granted_and_used', 'credentials', 'legal_holds', 'removals', 'removed_events',
]

/** Stored tables that hold no rows of any tenant. */
export const COMMON_TABLES: ReadonlySet<string> = new Set(['rule_versions', 'rule_history', 'checkpoint_versions', 'anchor_versions'])

/** Tables of the engine that hold no rows of any tenant. */
export const PLAIN_SYSTEM_TABLES: readonly string[] = [
  'system.one', 'system.numbers', 'system.numbers_mt', 'system.zeros', 'system.zeros_mt', 'system.data_type_families', 'system.functions',
  'system.time_zones',
]

/** Tables of the engine that describe the database: shown only as far as it is published. */
export const CATALOGUE_TABLES: readonly string[] = ['system.databases', 'system.tables', 'system.columns', 'system.settings']

/** Columns of the catalogue that tell how much all tenants together have, or where files are. */
export const CATALOGUE_SECRETS: ReadonlySet<string> = new Set([
  'active_on_fly_alter_mutations', 'active_on_fly_data_mutations', 'active_on_fly_metadata_mutations', 'active_parts', 'as_select',
  'create_table_query', 'data_compressed_bytes', 'data_path', 'data_paths', 'data_uncompressed_bytes', 'dependencies_database',
  'dependencies_table', 'engine_full', 'lifetime_bytes', 'lifetime_rows', 'loading_dependencies_database', 'loading_dependencies_table',
  'loading_dependent_database', 'loading_dependent_table', 'marks_bytes', 'metadata_modification_time', 'metadata_path', 'metadata_version',
  'parts', 'parameterized_view_parameters', 'secondary_indices_compressed_bytes', 'secondary_indices_marks_bytes',
  'secondary_indices_uncompressed_bytes', 'statistics', 'storage_policy', 'total_bytes', 'total_bytes_uncompressed', 'total_marks',
  'total_rows',
])
