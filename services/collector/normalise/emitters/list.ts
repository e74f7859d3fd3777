/** The mapping tables, in the order in which marks are looked for. Adding an emitter is one file and one line here. */
import { claudeCode } from './claude-code.ts'
import { fastmcp } from './fastmcp.ts'
import { http } from './http.ts'
import { litellm } from './litellm.ts'
import { mcpPythonSdk } from './mcp-python-sdk.ts'
import { pydanticAi } from './pydantic-ai.ts'
import { semconv } from './semconv.ts'
import { shinzo } from './shinzo.ts'
import type { EmitterTable } from './table.ts'

export const EMITTERS: readonly EmitterTable[] = [fastmcp, mcpPythonSdk, pydanticAi, claudeCode, shinzo, litellm, semconv, http]

/** Reads what follows the conventions, and what is known by its span name alone. */
export const CONVENTIONAL = semconv
/** Reads HTTP spans of MCP endpoints. */
export const HTTP_SPANS = http
