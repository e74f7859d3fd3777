/** `watchkeeper doctor`: what stands in the way of a start, each with what to do. */
import { createServer } from 'node:net'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostPort } from './config/load.ts'
import type { Config } from './config/schema.ts'

export interface Check {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
}

const LEAST_FREE_BYTES = 2_000_000_000
const EARLIEST = Date.UTC(2026, 0)

async function port(what: string, address: string): Promise<Check> {
  const { host, port: number } = hostPort(address)
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(number, host, () => server.close(() => resolve(undefined)))
  })
  if (error === undefined) return { what, ok: true, detail: `${address} is free` }
  const why = error.code === 'EADDRINUSE'
    ? 'in use (by a running watchkeeper, or another program): stop that, or choose another address'
    : `cannot be listened on: ${error.code}`
  return { what, ok: false, detail: `${address} is ${why}` }
}

async function dataDirectory(directory: string): Promise<Check[]> {
  const probe = join(directory, `.doctor-${process.pid}`)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(probe, 'x', { flush: true })
    await rm(probe)
  } catch (error) {
    return [{
      what: 'permissions', ok: false,
      detail: `${directory} cannot be written: ${(error as NodeJS.ErrnoException).code}. Give another --data-dir, or change its owner.`,
    }]
  }
  const { bavail, bsize } = await statfs(directory)
  const free = bavail * bsize
  return [
    { what: 'permissions', ok: true, detail: `${directory} can be written` },
    {
      what: 'disk', ok: free >= LEAST_FREE_BYTES,
      detail: `${(free / 1e9).toFixed(1)} GB free${free >= LEAST_FREE_BYTES ? '' : '; make room: below 2 GB the log will soon refuse'}`,
    },
  ]
}

async function engine(): Promise<Check> {
  const directory = mkdtempSync(join(tmpdir(), 'watchkeeper-doctor-'))
  try {
    const { openStore } = await import('../infra/clickhouse/store.ts')
    const store = openStore({ directory, readers: 1 })
    const [row] = await store.query('SELECT version() AS version')
    await store.close()
    return { what: 'engine', ok: true, detail: `ClickHouse ${String(row?.['version'])} in this process` }
  } catch (error) {
    return { what: 'engine', ok: false, detail: `the ClickHouse engine does not start: ${error instanceof Error ? error.message : String(error)}` }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function clock(): Check {
  const now = new Date()
  const ok = now.getTime() >= EARLIEST
  return { what: 'clock', ok, detail: `${now.toISOString()}${ok ? '' : ': this is before Watchkeeper was made; set the clock'}` }
}

export async function checkMachine(config: Config): Promise<readonly Check[]> {
  return [
    await port(
      'OTLP/HTTP', config.otlp.http,
    ), await port('OTLP/gRPC', config.otlp.grpc), await port('SQL', config.sql.listen), await port('API', config.api.listen),
    ...(await dataDirectory(config.data_dir)), await engine(), clock(),
  ]
}
