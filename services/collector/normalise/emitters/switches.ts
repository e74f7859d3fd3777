/** What to set at an emitter so that it sends more. Columns are those of `interactions`, and `definitions`: lists of what is offered. Facts from the emitters' documentation and source. */

export interface Switch {
  /** What it turns on. */
  readonly gives: readonly string[]
  /** One sentence without a full stop. */
  readonly set: string
}

/** What any gateway or span processor can do where the emitter itself has no switch. */
const OWN_PRINCIPAL: Switch = {
  gives: ['principal', 'actor'], set: 'no switch of its own: set attribute watchkeeper.principal in a span processor or an OpenTelemetry Collector, or use a gateway that checks tokens',
}
const OWN_ADDRESS: Switch = {
  gives: ['client_address'], set: 'no switch of its own: instrument the HTTP server in the same trace, or send a gateway\'s access log',
}
const NO_CONTENT: Switch = {
  gives: ['arguments', 'result', 'definitions'], set: 'it never sends content: use Logfire, OpenLLMetry or a gateway beside it',
}
const TURNS: Switch = {
  gives: ['requested_by', 'request_text'], set: 'a server does not know the user\'s turn: send the agent\'s spans or logs too, and let it propagate its trace context',
}
const HOST_BY_RESOURCE: Switch = {
  gives: ['host'], set: 'set OTEL_RESOURCE_ATTRIBUTES=host.name=… (its own word)',
}

const SERVER_SIDE: readonly Switch[] = [OWN_PRINCIPAL, OWN_ADDRESS, NO_CONTENT, TURNS]
const CAPTURED: readonly Switch[] = [OWN_PRINCIPAL, OWN_ADDRESS, TURNS]

