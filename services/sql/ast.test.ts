import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_NODES, UnreadableAst, readAst } from './ast.ts'

const DUMP = `SelectWithUnionQuery (children 2)
 ExpressionList (children 1)
  SelectQuery (children 1)
   ExpressionList (children 1)
    Function count (alias n) (children 1)
     ExpressionList
 Identifier CSV
`

describe('the parse read back', () => {
  it('is the tree that was printed', () => {
    const root = readAst(DUMP)
    expect([root.type, root.children.map((child) => `${child.type} ${child.rest}`.trim())]).toEqual(['SelectWithUnionQuery', ['ExpressionList',
      'Identifier CSV']])
    expect(root.children[0]?.children[0]?.children[0]?.children[0]).toMatchObject({ type: 'Function', rest: 'count (alias n)' })
  })

  it.each([
    ['', 'nothing'], ['A (children 1)', 'a child too few'], ['A\n B', 'a child too many'], ['A\nB', 'two roots'], ['A (children 1)\n  B',
      'a level left out'],
    [' A', 'no root'], ['A (children 2)\n B\n\n C', 'an empty line'], ['A (children 1)\n B\n C', 'a forged neighbour'],
  ])('refuses %j: %s', (dump) => {
    expect(() => readAst(dump)).toThrow(UnreadableAst)
  })

  it('refuses more nodes than it has room for', () => {
    expect(() => readAst(`A (children ${MAX_NODES})\n${' B\n'.repeat(MAX_NODES)}`)).toThrow(/too many nodes/)
  })

  it('never reads a dump with one line more, less or moved as the same number of nodes in the same places', () => {
    const lines = DUMP.trimEnd().split('\n')
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.constantFrom('drop', 'double', 'indent'), (at, change) => {
        const line = lines[at] ?? ''
        const replaced = change === 'drop' ? [] : change === 'double' ? [line, line] : [` ${line}`]
        expect(() => readAst([...lines.slice(0, at), ...replaced, ...lines.slice(at + 1)].join('\n'))).toThrow(UnreadableAst)
      }),
    )
  })
})
