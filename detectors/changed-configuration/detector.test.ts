import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { changedConfiguration } from './detector.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000
const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'installer', actor_kind: 'service', method: 'tools/call', tool: 'write_file', effect: 'write', outcome: 'ok',
    arguments: '{"path":"/home/x/.cursor/mcp.json","content":"{\\"mcpServers\\":{\\"a\\":{}}}"}', started_at: time, ended_at: time, received_at: time, ...fields }
}
const unguarded = { arguments: '{"path":"/home/x/.claude/settings.json","content":"{\\"autoApprove\\": true}"}' }
const severities = (drafts: readonly { readonly severity: string }[]): string => drafts.map(({ severity }) => severity).join()
const textOf = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))

describe('changed-configuration', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(changedConfiguration, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(textOf(drafts)).toContain(reason)
  })

  it('expects an installer after three days, but never that it switches guards off in silence', () => {
    const play = rehearsal(arm(changedConfiguration, {}))
    expect(Array.from({ length: 6 }, (_, day) => severities(play(at(MONDAY + day * DAY))))).toEqual(['medium', 'medium', 'medium', '', '', ''])
    expect(severities(play(at(MONDAY + 7 * DAY, unguarded)))).toBe('low')
    expect(severities(play(at(MONDAY + 8 * DAY, { ...unguarded, requested_by: 'none' })))).toBe('medium')
    expect(severities(play(at(MONDAY + 8 * DAY, { actor: 'stranger' })))).toBe('medium')
  })

  it('says the same once a day, and again what is worse', () => {
    const play = rehearsal(arm(changedConfiguration, {}))
    expect(severities(play(at(MONDAY)))).toBe('medium')
    expect(severities(play(at(MONDAY + 60)))).toBe('')
    expect(severities(play(at(MONDAY + 120, unguarded)))).toBe('high')
  })

  it('is less loud where many of a tenant do so, and where the turn asked for it', () => {
    const play = rehearsal(arm(changedConfiguration, {}))
    for (let actor = 0; actor < 20; actor++) play(at(MONDAY + actor, { actor: `dev-${actor}` }))
    expect(severities(play(at(MONDAY + DAY, { actor: 'dev-new' })))).toBe('low')
    expect(severities(play(at(MONDAY + DAY, { ...unguarded, actor: 'dev-newer' })))).toBe('medium')
    const fresh = rehearsal(arm(changedConfiguration, {}))
    expect(severities(fresh(at(MONDAY, { requested_by: 'user_turn', request_fit: 'asked' })))).toBe('low')
  })

  it('leaves alone who is expected from the beginning', () => {
    const play = rehearsal(arm(changedConfiguration, { expected: ['installer'] }))
    expect(play(at(MONDAY))).toEqual([])
  })

  it('never repeats an argument or a tool', () => {
    const play = rehearsal(arm(changedConfiguration, {}))
    const said = play(at(MONDAY, { tool: 'disable_audit_ignoreall', arguments: '{"x":"hunter2"}' }))
    expect(said).toHaveLength(1)
    expect(textOf(said)).not.toMatch(/hunter2|ignoreall/)
  })

  it('never throws and keeps a small state, whatever the text', () => {
    const piece = fc.constantFrom('mcp', 'claude ', '"path":', '.cursor/mcp.json', '{', '}', '[', '"', ':', '=', ' ', 'allow', '*', 'sandbox', 'false', 'otel', 'kubectl ', '| sh', '$(', '\\', '\n', 'sampling_rate', '0')
    const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 10 })), { maxLength: 80 }).map((pieces) => pieces.join(''))
    fc.assert(fc.property(text, text, fc.constantFrom('write_file', 'run_command', 'update_mcp_server', 'set_telemetry', 'Bash'), (sent, content, tool) => {
      const armed = arm(changedConfiguration, {})
      const state = armed.begin()
      for (const one of [sent, JSON.stringify({ path: '/x/.cursor/mcp.json', content, command: content })]) {
        const interaction = at(MONDAY, { tool, arguments: one, effect: 'unknown' })
        for (const key of armed.keysOf(interaction)) armed.step(state, interaction, key, { hash: String })
      }
      expect(textOf(state).length).toBeLessThan(200)
    }))
  })
})