/** By emitter. */
export const SWITCHES: ReadonlyMap<string, readonly Switch[]> = new Map<string, readonly Switch[]>([
  ['claude-code', [
    { gives: ['arguments', 'tool', 'server', 'effect'], set: 'set OTEL_LOG_TOOL_DETAILS=1 (arguments are cut at 512 characters each)' },
    { gives: ['result'], set: 'set OTEL_LOG_TOOL_CONTENT=1 with CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1 and OTEL_TRACES_EXPORTER=otlp' },
    { gives: ['requested_by', 'request_text'], set: 'set OTEL_LOG_USER_PROMPTS=1' },
    { gives: ['definitions'], set: 'set OTEL_LOG_RAW_API_BODIES=1 (whole requests to the model, cut at 60 KB)' },
    HOST_BY_RESOURCE, { gives: ['client_address'], set: 'no switch: the server or a gateway must say it' },
  ]],
  ['gemini-cli', [
    { gives: ['requested_by', 'request_text', 'arguments'], set: 'set telemetry.logPrompts to true' },
    { gives: ['result'], set: 'its logs have sizes alone: send the server\'s or a gateway\'s telemetry too' }, HOST_BY_RESOURCE,
  ]],
  ['codex-cli', [
    { gives: ['requested_by', 'request_text'], set: 'set log_user_prompt = true under [otel]' },
    { gives: ['arguments', 'result'], set: 'export logs as well as traces: [otel] exporter; traces only have lengths' }, HOST_BY_RESOURCE,
  ]],
  ['copilot-chat', [
    { gives: ['arguments', 'result', 'requested_by', 'request_text', 'server', 'definitions'], set: 'set github.copilot.chat.otel.captureContent (COPILOT_OTEL_CAPTURE_CONTENT=true)' },
    { gives: ['principal', 'actor', 'host'], set: 'set github.copilot.chat.otel.captureIdentity (COPILOT_OTEL_CAPTURE_IDENTITY=true)' },
  ]],
  ['agentgateway', [
    { gives: ['arguments', 'result'], set: 'add mcp.tool.arguments and mcp.tool.result under frontendPolicies.accessLog.add' },
    { gives: ['principal', 'actor', 'client', 'token_fingerprint', 'scopes'], set: 'check JWTs there, and add jwt.* under frontendPolicies.accessLog.add' }, TURNS,
  ]],
  ['contextforge', [
    { gives: ['principal', 'actor'], set: 'set OTEL_CAPTURE_IDENTITY_ATTRIBUTES=true' },
    { gives: ['arguments', 'result'], set: 'set OTEL_CAPTURE_INPUT_SPANS=tool.invoke with Langfuse attributes on, or the tools telemetry exporter plugin with export_full_payload' }, TURNS,
  ]],
  ['envoy-ai-gateway', [
    { gives: ['arguments', 'result'], set: 'set AI_GATEWAY_TRACING_SEMCONV=gen_ai and OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true' },
    { gives: ['principal', 'actor'], set: 'set OTEL_AIGW_SPAN_REQUEST_HEADER_ATTRIBUTES=x-user:user.id (callers can forge it through _meta)' },
    { gives: ['client_address'], set: 'send Envoy\'s access log too' }, TURNS,
  ]],
  ['litellm', [
    { gives: ['arguments', 'result'], set: 'turn on content capture of its OpenTelemetry integration' },
    { gives: ['principal', 'actor'], set: 'add litellm.end_user.id to baggage_promoted_keys' }, TURNS,
  ]],
  ['docker-mcp-gateway', SERVER_SIDE],
  ['fastmcp', SERVER_SIDE],
  ['mcp-python-sdk', SERVER_SIDE],
  ['csharp-sdk', SERVER_SIDE],
  ['shinzo', CAPTURED],
  ['logfire', CAPTURED],
  ['traceloop', [{ gives: ['arguments', 'result'], set: 'unset TRACELOOP_TRACE_CONTENT=false' }, ...CAPTURED]],
  ['sentry', [{ gives: ['arguments', 'result', 'client_address'], set: 'set sendDefaultPii: true, or recordInputs and recordOutputs of wrapMcpServerWithSentry' }, OWN_PRINCIPAL, TURNS]],
  ['semconv', [
    { gives: ['arguments', 'result'], set: 'set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, where the instrumentation knows it' }, ...CAPTURED,
  ]],
  ['pydantic-ai', [
    { gives: ['arguments', 'result', 'request_text', 'requested_by'], set: 'set include_content=True in InstrumentationSettings' }, OWN_PRINCIPAL,
    { gives: ['client_address'], set: 'no switch: the server or a gateway must say it' },
  ]],
  ['openinference', [
    { gives: ['arguments', 'result', 'request_text', 'requested_by'], set: 'unset OPENINFERENCE_HIDE_INPUTS and OPENINFERENCE_HIDE_OUTPUTS' }, OWN_PRINCIPAL,
  ]],
  ['opencode', [{ gives: ['arguments', 'result', 'request_text', 'requested_by'], set: 'set experimental.openTelemetry to true' }, HOST_BY_RESOURCE]],
  ['goose', [OWN_PRINCIPAL, TURNS]],
  ['mcp-sentinel-proxy', CAPTURED],
  ['http', [
    { gives: ['arguments', 'result'], set: 'HTTP spans have no content: instrument the server or use an MCP gateway' }, OWN_PRINCIPAL, TURNS,
    { gives: ['tool', 'effect'], set: 'record the request headers Mcp-Method and Mcp-Name (OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS…)' },
  ]],
  ['http-proxy', [
    { gives: ['arguments', 'result'], set: 'HTTP spans have no content: instrument the server or use an MCP gateway' }, OWN_PRINCIPAL, TURNS,
    { gives: ['tool', 'effect'], set: 'log the request headers Mcp-Method and Mcp-Name' },
  ]],
  ['access-log', [
    { gives: ['arguments', 'result'], set: 'access logs have no content: instrument the server or use an MCP gateway' }, OWN_PRINCIPAL, TURNS,
    { gives: ['tool', 'effect'], set: 'log the request headers Mcp-Method and Mcp-Name' },
  ]],
])
