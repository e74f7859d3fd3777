import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exampleInteraction } from '../../schemas/interaction.ts'
import { parseExamples, reviewExample } from '../example.ts'
import { unrequestedAction } from './detector.ts'

const tools = { hash: (text: string) => text }
const params = unrequestedAction.rule.params.parse({})
const examples = ['fires', 'quiet'].flatMap((name) => parseExamples(readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))

describe('unrequested-action', () => {
  it.each(examples.map((example) => [example.expect.why, example] as const))('%s', (_, example) => {
    const drafts = reviewExample(unrequestedAction, example)
    expect(drafts).toHaveLength(example.expect.findings)
    if (example.expect.severity !== undefined) expect(drafts[0]?.severity).toBe(example.expect.severity)
    for (const reason of example.expect.reasons) expect(drafts[0]?.reasons).toContain(reason)
  })

  it('is about the interaction, so that versions are one finding, and says nothing once the call proves to be asked for', () => {
    expect(unrequestedAction.review?.(exampleInteraction, params, tools)[0]?.about).toEqual([exampleInteraction.interaction_id])
    expect(unrequestedAction.review?.({ ...exampleInteraction, version: 2, request_fit: 'asked' }, params, tools)).toEqual([])
  })

  it('tells of an address of the name that the user gave, at another domain', () => {
    const sent = (words: string, to: string) => unrequestedAction.review?.({ ...exampleInteraction, tool: 'send_mail', effect: 'send', request_fit: 'plausible', request_text: words, arguments: JSON.stringify({ to, body: 'see above' }),
      argument_sources: new Map([['$.to', 'tool_result:call_1']]) }, params, tools) ?? []
    const [draft] = sent('Send ana.ruiz@partner.example our answer', 'ana.ruiz@partner-mail.net')
    expect(draft?.severity).toBe('high')
    expect(draft?.observed).toContain('partner-mail.net')
    expect(JSON.stringify(draft)).not.toContain('ana.ruiz')
    for (const to of ['ana.ruiz@partner.example', 'ana.ruiz@eu.partner.example', 'ben@partner-mail.net']) expect(sent('Send ana.ruiz@partner.example our answer', to)).toEqual([])
    expect(sent('Write to info@partner.example', 'info@other.example')).toEqual([])
    expect(sent(`${'a'.repeat(100_000)}@`, `${'b'.repeat(100_000)}@`)).toEqual([])
  })

  it('can be told which tools run unattended and to leave calls without a turn alone', () => {
    const call = { ...exampleInteraction, requested_by: 'none' as const }
    expect(unrequestedAction.review?.(call, params, tools)).toHaveLength(1)
    expect(unrequestedAction.review?.(call, { ...params, withoutTurn: false }, tools)).toEqual([])
    expect(unrequestedAction.review?.(call, { ...params, unattendedTools: ['run_command'] }, tools)).toEqual([])
  })
})
