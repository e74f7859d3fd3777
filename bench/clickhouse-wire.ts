/**
 * What a block of events costs on its way to a ClickHouse server, by compression: CPU of this process a row (making the block not counted) and
 * bytes a row. `node bench/clickhouse-wire.js [rounds]`. The other end is a process that throws everything away: no server runs here.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseType } from '../infra/clickhouse/column-type.ts'
import { EventEncoder } from '../infra/clickhouse/native-events.ts'
import { ServerLink } from '../infra/clickhouse/server/link.ts'
import { type ServerStoreOptions, withDefaults } from '../infra/clickhouse/server/options.ts'
import { expectedShapes } from '../infra/clickhouse/server/shape.ts'
import { eventAt } from './store-rows.ts'

const ROWS = 10_000
const rounds = Number(process.argv[2] ?? 8)
const SINK = `require('node:http').createServer((q, s) => { let n = 0; q.on('data', (c) => { n += c.length }).on('end', () => {
  s.writeHead(200, { 'X-ClickHouse-Query-Id': new URL(q.url, 'http://x').searchParams.get('query_id'), 'X-Bytes': n }).end(); console.log(n) }) })
  .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

const sink = spawn(process.execPath, ['-e', SINK], { stdio: ['ignore', 'pipe', 'inherit'] })
const lines = createInterface({ input: sink.stdout })
const nextLine = async (): Promise<number> => Number((await once(lines, 'line'))[0])
const url = `http://127.0.0.1:${await nextLine()}`

const shape = expectedShapes().find(({ table }) => table === 'audit_events')?.columns ?? []
const columns = shape.map(([name, type]) => ({ name, type: parseType(type) }))
const encoder = new EventEncoder(columns)
const blocks = Array.from({ length: 4 }, (_, i) => {
  const rows = Array.from({ length: ROWS }, (_, row) => eventAt(i * ROWS + row, 4 * ROWS))
  return encoder.encode(rows).parts.map((part) => Buffer.from(part))
})

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}
const WAYS = ['none', 'gzip'] as const satisfies readonly ServerStoreOptions['compression'][]
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const links = new Map(WAYS.map((compression) => [compression, new ServerLink(withDefaults({ url, user: 'default', compression, clock }))]))
const spent = new Map<string, number[]>(WAYS.map((way) => [way, []]))
const bytes = new Map<string, number>()
for (let round = 0; round <= rounds; round++) {
  for (const [way, link] of links) {
    const before = cpuMicros()
    for (const body of blocks) {
      const counted = nextLine()
      await link.send({ sql: 'INSERT INTO watchkeeper.audit_events FORMAT Native', body })
      bytes.set(way, (await counted) / ROWS)
    }
    if (round > 0) spent.get(way)?.push((cpuMicros() - before) / (blocks.length * ROWS))
  }
}
for (const way of WAYS) {
  const sorted = [...(spent.get(way) ?? [])].sort((a, b) => a - b)
  const [least, middle, most] = [0, sorted.length >> 1, sorted.length - 1].map((at) => sorted[at]?.toFixed(2))
  const size = bytes.get(way)?.toFixed(0)
  process.stdout.write(`${way.padEnd(6)} ${size} bytes/row, ${middle} CPU-µs/row (${least} to ${most} in ${sorted.length} rounds)\n`)
}
for (const link of links.values()) await link.close()
sink.kill()
