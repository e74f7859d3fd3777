-- One tenant's analysts. `$tenant` stands for the tenant's name, a-z 0-9 _ - only:
--   sed 's/\$tenant/acme/g' 03_tenant.sql | clickhouse-client --multiquery
-- or `tenantStatements('acme')` in server/roles.ts, which checks the name.
CREATE ROLE IF NOT EXISTS `soc_analyst_$tenant` SETTINGS PROFILE 'watchkeeper_readers';
GRANT soc_analyst TO `soc_analyst_$tenant`;

-- Beside the policy that shows nothing: a row is shown where any policy says so.
CREATE ROW POLICY OR REPLACE `watchkeeper_tenant_$tenant` ON
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
FOR SELECT USING tenant = '$tenant' TO `soc_analyst_$tenant`;
