import { describe, expect, it } from 'vitest'
import { judge, type Policy } from './judge.ts'

const policy: Policy = {
  published: new Set(['interactions']), hidden: new Set(['interaction_versions']), databases: new Set(['watchkeeper', 'system', 'default']),
  refusedFunctions: new Set(['file']), tenantBound: false,
}
/** A SELECT around the lines of one expression, indented as in the engine's dump. */
const select = (...lines: string[]): string =>
  ['SelectWithUnionQuery (children 1)', ' ExpressionList (children 1)', '  SelectQuery (children 1)', '   ExpressionList (children 1)',
    ...lines.map((line) => `    ${line}`)].join('\n')
const said = (dump: string, canonical = 'SELECT 1', over: Partial<Policy> = {}): string => {
  try {
    return judge(canonical, dump, { ...policy, ...over }).format
  } catch (error) {
    return (error as { symbol?: string }).symbol ?? String(error)
  }
}

describe('the decision on a parse', () => {
  it('lets known nodes through and says the format', () => {
    expect(said(select('Literal UInt64_1'))).toBe('')
    expect(said(`${select('Literal UInt64_1').replace('(children 1)', '(children 2)')}\n Identifier Native`)).toBe('Native')
  })

  it.each(['Mystery', 'ASTStreamSettings', 'ColumnsApplyTransformer', 'Set', 'CreateQuery', 'Literal 1 (children 1)\n      Literal 2',
    'Identifier a (children 1)\n     Literal 2'])('refuses the node %s', (node) => {
    expect(said(select(...node.split('\n')))).toBe('READONLY')
  })

  it.each([
    'Function file (children 1)\n ExpressionList', 'Function count (alias x) y (children 1)\n ExpressionList',
      'Function a b (children 1)\n ExpressionList', 'Identifier system.processes.x', 'Identifier SYSTEM.processes',
    'Identifier interaction_versions', 'Function arrayMap (children 1)\n ExpressionList (children 2)\n  Identifier FILE\n  Identifier x',
      "Function CAST (children 1)\n ExpressionList (children 2)\n  Identifier a\n  Identifier b",
  ])('refuses the expression %s', (expression) => {
    expect(said(select(...expression.split('\n')))).toBe('ACCESS_DENIED')
  })

  it.each(['DropQuery', 'InsertQuery', 'SYSTEM query', 'KillQueryQuery', 'Anything'])('refuses the statement %s', (type) => {
    expect(said(type)).toBe('READONLY')
  })

  it('takes a whole SHOW by its spelling only', () => {
    expect(said('ShowTables', 'SHOW TABLES')).toBe('')
    expect(said('ShowTables', "SHOW TABLES LIKE 'a%' FORMAT JSON")).toBe('JSON')
    expect(said('ShowTables', "SHOW TABLES WHERE file('x') = ''")).toBe('READONLY')
    expect(said('ShowTables', "SHOW TABLES LIKE 'a\\'' WHERE 1")).toBe('READONLY')
    expect(said('DropQuery', 'SHOW TABLES')).toBe('READONLY')
  })

  it('refuses names with escapes, states of aggregates, and PREWHERE of one tenant, but not these words in a literal', () => {
    expect(said(select('Literal 1'), "SELECT `a\\nb`, 'x'")).toBe('READONLY')
    expect(said(select('Literal 1'), "SELECT `it's`, 'a\\nb', `'`")).toBe('')
    expect(said(select('Literal 1'), 'SELECT {x:AggregateFunction(sum, UInt8)}')).toBe('ACCESS_DENIED')
    expect(said(select('Literal 1'), 'SELECT 1 FROM t PREWHERE 1', { tenantBound: true })).toBe('ACCESS_DENIED')
    expect(said(select('Literal 1'), "SELECT 'PREWHERE'", { tenantBound: true })).toBe('')
    expect(said(select('Literal 1'), 'SELECT 1 FROM t PREWHERE 1')).toBe('')
  })
})
