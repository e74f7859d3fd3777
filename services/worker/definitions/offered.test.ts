import { describe, expect, it } from 'vitest'
import type { ToolDefinition } from '../../../schemas/tool-definition.ts'
import { definitionFrom } from '../../../detectors/definition-example.ts'
import { Offered } from './offered.ts'

const shown = (description: string, at: number, change: Partial<ToolDefinition> = {}): ToolDefinition => ({
  ...definitionFrom({ kind: 'tool', name: 'read', title: '', description, server: 'files' }), definition_hash: description, first_seen: BigInt(at), ...change,
})
const never = (): void => expect.fail('nothing has to go')

describe('offered definitions', () => {
  it('are compared with the version before, each version once', () => {
    const offered = new Offered(1e6, never)
    expect(offered.show(shown('one', 1))?.before).toBeUndefined()
    expect(offered.show(shown('one', 2))).toBeUndefined()
    expect(offered.show(shown('two', 3))).toMatchObject({ definition: { description: 'two' }, before: { description: 'one' } })
    expect(offered.show(shown('two', 4))).toBeUndefined()
  })

  it('that arrive late are what was before', () => {
    const offered = new Offered(1e6, never)
    offered.show(shown('two', 3))
    expect(offered.show(shown('one', 1))).toMatchObject({ definition: { description: 'two' }, before: { description: 'one' } })
    expect(offered.show(shown('three', 5))?.before?.description).toBe('two')
  })

  it('of another list, server or tenant are others', () => {
    const offered = new Offered(1e6, never)
    offered.show(shown('one', 1))
    for (const change of [{ tenant: 'b' }, { server: 'b' }, { name: 'b' }, { kind: 'prompt' as const }]) expect(offered.show(shown('two', 2, change))?.before).toBeUndefined()
    expect(offered.size).toBe(5)
  })

  it('that a caller is shown for the first time are compared with the newest that others were offered before', () => {
    const offered = new Offered(1e6, never)
    offered.show(shown('zero', 1, { client: 'a' }))
    offered.show(shown('one', 2, { client: 'b' }))
    expect(offered.show(shown('two', 3, { client: 'c' }))?.before?.description).toBe('one')
    expect(offered.show(shown('two', 4, { client: 'd' }))).toMatchObject({ before: undefined })
    expect(offered.show(shown('late', 0, { client: 'e' }))).toMatchObject({ before: undefined })
    expect(offered.show(shown('three', 5, { client: 'f', hash_form: 'text-1' }))).toMatchObject({ before: undefined })
  })

  it('that differ between callers are put side by side once the newer has had an hour to reach all', () => {
    const offered = new Offered(1e6, never)
    const minutes = (count: number): number => count * 60_000_000_000
    for (const [at, client, text] of [[0, 'a', 'one'], [1, 'b', 'one'], [10, 'c', 'two']] as const) {
      const record = shown(text, minutes(at), { client })
      offered.show(record)
      expect(offered.elsewhere(record)).toEqual([])
    }
    const again = (at: number, client: string, text: string) => {
      const record = shown(text, minutes(at), { client })
      expect(offered.show(record)).toBeUndefined()
      return offered.elsewhere(record).map((other) => [other.client, other.description])
    }
    expect(again(30, 'a', 'one')).toEqual([])
    expect(again(75, 'a', 'one')).toEqual([['b', 'one'], ['c', 'two']])
    expect(again(60 * 80, 'a', 'one')).toEqual([])
    offered.show(shown('two', minutes(60 * 81), { client: 'a' }))
    expect(again(60 * 83, 'a', 'two')).toEqual([])
  })

  it('go by age over the limit, and come back from what was kept', () => {
    let gone = 0
    const offered = new Offered(4_000, () => gone++)
    for (let i = 0; i < 10; i++) offered.show(shown('x'.repeat(100), i, { name: `t${i}` }))
    expect([offered.size, gone]).toEqual([2, 8])
    const again = new Offered(1e6, never, offered.toJSON())
    expect(again.show(shown('y', 20, { name: 't9' }))?.before?.description).toBe('x'.repeat(100))
  })
})
