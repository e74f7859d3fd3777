import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { EvidenceSource } from '../../schemas/evidence.ts'
import { openEngine } from './engine.ts'
import { tableEvidence } from './evidence.ts'
import { openEngineEvidence } from './evidence-engine.ts'
import { openHttpEvidence } from './evidence-http.ts'
import { LAST_READ } from './evidence-version.ts'
import { migrate, readMigrations } from './migrate.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-evidence-version-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const migrations = readMigrations(new URL('./migrations/', import.meta.url))

async function read(source: EvidenceSource): Promise<unknown> {
  try {
    for await (const _ of source.checkpoints('log')) continue
    for await (const _ of source.leaves(0, 0, 10)) continue
    for await (const _ of source.rows({ id: '1', rows: 0 })) continue
    return 'read'
  } catch (error) {
    return error
  } finally {
    await source.close()
  }
}
const readTables = async (): Promise<unknown> => read(tableEvidence(await openEngineEvidence(directory)))

it('says what to do with tables of an earlier version, and that a table was dropped', { timeout: 120_000 }, async () => {
  for (const upTo of [6, 17, 18, 21]) {
    const engine = openEngine({ directory, readers: 1 })
    await migrate(engine, migrations.filter(({ number }) => number <= upTo))
    await engine.close()
    expect(await readTables()).toMatchObject({ kind: 'misconfigured', code: 'evidence.version', message: expect.stringContaining(`migration ${upTo}, and ${LAST_READ} is needed`) as unknown })
  }
  const engine = openEngine({ directory, readers: 1 })
  await migrate(engine, migrations)
  await engine.close()
  expect(await readTables()).toBe('read')
  const again = openEngine({ directory, readers: 1 })
  await again.write('DROP TABLE watchkeeper.event_leaf_versions')
  await again.close()
  expect(await readTables()).toMatchObject({ code: 'evidence.dropped', message: expect.stringContaining('somebody dropped') as unknown })
})

it('says the same of a server', async () => {
  const server: Server = createServer((request, response) => {
    let sql = ''
    request.on('data', (chunk: Buffer) => { sql += chunk.toString() })
    request.on('end', () => {
      if (sql.includes('schema_migrations')) return response.end('17\n')
      response.statusCode = 404
      return response.end("Code: 60. DB::Exception: Unknown table expression identifier 'watchkeeper.checkpoints' in scope SELECT 1. (UNKNOWN_TABLE) (version 26.1.1.1 (official build))\n")
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await read(tableEvidence(openHttpEvidence({ url })))).toMatchObject({ code: 'evidence.version', message: expect.stringContaining('migration 17') as unknown })
  server.close()
})
