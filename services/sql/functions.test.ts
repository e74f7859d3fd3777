import { describe, expect, it } from 'vitest'
import { COMBINATORS, FUNCTION_CATEGORIES, TABLE_FUNCTIONS, isAllowedFunction } from './functions.ts'

const markdown = (): string =>
  [
    '# Functions that a query may call', '',
    'Made from `services/sql/functions.ts` by its test. Names are those of the engine; where the engine does not mind the case, neither do we.', '',
    ...[...FUNCTION_CATEGORIES].flatMap(([category, names]) => [`## ${category}`, '', names.map((name) => `\`${name}\``).join(' '), '']),
    '## Combinators of aggregates', '', COMBINATORS.map((name) => `\`-${name}\``).join(' '), '',
    '## Table functions', '', TABLE_FUNCTIONS.map((name) => `\`${name}\``).join(' '), '',
  ].join('\n')

describe('the functions a query may call', () => {
  it('are those of docs/sql-functions.md (vitest -u writes it)', async () => {
    await expect(markdown()).toMatchFileSnapshot('../../docs/sql-functions.md')
  })

  it.each(['count', 'COUNT', 'sumIf', 'uniqExactIf', 'sumIfOrNull', 'uniqState', 'uniqMerge', 'countDistinct', 'quantilesTimingArrayIf', 'toDate',
    'lower', 'LOWER', 'JSONExtractString'])('%s is', (name) => {
    expect(isAllowedFunction(name)).toBe(true)
  })

  it.each(['file', 'fileIf', 'sleep', 'sleepIf', 'dictGet', 'State', '', 'countNothing', 'todate', 'hostName', 'constructor', 'toString ',
    'getSetting', 'aggThrowIf', 'IfIfIfIfIfIfIfIfIfIfIfIfIfIfIfIf'])('%s is not', (name) => {
    expect(isAllowedFunction(name)).toBe(false)
  })
})
