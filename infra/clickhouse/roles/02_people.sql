-- Roles for a ClickHouse server, for people. Run once, and again after an update, as a user with ACCESS MANAGEMENT:
--   clickhouse-client --multiquery < 02_people.sql
-- Every statement can run again. What each role is for, and who gets which: docs/roles.md.

-- What a person's queries may cost. `readonly` 1 refuses every change of a setting but those named CHANGEABLE_IN_READONLY, which clients send.
CREATE SETTINGS PROFILE OR REPLACE watchkeeper_readers SETTINGS
    readonly = 1 CONST,
    allow_ddl = 0 CONST,
    allow_introspection_functions = 0 CONST,
    log_queries = 1 CONST,
    use_query_cache = 0 CONST,
    max_execution_time = 60 MIN 1 MAX 300 CHANGEABLE_IN_READONLY,
    max_memory_usage = 2147483648 CONST,
    max_memory_usage_for_user = 4294967296 CONST,
    max_temporary_data_on_disk_size_for_user = 10737418240 CONST,
    max_threads = 4 CONST,
    max_concurrent_queries_for_user = 8 CONST,
    max_rows_to_read = 5000000000 CONST,
    max_result_rows = 1000000 MIN 1 MAX 1000000 CHANGEABLE_IN_READONLY,
    max_result_bytes = 134217728 MIN 1 MAX 134217728 CHANGEABLE_IN_READONLY,
    result_overflow_mode = 'throw' CONST,
    timeout_overflow_mode = 'throw' CONST,
    max_query_size = 262144 CONST,
    enable_http_compression = 0 CHANGEABLE_IN_READONLY,
    session_timezone = 'UTC' CHANGEABLE_IN_READONLY,
    date_time_output_format = 'simple' CHANGEABLE_IN_READONLY,
    output_format_json_quote_64bit_integers = 0 CHANGEABLE_IN_READONLY;

CREATE ROLE IF NOT EXISTS soc_analyst SETTINGS PROFILE 'watchkeeper_readers';
CREATE ROLE IF NOT EXISTS auditor SETTINGS PROFILE 'watchkeeper_readers';

-- Analyst: published tables and views, and what these read. Without a tenant (03_tenant.sql) no row is shown.
GRANT SELECT ON watchkeeper.audit_events TO soc_analyst;
GRANT SELECT ON watchkeeper.interaction_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.finding_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.finding_history TO soc_analyst;
GRANT SELECT ON watchkeeper.reports TO soc_analyst;
GRANT SELECT ON watchkeeper.alert_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.alert_event_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.silence_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.response_action_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.delivery_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.quarantine_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.quarantine_action_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.mcp_metric_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.conservation_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.tool_definition_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.coverage_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.policy_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.credential_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.rule_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.legal_hold_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.removal_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.removed_events TO soc_analyst;
GRANT SELECT ON watchkeeper.legal_holds TO soc_analyst;
GRANT SELECT ON watchkeeper.removals TO soc_analyst;
GRANT SELECT ON watchkeeper.event_leaf_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.checkpoint_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.anchor_versions TO soc_analyst;
GRANT SELECT ON watchkeeper.event_leaves TO soc_analyst;
GRANT SELECT ON watchkeeper.checkpoints TO soc_analyst;
GRANT SELECT ON watchkeeper.anchors TO soc_analyst;
GRANT SELECT ON watchkeeper.interactions TO soc_analyst;
GRANT SELECT ON watchkeeper.findings TO soc_analyst;
GRANT SELECT ON watchkeeper.rules TO soc_analyst;
GRANT SELECT ON watchkeeper.alerts TO soc_analyst;
GRANT SELECT ON watchkeeper.alert_events TO soc_analyst;
GRANT SELECT ON watchkeeper.silences TO soc_analyst;
GRANT SELECT ON watchkeeper.response_actions TO soc_analyst;
GRANT SELECT ON watchkeeper.deliveries TO soc_analyst;
GRANT SELECT ON watchkeeper.quarantine TO soc_analyst;
GRANT SELECT ON watchkeeper.quarantine_actions TO soc_analyst;
GRANT SELECT ON watchkeeper.mcp_metrics TO soc_analyst;
GRANT SELECT ON watchkeeper.conservation TO soc_analyst;
GRANT SELECT ON watchkeeper.sources TO soc_analyst;
GRANT SELECT ON watchkeeper.tool_inventory TO soc_analyst;
GRANT SELECT ON watchkeeper.tool_changes TO soc_analyst;
GRANT SELECT ON watchkeeper.coverage TO soc_analyst;
GRANT SELECT ON watchkeeper.policies TO soc_analyst;
GRANT SELECT ON watchkeeper.access_granted_and_used TO soc_analyst;
GRANT SELECT ON watchkeeper.credentials TO soc_analyst;
GRANT SELECT ON watchkeeper.who_accessed_what TO soc_analyst;
GRANT SELECT ON watchkeeper.denied_and_failed TO soc_analyst;
GRANT SELECT ON watchkeeper.activity_by_tool TO soc_analyst;
GRANT SELECT ON watchkeeper.activity_by_server TO soc_analyst;
GRANT SELECT ON watchkeeper.data_volume TO soc_analyst;
GRANT SELECT ON watchkeeper.unknown_principals TO soc_analyst;
GRANT SELECT ON watchkeeper.identity_conflicts TO soc_analyst;
GRANT SELECT ON watchkeeper.argument_sources TO soc_analyst;
GRANT SELECT ON watchkeeper.turns TO soc_analyst;

