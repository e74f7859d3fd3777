-- Attribution: which token or certificate a record came by. Part of the record from canonical version 2 on, so that it proves itself with it.
ALTER TABLE watchkeeper.audit_events ADD COLUMN IF NOT EXISTS credential LowCardinality(String) COMMENT 'What the exporter showed: token:NAME or certificate:NAME; empty where none is asked for, and in records of canonical version 1' AFTER conflict_with;
