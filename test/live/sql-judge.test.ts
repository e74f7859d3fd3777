import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FUNCTION_CATEGORIES, TABLE_FUNCTIONS, isAllowedFunction } from '../../services/sql/functions.ts'
import { FORMATS, contentTypeOf } from '../../services/sql/formats.ts'
import { judge, prejudge, type Policy } from '../../services/sql/judge.ts'
import { policyFor } from '../../services/sql/policy.ts'
import { CATALOGUE_SECRETS, DATABASE, PUBLISHED_TABLES } from '../../services/sql/published.ts'
import { isException } from '../../services/sql/sql-error.ts'
import { openBench, setup, statements, type SqlBench } from './sql-engine.ts'

let bench: SqlBench
let open: Policy
let bound: Policy
beforeAll(async () => {
  bench = await openBench()
  const catalogue = await bench.runner.catalogue(DATABASE)
  open = policyFor(catalogue, PUBLISHED_TABLES, false)
  bound = policyFor(catalogue, PUBLISHED_TABLES, true)
})
afterAll(() => bench.close())

/** `allowed`, or the symbol of the refusal, by the way that a request goes up to the run. */
async function verdict(text: string, policy: Policy, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    return await bench.runner.session(setup(DATABASE, { parameters: new Map(Object.entries(parameters)) }), async (session) => {
      const canonical = await session.canonical(text)
      prejudge(canonical, policy)
      const { format } = judge(canonical, await session.explainAst(canonical), policy)
      if (format !== '') contentTypeOf(format)
      return 'allowed'
    })
  } catch (error) {
    if (!isException(error)) throw error
    return error.symbol
  }
}
const REFUSALS = ['READONLY', 'ACCESS_DENIED', 'SYNTAX_ERROR', 'UNKNOWN_FORMAT']

async function unexpected(texts: readonly string[], policy: Policy, fine: (verdict: string) => boolean): Promise<string[]> {
  const found: string[] = []
  for (const text of texts) {
    const said = await verdict(text, policy)
    if (!fine(said)) found.push(`${said}: ${text}`)
  }
  return found
}

const ALLOWED = statements('allowed')
const EXPRESSIONS = statements('hostile-expressions')
const TABLES = statements('hostile-tables')
const HOSTILE = statements('hostile')
const isRefusal = (said: string): boolean => REFUSALS.includes(said)

