import { describe, expect, it } from 'vitest'
import { goldenEvents, normaliseSpans } from '../sample-telemetry.ts'

describe('opencode', () => {
  const events = goldenEvents('opencode', 'session')
  const call = (id: string) => events.find((event) => event.tool_call_id === id)

  it('gives calls with content, under the name that it made of server and tool', () => {
    expect(call('call_Oc51AbCd')).toMatchObject({
      emitter: 'opencode', vantage: 'agent', method: 'tools/call', tool: 'chat_post_message', server: '', outcome: 'unknown', agent: 'opencode',
      arguments: '{"channel": "team-web", "text": "Release on Friday"}', result: '{"output":"posted as 1718"}', duration_ns: 300_000_000n, principal: '',
    })
    expect(call('call_Oc53IjKl')).toMatchObject({ method: 'tools/call', outcome: 'tool_error', error_type: 'McpError', status_message: 'not allowed' })
  })

  it('tells its built-in tools, in the spelling of newer SDKs too', () => {
    expect(call('call_Oc52EfGh')).toMatchObject({ method: '', tool: 'bash', arguments: '{"command":"ls"}', result: '"plan.md"' })
  })

  it('names session and person where it does, and takes unknown for nobody', () => {
    expect(events.filter(({ tool }) => tool === '').map((event) => [event.name, event.conversation, event.principal, event.principal_trust])).toEqual([
      ['ai.streamText.doStream', 'ses_5f1c2d3e4b', 'kim', 'self_declared'], ['ai.streamText.doStream', 'ses_5f1c2d3e4b', 'kim', 'self_declared'],
      ['ai.streamText', 'ses_5f1c2d3e4b', '', 'none'],
    ])
  })

  it('is not whoever else uses the same SDK', () => {
    expect(normaliseSpans([{ name: 'ai.toolCall', attributes: { 'ai.toolCall.name': 'x' } }]).events).toEqual([])
  })
})
