import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { EngineError } from './engine-error.ts'
import { openEngine } from './engine.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-engine-'))
const engine = openEngine({ directory, readers: 2 })
afterAll(async () => {
  await engine.close()
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})
const text = async (sql: string, parameters = {}): Promise<string> => String(await engine.read(sql, { format: 'RawBLOB', parameters }))

describe('the engine in the process', () => {
  it('returns binary results byte for byte', async () => {
    const native = await engine.read("SELECT unhex('00ff8041') AS x", { format: 'Native' })
    expect(native).toEqual(Buffer.from([1, 1, 1, 0x78, 6, ...Buffer.from('String'), 4, 0, 0xff, 0x80, 0x41]))
  })

  it('keeps what was written, in order of the calls', async () => {
    await Promise.all([
      engine.write('CREATE TABLE default.t (n UInt32) ENGINE = MergeTree ORDER BY n'),
      engine.write('INSERT INTO default.t SELECT number FROM numbers(5)'),
    ])
    expect(await text('SELECT toString(count()) FROM default.t')).toBe('5')
  })

  it('binds any text and any list as data', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary-ascii', maxLength: 60 }), fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }), async (one, many) => {
        expect(await text('SELECT {one:String}', { one })).toBe(one)
        expect(JSON.parse(await text('SELECT toJSONString({many:Array(String)})', { many }))).toEqual(many)
      }),
      { numRuns: 60 },
    )
  })

  it('does not let one read see settings or parameters of another', async () => {
    await engine.read('SELECT {x:String}', { parameters: { x: 'a' }, settings: { readonly: 1, max_threads: 1 } })
    await expect(engine.read('SELECT {x:String}')).rejects.toMatchObject({ code: 456, symbol: 'UNKNOWN_QUERY_PARAMETER' })
    expect(await text("SELECT toString(getSetting('readonly'))")).toBe('0')
  })

  it('runs reads in parallel and lets more wait', async () => {
    const both = await Promise.all(Array.from({ length: 6 }, (_, i) => text(`SELECT toString(${i} + sleep(0.05))`)))
    expect(both).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(engine.waiting).toBe(0)
  })

  it('gives errors their code and name', async () => {
    const failed = await engine.read('SELECT * FROM nowhere.nothing').catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(EngineError)
    expect(failed).toMatchObject({ code: 81, symbol: 'UNKNOWN_DATABASE', message: 'Database nowhere does not exist' })
    await expect(engine.write("SELECT throwIf(1, '(X) Code: 7. DB::Exception: no. (FAKE)')")).rejects.toMatchObject({ code: 395, symbol: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' })
  })

  describe('kills a query when asked', () => {
    const ENDLESS = 'SELECT max(sipHash64(number)) FROM numbers(1000000000000) SETTINGS max_execution_time = 20'
    // By its text: a statement that failed stays in the list for as long as its session has no other.
    const running = (): Promise<string> => text("SELECT toString(count()) FROM system.processes WHERE startsWith(query, 'SELECT max(sipHash64')")

    it('while it runs', async () => {
      const stop = new AbortController()
      const slow = engine.read(ENDLESS, { signal: stop.signal })
      slow.catch(() => undefined)
      while (await running() === '0') await engine.read('SELECT 1')
      stop.abort()
      await expect(slow).rejects.toMatchObject({ code: 394 })
      await expect(engine.read('SELECT 1', { signal: stop.signal })).rejects.toMatchObject({ code: 394 })
    })

    it('at whatever moment of its start', async () => {
      const codes: unknown[] = []
      for (let turns = 0; turns < 200; turns++) {
        const stop = new AbortController()
        const slow = engine.read(ENDLESS, { signal: stop.signal })
        const code = slow.catch((error: unknown) => (error as EngineError).code)
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        stop.abort()
        codes.push(await code)
      }
      expect(codes).toEqual(codes.map(() => 394))
    })
  })

  it('looks at the memory of the process once a second', async () => {
    const bytes = await engine.read("SELECT value FROM system.server_settings WHERE name = 'memory_worker_period_ms'", { format: 'TSV' })
    expect(String(bytes)).toBe('1000\n')
  })

  it('says why a directory cannot be used', () => {
    const file = join(directory, 'a-file')
    writeFileSync(file, '')
    expect(() => openEngine({ directory: file, readers: 1 })).toThrow(/cannot be used \(EEXIST\)/)
    const other = mkdtempSync(join(tmpdir(), 'wk-engine-'))
    expect(() => openEngine({ directory: other, readers: 1 })).toThrow(Failure)
    if (process.getuid?.() !== 0) {
      chmodSync(other, 0o500)
      expect(() => openEngine({ directory: other, readers: 1 })).toThrow(/EACCES/)
    }
    rmSync(other, { recursive: true })
  })
})
