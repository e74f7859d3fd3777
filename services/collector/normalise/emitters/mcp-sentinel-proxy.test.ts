import { expect, it } from 'vitest'
import { normaliseLogs, recordedEvents } from '../sample-telemetry.ts'

const events = recordedEvents('mcp-sentinel-proxy').filter(({ emitter }) => emitter === 'mcp-sentinel-proxy')
const forwarded = events.filter(({ vantage }) => vantage === 'gateway')

it('is the requests that the proxy forwarded', () => {
  expect(forwarded.map(({ method, tool, prompt }) => `${method} ${tool}${prompt}`).sort()).toEqual([
    'prompts/get summarize', 'resources/read ', 'server/discover ', 'tools/call fail', 'tools/call nope', 'tools/call read_file', 'tools/call run_command',
    'tools/list ',
  ])
  for (const event of forwarded) {
    expect(event).toMatchObject({ server: 'files', source: 'sentinel', outcome: 'unknown', principal: '', agent: '', wire_session: '', arguments: '' })
  }
})

it('keeps its checks beside the calls, and skips answers that name nothing', () => {
  const checks = events.filter(({ vantage }) => vantage === 'log')
  expect(new Set(checks.map(({ name }) => name))).toEqual(new Set(['sentinel.integrity.check', 'sentinel.behavior.score', 'sentinel.contract.check']))
  expect(checks.filter(({ method, decision, agent }) => method !== '' || decision !== '' || agent !== '')).toEqual([])
  const check = checks.find(({ name, tool }) => name === 'sentinel.integrity.check' && tool === 'run_command')
  expect(check?.attributes.get('sentinel.integrity.schema_hash')?.text).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(events.some(({ name }) => name === 'mcp.message')).toBe(false)
})

const finding = (action: string) =>
  normaliseLogs([{
    eventName: 'sentinel.security.tool_quarantined', severityText: 'critical', body: 'as the proxy says it',
    attributes: { 'mcp.server.name': 'files', 'gen_ai.tool.name': 'send', 'sentinel.quarantine.action': action, 'sentinel.redaction.applied': true },
  }], { scope: 'sentinel.telemetry', resource: { 'service.name': 'sentinel' } }).events[0]

it('tells a refused call from a tool that was put away', () => {
  expect(finding('blocked_call')).toMatchObject({ vantage: 'log', server: 'files', tool: 'send', decision: 'blocked_call', outcome: 'denied' })
  expect(finding('quarantined')).toMatchObject({ tool: 'send', decision: '', outcome: 'unknown' })
})
