import { expect, it } from 'vitest'
import { builtPoints } from '../sample-telemetry.ts'

it("Kong's are those of the server behind it; a prompt is no tool, and Kong itself no server", () => {
  const { points, counted } = builtPoints('kong', 'metrics-gateway')
  expect(points.map(({ metric, method, tool, server, sum, value_seconds: seconds }) => [metric, method, tool, server, sum, seconds])).toEqual([
    ['mcp.server.operation.duration', 'tools/call', 'create_issue', 'jira-mcp', 2, 0.5],
    ['mcp.server.operation.duration', 'tools/list', '', '', 0.1, 0.1],
    ['kong.gen_ai.mcp.response.size', 'tools/call', 'create_issue', 'jira-mcp', 880, Number.NaN],
    ['kong.gen_ai.mcp.request.error.count', 'tools/call', 'create_issue', 'jira-mcp', 1, Number.NaN],
    ['kong.gen_ai.mcp.acl.denied', '', 'delete_project', 'jira-mcp', 3, Number.NaN],
    ['kong.gen_ai.mcp.acl.denied', '', '', 'jira-mcp', 1, Number.NaN],
  ])
  expect(counted.skipped).toBe(1)
})

it("the Docker gateway's are in milliseconds, and name the server in two ways", () => {
  const { points } = builtPoints('docker-mcp-gateway', 'metrics-gateway')
  expect(points.map(({ metric, tool, server, value_seconds: seconds }) => [metric, tool, server, seconds])).toEqual([
    ['mcp.tool.duration', 'search', 'duckduckgo', 0.25],
    ['mcp.prompt.gets', '', 'prompts', Number.NaN],
    ['mcp.list.tools', '', '', Number.NaN],
  ])
})
