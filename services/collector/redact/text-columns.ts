/**
 * The scanned text columns one by one, in the order of `SCANNED_TEXT_COLUMNS`: reading them by computed names took half of all the time
 * that redaction takes. `redactor.test.ts` holds the list against the table.
 */
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import type { TextColumn } from './columns.ts'
import { cleanFingerprint } from './fingerprints.ts'
import { clean, type Work } from './work.ts'

function cleaned(text: string, column: TextColumn, work: Work, how = clean): string {
  if (text === '') return text
  work.stand(column)
  return how(text, work)
}

/**
 * Cleans them in place. Events of one sender behind each other have the same in most columns, and the same objects mostly: what was made of the text that was
 * there last is clean by itself. Contents differ, and are long to compare.
 */
export function cleanTextColumns(event: AuditEventFields, work: Work): void {
  const { known } = work.scan.policy
  if (event.name !== known.name) known.name = event.name = cleaned(event.name, 'name', work)
  if (event.source !== known.source) known.source = event.source = cleaned(event.source, 'source', work)
  if (event.scope_name !== known.scope_name) known.scope_name = event.scope_name = cleaned(event.scope_name, 'scope_name', work)
  if (event.scope_version !== known.scope_version) known.scope_version = event.scope_version = cleaned(event.scope_version, 'scope_version', work)
  if (event.service_version !== known.service_version) known.service_version = event.service_version = cleaned(event.service_version, 'service_version', work)
  if (event.service_instance !== known.service_instance) {
    known.service_instance = event.service_instance = cleaned(event.service_instance, 'service_instance', work)
  }
  if (event.method !== known.method) known.method = event.method = cleaned(event.method, 'method', work)
  if (event.tool !== known.tool) known.tool = event.tool = cleaned(event.tool, 'tool', work)
  if (event.prompt !== known.prompt) known.prompt = event.prompt = cleaned(event.prompt, 'prompt', work)
  if (event.resource !== known.resource) known.resource = event.resource = cleaned(event.resource, 'resource', work)
  if (event.server !== known.server) known.server = event.server = cleaned(event.server, 'server', work)
  if (event.target !== known.target) known.target = event.target = cleaned(event.target, 'target', work)
  if (event.jsonrpc_request_id !== known.jsonrpc_request_id) {
    known.jsonrpc_request_id = event.jsonrpc_request_id = cleaned(event.jsonrpc_request_id, 'jsonrpc_request_id', work)
  }
  if (event.tool_call_id !== known.tool_call_id) known.tool_call_id = event.tool_call_id = cleaned(event.tool_call_id, 'tool_call_id', work)
  if (event.conversation !== known.conversation) known.conversation = event.conversation = cleaned(event.conversation, 'conversation', work)
  if (event.wire_session !== known.wire_session) known.wire_session = event.wire_session = cleaned(event.wire_session, 'wire_session', work)
  if (event.principal !== known.principal) known.principal = event.principal = cleaned(event.principal, 'principal', work)
  if (event.client !== known.client) known.client = event.client = cleaned(event.client, 'client', work)
  if (event.agent !== known.agent) known.agent = event.agent = cleaned(event.agent, 'agent', work)
  event.token_fingerprint = cleaned(event.token_fingerprint, 'token_fingerprint', work, cleanFingerprint)
  if (event.actor !== known.actor) known.actor = event.actor = cleaned(event.actor, 'actor', work)
  if (event.client_address !== known.client_address) known.client_address = event.client_address = cleaned(event.client_address, 'client_address', work)
  if (event.user_agent !== known.user_agent) known.user_agent = event.user_agent = cleaned(event.user_agent, 'user_agent', work)
  if (event.host !== known.host) known.host = event.host = cleaned(event.host, 'host', work)
  event.arguments = cleaned(event.arguments, 'arguments', work)
  event.result = cleaned(event.result, 'result', work)
  if (event.error_code !== known.error_code) known.error_code = event.error_code = cleaned(event.error_code, 'error_code', work)
  if (event.error_type !== known.error_type) known.error_type = event.error_type = cleaned(event.error_type, 'error_type', work)
  if (event.status_message !== known.status_message) known.status_message = event.status_message = cleaned(event.status_message, 'status_message', work)
  if (event.decision !== known.decision) known.decision = event.decision = cleaned(event.decision, 'decision', work)
  if (event.decision_by !== known.decision_by) known.decision_by = event.decision_by = cleaned(event.decision_by, 'decision_by', work)
}
