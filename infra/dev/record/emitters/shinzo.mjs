// requires: @shinzolabs/instrumentation-mcp@1.1.0
// requires: @modelcontextprotocol/sdk@1.32.2
// requires: zod@3.25.76
/**
 * `@shinzolabs/instrumentation-mcp` around a server of the MCP TypeScript SDK; the client, in the same process, is not traced. `shinzo-ts` is
 * an older recording, which stays as it is.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { instrumentServer } from '@shinzolabs/instrumentation-mcp'
import { z } from 'zod'
import { addTools, talk } from './conversation.mjs'

const server = new McpServer({ name: 'files', version: '1.0.0' })
const telemetry = instrumentServer(server, {
  serverName: 'files-mcp', serverVersion: '1.0.0', exporterEndpoint: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1`,
  enableArgumentCollection: true, metricExportIntervalMs: 60_000,
})
addTools(server, z)
const [near, far] = InMemoryTransport.createLinkedPair()
await server.connect(far)
const client = new Client({ name: 'desktop-agent', version: '1.0.0' })
await client.connect(near)
await talk(client)
await client.close()
await telemetry.shutdown()