describe('the decision on a statement', () => {
  it('lets through what auditors and drivers ask', async () => {
    expect(await unexpected(ALLOWED, open, (said) => said === 'allowed')).toEqual([])
  })

  it(`refuses ${HOSTILE.length} hostile statements, and none of them leaves a file`, async () => {
    expect(await unexpected(HOSTILE, open, isRefusal)).toEqual([])
    expect(existsSync('/tmp/watchkeeper-hostile')).toBe(false)
  })

  it(`refuses ${EXPRESSIONS.length} hostile expressions and ${TABLES.length} tables`, async () => {
    expect(await unexpected(EXPRESSIONS.map((text) => `SELECT ${text}`), open, isRefusal)).toEqual([])
    expect(await unexpected(TABLES.map((text) => `SELECT * FROM ${text}`), open, isRefusal)).toEqual([])
    expect(await unexpected(TABLES.map((text) => `DESCRIBE TABLE ${text}`), open, isRefusal)).toEqual([])
  })

  it('refuses them wherever they stand in an allowed query', async () => {
    const path = fc.array(fc.constantFrom(...statements('around')), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...EXPRESSIONS), path, fc.boolean(), async (hostile, wraps, tenant) => {
        const text = wraps.reduce((inner, wrap, depth) => wrap.replaceAll(/\bX\b/g, () => (depth === 0 ? inner : `(${inner})`)), hostile)
        expect(await verdict(text, tenant ? bound : open), text).toSatisfy(isRefusal)
      }),
      { numRuns: 600 },
    )
  })

  it('cannot be fooled by names that hold pieces of a parse', async () => {
    const piece = fc.constantFrom(
      '\n', ' ', '     ', '(children 1)', '(children 2)', '(alias x)', ' (alias ', 'Function count', 'ExpressionList', 'Literal UInt64_1',
      'TableIdentifier system.one', ')', "'", '\\', 'Identifier a',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.constantFrom(...EXPRESSIONS), async (pieces, hostile) => {
        const name = pieces.join('').replace(/[\\`]/g, (c) => `\\${c}`)
        expect(await verdict(`SELECT 1 AS \`${name}x\`, ${hostile} AS \`${name}y\``, open)).not.toBe('allowed')
        expect(await verdict(`SELECT {n:Identifier}, ${hostile}`, open, { n: pieces.join('').replace(/[\\\n]/g, '') })).not.toBe('allowed')
      }),
      { numRuns: 300 },
    )
  })

  it('judges identifiers after parameters were put in', async () => {
    expect(await verdict('SELECT tool FROM {t:Identifier}', open, { t: 'interactions' })).toBe('allowed')
    expect(await verdict('SELECT tool FROM {d:Identifier}.{t:Identifier}', open, { d: 'watchkeeper', t: 'interactions' })).toBe('allowed')
    expect(await verdict('SELECT tool FROM {t:Identifier}', open, { t: 'interaction_versions' })).toBe('ACCESS_DENIED')
    expect(await verdict('SELECT * FROM {d:Identifier}.{t:Identifier}', open, { d: 'system', t: 'processes' })).toBe('ACCESS_DENIED')
    expect(await verdict("SELECT arrayMap({f:Identifier}, ['/etc/passwd'])", open, { f: 'file' })).toBe('ACCESS_DENIED')
    expect(await verdict('SELECT {x:AggregateFunction(sum, UInt64)}', open, { x: 'x' })).toBe('ACCESS_DENIED')
    expect(await verdict('SELECT {x:String}', open, { x: "') FROM system.processes --" })).toBe('allowed')
  })

  it('refuses to who sees one tenant what tells about others', async () => {
    const telling = statements('hostile-for-a-tenant')
    expect(await unexpected(telling, bound, isRefusal)).toEqual([])
    const fine = statements('allowed-for-a-tenant')
    expect(await unexpected(fine, bound, (said) => said === 'allowed')).toEqual([])
  })
})

describe('the lists that the decision reads', () => {
  const known = async (sql: string): Promise<Set<string>> => new Set(String(await bench.engine.read(sql, { format: 'TSVRaw' })).trimEnd().split('\n'))

  it('name only functions and formats that the engine has', async () => {
    const functions = await known('SELECT name FROM system.functions')
    const words = new Set(['exists', 'grouping', 'lambda', 'untuple'])
    expect([...FUNCTION_CATEGORIES.values()].flat().filter((name) => !functions.has(name) && !words.has(name))).toEqual([])
    const tableFunctions = await known('SELECT name FROM system.table_functions')
    expect(TABLE_FUNCTIONS.filter((name) => !tableFunctions.has(name) && !['VALUES', 'SQLStandardValues'].includes(name))).toEqual([])
    const formats = await known('SELECT name FROM system.formats WHERE is_output')
    expect(FORMATS.filter((name) => !formats.has(name))).toEqual([])
  })

  it('know every column of the catalogue that is a number of rows, bytes, parts or a path', async () => {
    const columns = await known("SELECT DISTINCT name FROM system.columns WHERE database = 'system' AND table IN ('tables', 'columns', 'databases')")
    const telling = [...columns].filter((name) => /rows|bytes|parts|path|marks|mutations|dependen|policy|create|modification/.test(name))
    expect(telling.filter((name) => !CATALOGUE_SECRETS.has(name))).toEqual([])
  })

  it('know every function that takes the bare name of another', async () => {
    const higher = await known('SELECT name FROM system.functions WHERE higher_order = 1')
    expect([...higher].filter((name) => isAllowedFunction(name) && !/^(array|map)/i.test(name))).toEqual([])
  })
})