-- Auditor: everything that is stored, of all tenants, superseded versions too; who may do what; and who asked what.
GRANT SHOW, SELECT ON watchkeeper.* TO auditor;
GRANT SHOW ACCESS ON *.* TO auditor;
GRANT SELECT ON system.query_log TO auditor;
GRANT SELECT ON system.parts TO auditor;

-- Rules, checkpoints and anchors are nobody's: they stand under no policy.
-- Who has no tenant sees no row; everybody else with a grant sees all. That is said, because with the first policy on a table a server may hide its
-- rows from all who have none (users_without_row_policies_can_read_rows).
CREATE ROW POLICY OR REPLACE watchkeeper_no_tenant ON
   watchkeeper.audit_events,
   watchkeeper.event_leaf_versions,
   watchkeeper.interaction_versions,
   watchkeeper.finding_versions,
   watchkeeper.finding_history,
   watchkeeper.reports,
   watchkeeper.alert_versions,
   watchkeeper.alert_event_versions,
   watchkeeper.silence_versions,
   watchkeeper.response_action_versions,
   watchkeeper.delivery_versions,
   watchkeeper.quarantine_versions,
   watchkeeper.quarantine_action_versions,
   watchkeeper.mcp_metric_versions,
   watchkeeper.conservation_versions,
   watchkeeper.legal_hold_versions,
   watchkeeper.removal_versions,
   watchkeeper.removed_events,
   watchkeeper.tool_definition_versions,
   watchkeeper.policy_versions,
   watchkeeper.credential_versions,
   watchkeeper.coverage_versions
FOR SELECT USING 0 TO soc_analyst;
CREATE ROW POLICY OR REPLACE watchkeeper_all_tenants ON
   watchkeeper.audit_events,
   watchkeeper.event_leaf_versions,
   watchkeeper.interaction_versions,
   watchkeeper.finding_versions,
   watchkeeper.finding_history,
   watchkeeper.reports,
   watchkeeper.alert_versions,
   watchkeeper.alert_event_versions,
   watchkeeper.silence_versions,
   watchkeeper.response_action_versions,
   watchkeeper.delivery_versions,
   watchkeeper.quarantine_versions,
   watchkeeper.quarantine_action_versions,
   watchkeeper.mcp_metric_versions,
   watchkeeper.conservation_versions,
   watchkeeper.legal_hold_versions,
   watchkeeper.removal_versions,
   watchkeeper.removed_events,
   watchkeeper.tool_definition_versions,
   watchkeeper.policy_versions,
   watchkeeper.credential_versions,
   watchkeeper.coverage_versions,
   watchkeeper.receipt_versions,
   watchkeeper.report_claims,
   watchkeeper.archive_ledger,
   watchkeeper.removal_keys,
   watchkeeper.removal_turns,
   watchkeeper.leaf_orders
FOR SELECT USING 1 TO ALL EXCEPT soc_analyst;

-- A person's share. The services have none: a quota must not stop the log.
CREATE QUOTA OR REPLACE watchkeeper_readers KEYED BY user_name
FOR INTERVAL 1 minute MAX queries = 600,
FOR INTERVAL 1 hour MAX queries = 10000, errors = 1000, result_rows = 50000000, read_rows = 50000000000, execution_time = 3600
TO soc_analyst, auditor;
