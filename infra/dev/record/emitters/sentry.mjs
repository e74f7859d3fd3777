// requires: @sentry/node@10.78.0
// requires: @opentelemetry/exporter-trace-otlp-proto@0.223.1
// requires: @opentelemetry/sdk-trace-base@2.12.1
// requires: @modelcontextprotocol/sdk@1.32.2
// requires: zod@3.25.76
/**
 * Sentry's SDK for Node 10 around a server of the MCP TypeScript SDK behind HTTP, with an OTLP exporter of our own and nothing to Sentry. Its SDK
 * for Python sends spans of MCP to Sentry alone, whatever its OTLP integration is told; so does the one for Node from 11 on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import * as Sentry from '@sentry/node'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import { addTools, talk } from './conversation.mjs'

async function converse(url) {
  const client = new Client({ name: 'desktop-agent', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  await talk(client)
  await client.close()
}

async function serve() {
  Sentry.init({
    dsn: '', tracesSampleRate: 1, sendDefaultPii: true,
    openTelemetrySpanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  const server = Sentry.wrapMcpServerWithSentry(new McpServer({ name: 'files', version: '1.0.0' }))
  addTools(server, z)
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'session-1' })
  await server.connect(transport)
  const http = createServer((request, response) => transport.handleRequest(request, response)).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const client = spawn(process.execPath, [process.argv[1], `http://127.0.0.1:${http.address().port}/mcp`], { stdio: 'inherit' })
  await once(client, 'exit')
  await server.close()
  await Sentry.close(10_000)
  http.closeAllConnections()
  http.close()
}

await (process.argv[2] === undefined ? serve() : converse(process.argv[2]))
