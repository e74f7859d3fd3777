import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { definitionFrom, parseDefinitionExamples } from '../definition-example.ts'
import { shadowedTool } from './detector.ts'
import { lookOf } from './look.ts'

const tools = { hash: (text: string) => text }
const params = shadowedTool.rule.params.parse({})
/** `before` is the other server's tool. */
const examples = ['fires', 'quiet'].flatMap((name) => parseDefinitionExamples(readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  .filter(({ before }) => before !== undefined)

describe('shadowed-tool', () => {
  it.each(examples.map((example) => [example.why, example] as const))('%s', (_, { definition, before, findings, severity, reasons }) => {
    const drafts = shadowedTool.meet?.(definitionFrom(definition), before === undefined ? [] : [definitionFrom(before)], params, tools) ?? []
    expect(drafts).toHaveLength(findings)
    if (severity !== undefined) expect(drafts[0]?.severity).toBe(severity)
    for (const reason of reasons) expect(drafts[0]?.reasons.join('\n')).toContain(reason)
  })

  it('can tell every tool of the same name, and trust servers', () => {
    const [wiki, web] = ['wiki', 'web'].map((server) => definitionFrom({ kind: 'tool', name: 'search', title: '', description: server, server }))
    if (wiki === undefined || web === undefined) throw new Error('two definitions')
    expect(shadowedTool.meet?.(wiki, [web], { ...params, everySameName: true }, tools)).toMatchObject([{ severity: 'low', about: ['wiki', 'web', 'search'] }])
    expect(shadowedTool.meet?.(wiki, [web], { everySameName: true, trustedServers: ['wiki'] }, tools)).toEqual([])
  })

  it('says the same of twins, whichever of both it hears of first', () => {
    const [one, other] = ['hand-book', 'hand_book'].map((server) => definitionFrom({ kind: 'tool', name: 'read', title: '', description: 'Reads a page.', server, source: server }))
    if (one === undefined || other === undefined) throw new Error('two definitions')
    const about = [['hand-book', 'hand_book', 'read']]
    for (const [first, second] of [[one, other], [other, one]] as const) expect(shadowedTool.meet?.(first, [second], params, tools).map((draft) => draft.about)).toEqual(about)
  })

  it('reads names as they look', () => {
    for (const name of ['reаd_file', 'Read-File', 'r\u200bead_file', 'ｒead_file']) expect(lookOf(name), name).toBe(lookOf('read_file'))
    expect(lookOf('читать')).not.toBe(lookOf('read'))
  })
})
