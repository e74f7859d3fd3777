import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from '../../schemas/ports.ts'
import { sqlText } from '../../schemas/sql-literal.ts'
import { removeLeftovers, withBlockFile } from './block-files.ts'
import { type Column, parseType, wireType } from './column-type.ts'
import { openEngine } from './engine.ts'
import { encodeBlock } from './native.ts'
import { decodeRows } from './row-binary.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-native-'))
const engine = openEngine({ directory, readers: 1 })
afterAll(async () => {
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})

/** Around the lengths where the way of writing changes, too: 64 characters, 127 and 16,383 bytes. */
const text = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  fc.tuple(fc.constantFrom('a', 'é', '€', '😀'), fc.constantFrom(31, 32, 42, 43, 63, 64, 65, 127, 128, 5461, 5462, 8192, 16_383, 16_384)).map(([character, times]) => character.repeat(times)),
)
const whole = (bits: number, signed: boolean) => fc.bigInt(signed ? { min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n } : { min: 0n, max: 2n ** BigInt(bits) - 1n })
const small = (bits: number, signed: boolean) => whole(bits, signed).map(Number)
/** Column type → values of it. */
const TYPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  String: text, 'LowCardinality(String)': fc.constantFrom('a', 'b', ''), Bool: fc.boolean(), Float64: fc.double(), Int64: whole(64, true), UInt64: whole(64, false),
  Int8: small(8, true), UInt8: small(8, false), Int16: small(16, true), UInt16: small(16, false), Int32: small(32, true), UInt32: small(32, false),
  "DateTime64(9, 'UTC')": whole(64, true), "Enum8('a\\'b, (' = -3, 'c' = 5)": fc.constantFrom("a'b, (", 'c'),
  'Array(String)': fc.array(text, { maxLength: 3 }), 'Array(Array(LowCardinality(String)))': fc.array(fc.array(text, { maxLength: 2 }), { maxLength: 3 }),
  'Map(LowCardinality(String), String)': fc.array(fc.tuple(text, text), { maxLength: 3 }).map((entries) => new Map(entries)),
}
const columns: readonly Column[] = Object.keys(TYPES).map((type, i) => ({ name: `c${i}`, type: parseType(type) }))
const anyRow = fc.record(Object.fromEntries(Object.values(TYPES).map((values, i) => [`c${i}`, values]))) as fc.Arbitrary<Row>

describe('blocks and results', () => {
  beforeAll(() => engine.write(`CREATE TABLE default.t (${Object.keys(TYPES).map((type, i) => `c${i} ${type}`).join(', ')}) ENGINE = Memory`))

  it('carry values of every type through the engine unchanged', async () => {
    const structure = columns.map(({ name, type }) => `${name} ${wireType(type)}`).join(', ')
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 20 }), async (rows) => {
        await engine.write('TRUNCATE TABLE default.t')
        await withBlockFile([directory], [encodeBlock(columns, rows)], (path) => engine.write(`INSERT INTO default.t SELECT * FROM file(${sqlText(path)}, 'Native', ${sqlText(structure)})`))
        const found = decodeRows(await engine.read('SELECT * FROM default.t', { format: 'RowBinaryWithNamesAndTypes' }))
        expect(found.map((row) => ({ ...row }))).toEqual(rows.map((row) => ({ ...row })))
      }),
      { numRuns: 40 },
    )
  })

  it('name row and column of what does not fit, and what the table does not have', () => {
    const table: readonly Column[] = [{ name: 'n', type: parseType('Int64') }, { name: 'm', type: parseType('UInt8') }, { name: 's', type: parseType('Array(String)') }]
    const good = { n: 1n, m: 1, s: ['x'] }
    const refused: readonly (readonly [Row, string])[] = [
      [{ ...good, n: 2n ** 63n }, 'row 1, column n'], [{ ...good, n: -(2n ** 63n) - 1n }, 'row 1, column n'], [{ ...good, n: 1.5 }, 'row 1, column n'],
      [{ ...good, m: 256 }, 'row 1, column m'], [{ ...good, m: -1n }, 'row 1, column m'], [{ n: 1n, m: 1 }, 'row 1, column s'], [{ ...good, s: [1] }, 'row 1, column s'],
      [{ ...good, t: '' }, 'row 1: the table has no column "t"'],
    ]
    for (const [row, words] of refused) expect(() => encodeBlock(table, [good, row, good])).toThrow(words)
    expect(encodeBlock(table, [good, { s: ['x'], m: 1n, n: 1 }])).toEqual(encodeBlock(table, [good, good]))
  })

  it('read what only queries make: Nullable, Tuple, FixedString, dates', async () => {
    const sql = "SELECT NULL AS n, toNullable(5::UInt8) AS m, (1::UInt8, 'x') AS t, toFixedString('ab', 2) AS f, toDate('1970-01-03') AS d, toDateTime(7) AS s, map('k', [1::UInt8]) AS k, CAST((1, 'y'), 'Tuple(a UInt8, b String)') AS named"
    expect(decodeRows(await engine.read(sql, { format: 'RowBinaryWithNamesAndTypes' })).map((row) => ({ ...row }))).toEqual(
      [{ n: null, m: 5, t: [1, 'x'], f: 'ab', d: 2, s: 7, k: new Map([['k', [1]]]), named: [1, 'y'] }])
  })

  it('leave no file behind, also not where a process died', async () => {
    let during: string[] = []
    const failed = withBlockFile([join(directory, 'missing'), directory], [Buffer.from('x')], () => {
      during = readdirSync(directory).filter((name) => name.startsWith('watchkeeper-block-'))
      return Promise.reject(new Error('no'))
    })
    await expect(failed).rejects.toThrow('no')
    expect(during).toHaveLength(1)
    await expect(withBlockFile([join(directory, 'missing')], [Buffer.from('x')], () => Promise.resolve())).rejects.toMatchObject({ kind: 'unavailable' })
    writeFileSync(join(directory, `watchkeeper-block-4194305-${'0'.repeat(32)}`), '')
    writeFileSync(join(directory, `watchkeeper-block-${process.pid}-${'0'.repeat(32)}`), '')
    expect(removeLeftovers([directory])).toBe(1)
  })
})
