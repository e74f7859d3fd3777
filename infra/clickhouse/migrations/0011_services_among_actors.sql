-- A word more: principals and clients that the configuration says are no people.
ALTER TABLE watchkeeper.interaction_versions COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.finding_versions COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.alert_versions COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.interactions COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.findings COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.alerts COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.who_accessed_what COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.denied_and_failed COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.data_volume COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
ALTER TABLE watchkeeper.unknown_principals COMMENT COLUMN actor_kind 'What the actor is: principal, service, client, agent, host, unknown';
