-- Roles for a ClickHouse server, for our own processes. Run once, and again after an update, as a user with ACCESS MANAGEMENT:
--   clickhouse-client --multiquery < 01_services.sql
-- Every statement can run again. What each role is for, and who gets which: docs/roles.md.

-- The archiver's statements are few and known; its limits only keep one that went wrong from taking the server with it.
CREATE SETTINGS PROFILE OR REPLACE watchkeeper_services SETTINGS
    readonly = 0,
    max_memory_usage = 4294967296,
    max_execution_time = 120 MIN 1 MAX 600;

CREATE ROLE IF NOT EXISTS watchkeeper_writer SETTINGS PROFILE 'watchkeeper_services';
CREATE ROLE IF NOT EXISTS watchkeeper_reader SETTINGS PROFILE 'watchkeeper_services';
CREATE ROLE IF NOT EXISTS watchkeeper_owner SETTINGS PROFILE 'watchkeeper_services';
CREATE ROLE IF NOT EXISTS watchkeeper_remover SETTINGS PROFILE 'watchkeeper_services';

-- Writer: puts rows in, and finds where an event stands that may be there already. It reads no content, changes nothing, removes nothing.
GRANT INSERT ON watchkeeper.audit_events TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.interaction_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.finding_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.alert_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.alert_event_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.silence_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.response_action_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.delivery_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.quarantine_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.quarantine_action_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.mcp_metric_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.conservation_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.tool_definition_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.coverage_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.policy_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.credential_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.rule_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.finding_history TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.rule_history TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.reports TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.report_claims TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.receipt_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.archive_ledger TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.legal_hold_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.removal_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.removal_turns TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.removed_events TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.event_leaf_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.leaf_orders TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.checkpoint_versions TO watchkeeper_writer;
GRANT INSERT ON watchkeeper.anchor_versions TO watchkeeper_writer;
GRANT SELECT(tenant, event_id, `partition`, `offset`, offset_index, content_hash, record_hash, transport, exporter_peer, received_at, conflict_with, credential, salt, erasure) ON watchkeeper.audit_events TO watchkeeper_writer;
GRANT SELECT ON watchkeeper.event_leaf_versions TO watchkeeper_writer;
GRANT SELECT ON watchkeeper.leaf_orders TO watchkeeper_writer;
GRANT SELECT(tenant, point_id, at, received_at) ON watchkeeper.mcp_metric_versions TO watchkeeper_writer;
GRANT SELECT ON watchkeeper.schema_migrations TO watchkeeper_writer;
GRANT SELECT ON system.tables TO watchkeeper_writer;
GRANT SELECT ON system.columns TO watchkeeper_writer;

-- Reader: the status page, the quarantine desk and the assembler, over all tenants.
GRANT SELECT ON watchkeeper.* TO watchkeeper_reader;
GRANT SELECT ON system.tables TO watchkeeper_reader;
GRANT SELECT ON system.columns TO watchkeeper_reader;
GRANT SELECT ON system.parts TO watchkeeper_reader;

-- Owner: makes and alters the tables, for `watchkeeper migrate`. Not for a process that stays: nothing here deletes or updates a row.
GRANT SHOW, SELECT, INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, ALTER COLUMN, ALTER INDEX, ALTER PROJECTION, ALTER SETTINGS ON watchkeeper.* TO watchkeeper_owner;
GRANT SELECT ON system.tables TO watchkeeper_owner;
GRANT SELECT ON system.columns TO watchkeeper_owner;

-- Remover: retention and erasure, for the user of the process with the scheduler and of the one that is asked to erase. It blanks and drops rows of these tables alone: not
-- leaves, checkpoints and anchors, nor what says that something was removed.
GRANT SELECT ON watchkeeper.* TO watchkeeper_remover;
GRANT INSERT ON watchkeeper.removed_events TO watchkeeper_remover;
GRANT INSERT ON watchkeeper.removal_keys TO watchkeeper_remover;
GRANT INSERT, ALTER CLEAR INDEX, ALTER MATERIALIZE INDEX, ALTER MATERIALIZE PROJECTION ON watchkeeper.audit_events TO watchkeeper_remover;
GRANT ALTER CLEAR INDEX, ALTER MATERIALIZE INDEX ON watchkeeper.interaction_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.audit_events TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.interaction_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.finding_versions TO watchkeeper_remover;
GRANT ALTER DELETE ON watchkeeper.finding_history TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.alert_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.alert_event_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.delivery_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.quarantine_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.mcp_metric_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.credential_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.tool_definition_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.silence_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.legal_hold_versions TO watchkeeper_remover;
GRANT ALTER UPDATE, ALTER DELETE, ALTER SETTINGS ON watchkeeper.response_action_versions TO watchkeeper_remover;
GRANT SELECT ON system.mutations TO watchkeeper_remover;
GRANT SELECT ON system.parts TO watchkeeper_remover;
