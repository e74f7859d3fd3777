import { randomBytes } from 'node:crypto'
import { createGzip, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { InFlight } from './in-flight.ts'
import { inflate } from './inflate.ts'

const MIB = 1024 * 1024
const MAX = 64 * MIB

/** A gzip file of `size` zero bytes, made piece by piece. */
async function bomb(size: number): Promise<Buffer> {
  const gzip = createGzip({ level: 9 })
  const pieces: Buffer[] = []
  const done = (async () => {
    for await (const piece of gzip as AsyncIterable<Buffer>) pieces.push(piece)
  })()
  const zeroes = Buffer.alloc(4 * MIB)
  for (let at = 0; at < size; at += zeroes.length) if (!gzip.write(zeroes)) await new Promise((resolve) => gzip.once('drain', resolve))
  gzip.end()
  await done
  return Buffer.concat(pieces)
}

/** The same file with another word about its size. */
function saying(size: number, file: Buffer): Buffer {
  const lie = Buffer.from(file)
  lie.writeUInt32LE(size, lie.length - 4)
  return lie
}

const gunzip = (body: Buffer, budget = new InFlight(4 * MAX)) => inflate(body, MAX, budget.lease())

describe('inflate', () => {
  it.each([0, 1, 1000, 3 * MIB])('gives back %i bytes', async (size) => {
    const content = randomBytes(size)
    expect((await gunzip(gzipSync(content))).equals(content)).toBe(true)
  })

  it('takes several files in one, as gzip allows', async () => {
    const content = Buffer.concat([gzipSync(Buffer.alloc(5000, 'a')), gzipSync(Buffer.from('b'))])
    expect((await gunzip(content)).toString()).toBe(`${'a'.repeat(5000)}b`)
  })

  it.each([
    ['cut off', gzipSync(Buffer.alloc(10_000, 'abc')).subarray(0, 40), /cut off|not gzip/],
    ['cut off within its last bytes', gzipSync(randomBytes(5000)).subarray(0, -3), /cut off|not gzip/],
    ['no gzip', Buffer.from('{"resourceSpans":[]}'), /not gzip/],
    ['damaged', Buffer.concat([gzipSync(randomBytes(200)).subarray(0, 100), Buffer.alloc(120, 1)]), /not gzip|cut off/],
    ['a lie about its size that promises more', saying(9000, gzipSync(Buffer.from('abc'))), /not gzip/],
  ])('refuses what is %s', async (_what, body, sentence) => {
    await expect(gunzip(body)).rejects.toMatchObject({
      kind: 'rejected', code: 'otlp.undecodable', message: expect.stringMatching(sentence) as string,
    })
  })

  it('refuses a bomb of 1 GiB by what it says, without inflating, and by what comes out when it lies', async () => {
    const file = await bomb(1024 * MIB)
    expect(file.length).toBeLessThan(1.2 * MIB)
    const budget = new InFlight(4 * MAX)
    const before = process.memoryUsage.rss()
    await expect(gunzip(file, budget)).rejects.toMatchObject({ kind: 'rejected', code: 'otlp.too_large' })
    await expect(gunzip(saying(100, file), budget)).rejects.toMatchObject({ kind: 'rejected', code: 'otlp.too_large' })
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * MIB)
  })

  it('refuses a small bomb that lies, as late as the limit', async () => {
    const file = saying(10, gzipSync(Buffer.alloc(100 * MIB)))
    expect(file.length).toBeLessThan(256 * 1024)
    await expect(gunzip(file)).rejects.toMatchObject({ code: 'otlp.too_large' })
  })

  it('asks to come again where too much is being worked on', async () => {
    const budget = new InFlight(MIB)
    const other = budget.lease()
    expect(other.grow(MIB - 10)).toBe(true)
    await expect(gunzip(gzipSync(Buffer.alloc(1000)), budget)).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 1 })
    await expect(gunzip(gzipSync(Buffer.alloc(4 * MIB)), budget)).rejects.toMatchObject({ kind: 'unavailable' })
    other.release()
    expect((await gunzip(gzipSync(Buffer.alloc(1000)), budget)).length).toBe(1000)
  })
})

describe('InFlight', () => {
  it('counts what is held and gives it back once', () => {
    const budget = new InFlight(100)
    const [one, two] = [budget.lease(), budget.lease()]
    expect([one.grow(60), two.grow(60), two.grow(40), one.grow(1)]).toEqual([true, false, true, false])
    one.release()
    one.release()
    expect(budget.used).toBe(40)
  })

  it('lets a request that is alone grow as far as its own limit', () => {
    const budget = new InFlight(100)
    const one = budget.lease()
    expect([one.grow(90), one.grow(90)]).toEqual([true, true])
    expect(budget.lease().grow(1)).toBe(false)
  })
})
