import { describe, expect, it } from 'vitest'
import { goldenEvents, normaliseLogs } from '../sample-telemetry.ts'

describe('goose', () => {
  it('gives calls of extensions, which are MCP servers, by the GenAI conventions', () => {
    const [read, find, reply, ...rest] = goldenEvents('goose', 'session')
    expect(rest).toEqual([])
    expect(read).toMatchObject({
      emitter: 'goose', vantage: 'agent', method: 'tools/call', server: 'files', tool: 'read_file', tool_call_id: 'call_Gs41QrSt', conversation: '20261120_3',
      arguments: '{"path":"/srv/plan.md"}', result: '[{"type":"text","text":"release 2026-12-01"}]', outcome: 'unknown', agent: 'goose', host: 'kims-mac',
      principal: 'kim', principal_source: 'user.name', principal_trust: 'self_declared',
    })
    expect(find).toMatchObject({ server: 'calendar', tool: 'find__next', outcome: 'tool_error', error_type: 'ExecutionError' })
    expect(reply).toMatchObject({ method: '', tool: '', conversation: '20261120_3' })
    expect(reply?.attributes.get('user_message')?.text).toBe('Read /srv/plan.md and tell me the date of the release')
  })

  it('of older versions reads input and output', () => {
    const [read, schedule] = goldenEvents('goose', 'older')
    expect(read).toMatchObject({
      method: 'tools/call', server: 'files', tool: 'read_file', tool_call_id: '', conversation: '', arguments: '{"path":"/srv/plan.md"}',
      result: '{"content":[{"type":"text","text":"release 2026-12-01"}]}',
    })
    expect(schedule).toMatchObject({ server: 'platform', tool: 'manage_schedule', arguments: '{"action":"list"}', result: '' })
  })

  it('keeps none of its own logs', () => {
    const { counted, events } = normaliseLogs([{ body: 'provider ready', attributes: { target: 'goose' } }], { resource: { 'service.name': 'goose' } })
    expect(events).toEqual([])
    expect(counted.skipped.get('not_mcp')).toBe(1)
  })
})
