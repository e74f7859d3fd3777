import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sqlText, sqlTexts, sqlTime } from './sql-literal.ts'

/** What ClickHouse reads: backslash escapes, `\xHH` bytes; an unescaped quote ends it. */
function read(literal: string): string {
  const bytes: number[] = []
  const inner = Buffer.from(literal.slice(1, -1))
  for (let i = 0; i < inner.length; i++) {
    const byte = inner[i]!
    if (byte === 39) throw new Error('the literal ends early')
    if (byte !== 92) bytes.push(byte)
    else if (inner[++i] === 120) {
      bytes.push(Number.parseInt(inner.toString('latin1', i + 1, i + 3), 16))
      i += 2
    } else bytes.push(inner[i]!)
  }
  return Buffer.from(bytes).toString()
}

describe('sql literals', () => {
  it('are read as the text they were made from, and never end early', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const literal = sqlText(text)
      expect(literal.startsWith("'") && literal.endsWith("'")).toBe(true)
      expect(read(literal)).toBe(Buffer.from(text).toString())
      expect(literal).not.toMatch(/[\u0000-\u001f\u202e\u2028]/)
    }))
  })

  it('hold what an attacker writes', () => {
    expect(sqlText("x' OR 1=1 --")).toBe("'x\\' OR 1=1 --'")
    expect(sqlText("\\'; DROP TABLE x")).toBe("'\\\\\\'; DROP TABLE x'")
    expect(sqlText('a\nb\u202e')).toBe("'a\\x0ab\\xe2\\x80\\xae'")
    expect(sqlTexts([])).toBe('(NULL)')
    expect(sqlTexts(['a', "b'"])).toBe("('a', 'b\\'')")
  })

  it('write times to the nanosecond, and survive wild clocks', () => {
    expect(sqlTime(1_795_225_724_644_000_001n)).toBe("toDateTime64('2026-11-21 01:48:44.644000001', 9, 'UTC')")
    expect(sqlTime(-5n)).toBe("toDateTime64('1970-01-01 00:00:00.000000000', 9, 'UTC')")
    expect(sqlTime(2n ** 63n)).toContain('2261-')
  })
})
