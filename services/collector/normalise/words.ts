/**
 * Words the normaliser knows. Methods of MCP 2024-11-05 to 2026-07-28 and its tasks extension: what a span name may be taken for.
 */
export const MCP_METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'server/discover',
  'tools/call',
  'tools/list',
  'resources/read',
  'resources/list',
  'resources/templates/list',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/get',
  'prompts/list',
  'completion/complete',
  'logging/setLevel',
  'roots/list',
  'sampling/createMessage',
  'elicitation/create',
  'subscriptions/listen',
  'tasks/get',
  'tasks/cancel',
  'tasks/result',
  'tasks/list',
  'tasks/update',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/message',
  'notifications/elicitation/complete',
  'notifications/tools/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/prompts/list_changed',
  'notifications/roots/list_changed',
  'notifications/subscriptions/acknowledged',
  'notifications/tasks',
  'notifications/tasks/status',
])

/** Operations of the GenAI conventions that lineage needs. Embeddings and the like are not kept. */
export const AGENT_OPERATIONS: ReadonlySet<string> = new Set([
  'invoke_agent',
  'create_agent',
  'invoke_workflow',
  'chat',
  'generate_content',
  'text_completion',
  'execute_tool',
])

/** `error.type` of a call that was given up, as SDKs name it. */
export const CANCELLED_TYPES: ReadonlySet<string> = new Set([
  'cancelled',
  'canceled',
  'CancelledError',
  'asyncio.CancelledError',
  'asyncio.exceptions.CancelledError',
  'AbortError',
  'CancellationError',
  'Canceled',
  'TaskCanceledException',
  'OperationCanceledException',
  'System.OperationCanceledException',
  'System.Threading.Tasks.TaskCanceledException',
])

/** Which field the object of a method fills. */
export const OBJECT_FIELD: ReadonlyMap<string, 'tool' | 'prompt' | 'resource'> = new Map([
  ['tools/call', 'tool'],
  ['prompts/get', 'prompt'],
  ['resources/read', 'resource'],
  ['resources/subscribe', 'resource'],
  ['resources/unsubscribe', 'resource'],
  ['notifications/resources/updated', 'resource'],
])

/** What an emitter writes instead of a value it will not give. It is never a value. */
export const WITHHELD = '[REDACTED]'
