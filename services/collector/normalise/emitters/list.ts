/** The mapping tables, in the order in which marks are looked for. Adding an emitter is one file and one line here. */
import { accessLog } from './access-log.ts'
import { agentgateway } from './agentgateway.ts'
import { claudeCode } from './claude-code.ts'
import { codexCli } from './codex-cli.ts'
import { contextforge } from './contextforge.ts'
import { dockerMcpGateway } from './docker-mcp-gateway.ts'
import { envoyAiGateway } from './envoy-ai-gateway.ts'
import { copilotChat } from './copilot-chat.ts'
import { csharpSdk } from './csharp-sdk.ts'
import { fastmcp } from './fastmcp.ts'
import { geminiCli } from './gemini-cli.ts'
import { goose } from './goose.ts'
import { http } from './http.ts'
import { httpProxy } from './http-proxy.ts'
import { litellm } from './litellm.ts'
import { logfire } from './logfire.ts'
import { mcpPythonSdk } from './mcp-python-sdk.ts'
import { mcpSentinelProxy } from './mcp-sentinel-proxy.ts'
import { openinference } from './openinference.ts'
import { opencode } from './opencode.ts'
import { pydanticAi } from './pydantic-ai.ts'
import { semconv } from './semconv.ts'
import { sentry } from './sentry.ts'
import { shinzo } from './shinzo.ts'
import { traceloop } from './traceloop.ts'
import type { EmitterTable } from './table.ts'

export const EMITTERS: readonly EmitterTable[] = [
  fastmcp, mcpPythonSdk, csharpSdk, logfire, traceloop, pydanticAi, openinference, claudeCode, geminiCli, codexCli, copilotChat, goose, opencode, sentry, shinzo, litellm,
  agentgateway, contextforge, envoyAiGateway, dockerMcpGateway, mcpSentinelProxy,
  semconv, httpProxy, http, accessLog,
]

/** Reads what follows the conventions, and what is known by its span name alone. */
export const CONVENTIONAL = semconv
