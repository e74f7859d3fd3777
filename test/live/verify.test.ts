/** A real server, killed and altered: what `watchkeeper verify` says of the tables that it leaves behind. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { bodyTemplate, freshBody } from '../../bench/otlp-body.ts'
import { ask, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { EVENT_BLANKS } from '../../infra/clickhouse/removal/places.ts'
import { notesIn } from '../../services/verify/note-file.ts'
import type { Report } from '../../services/verify/verdict.ts'

/** What an erasure leaves of a row. */
const BLANKS = Object.entries(EVENT_BLANKS).map(([column, blank]) => `${column} = ${blank}`).filter((text) => !text.startsWith('actor =')).join(', ')
const CLI = fileURLToPath(new URL('../../dist/services/cli.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-verify-'))
const dataDir = join(folder, 'data')
const anchor = join(folder, 'anchor.txt')
const config = join(folder, 'watchkeeper.yaml')
let server: ServerProcess | undefined

/** What the command line answers, and how it ended. */
function watchkeeper(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { maxBuffer: 1 << 26 }, (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out: out === '' ? err : out }))
  })
}

/** Of the file of the embedded log. */
const PAGE = 4_096
const keyFile = join(dataDir, 'keys', 'notary.pub')
async function verified(...args: string[]): Promise<Report & { readonly code: number }> {
  const { code, out } = await watchkeeper('verify', '--json', '--key', keyFile, '--anchor', anchor, ...args)
  return { ...(JSON.parse(out) as Report), code }
}

/** Runs statements on tables that nobody has open, and ends: an engine has one directory a process. */
async function alter(directory: string, ...statements: string[]): Promise<unknown[][]> {
  const script = `import { Session } from 'chdb'
    const session = new Session(process.argv[1])
    let last = ''
    for (const sql of process.argv.slice(2)) last = (await session.queryAsync(sql, { format: 'JSONCompactEachRow' })).text()
    process.stdout.write(last)
    session.close()`
  const out = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '-e', script, '--', join(directory, 'tables'), ...statements], { cwd: process.cwd() }, (error, text, said) => (error === null ? resolve(text) : reject(new Error(said))))
  })
  return out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as unknown[])
}

async function send(target: ServerProcess, bodies: number): Promise<number> {
  const template = bodyTemplate()
  const answers = await Promise.all(Array.from({ length: bodies }, () =>
    fetch(`${target.otlpHttp}/v1/traces`, { method: 'POST', body: freshBody(template, Date.now()), headers: { 'content-type': 'application/x-protobuf' } }).then(({ status }) => status, () => 0)))
  return answers.filter((status) => status === 200).length
}

/** Every stored event stands under an anchored checkpoint. */
async function anchored(target: ServerProcess): Promise<void> {
  await expect.poll(async () => {
    const [[rows, signed] = []] = await ask(target, "SELECT (SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'), (SELECT sum(size) FROM (SELECT max(size) AS size FROM watchkeeper.checkpoints WHERE partition >= 0 GROUP BY log))")
    const kept = existsSync(anchor) ? notesIn(readFileSync(anchor, 'utf8')).length : 0
    const [[made] = []] = await ask(target, 'SELECT max(size) FROM watchkeeper.checkpoints WHERE partition = -1')
    return Number(rows) > 0 && Number(signed) >= Number(rows) && kept > 0 && Number(made) > 0
  }, { timeout: 60_000, interval: 250 }).toBe(true)
}

afterAll(async () => {
  if (server !== undefined) await stopServer(server)
  rmSync(folder, { recursive: true, force: true })
})

it('says 0 of what a killed server left, 3 without a key, and 0 of it running again', { timeout: 240_000 }, async () => {
  writeFileSync(config, `audit:\n  name: verify.example\n  checkpoint_seconds: 1\n  anchors:\n    - { type: file, name: outside, path: ${anchor}, every_seconds: 1 }\n`)
  server = await startServer({ dataDir, config })
  expect(await send(server, 60)).toBeGreaterThan(0)
  await anchored(server)
  // In the middle of more.
  const more = send(server, 200)
  await expect.poll(async () => Number((await ask(server as ServerProcess, 'SELECT count() FROM watchkeeper.audit_events'))[0]?.[0]), { timeout: 30_000 }).toBeGreaterThan(0)
  await stopServer(server, 'SIGKILL')
  await more
  expect(await verified('--data-dir', dataDir)).toMatchObject({ code: 0, exit_code: 0, verdict: 'ok', faults: [] })
  expect(await verified('--data-dir', dataDir, '--from-log')).toMatchObject({ code: 0, verdict: 'ok', faults: [] })
  expect((await watchkeeper('verify', '--data-dir', dataDir, '--json')).code).toBe(3)
  expect((await watchkeeper('verify', '--data-dir', folder, '--json')).code).toBe(3)
  expect((await watchkeeper('verify', '--nonsense')).code).toBe(3)
  server = await startServer({ dataDir, config })
  await send(server, 20)
  await anchored(server)
  const report = await verified('--url', server.sql)
  expect([report.code, report.faults, report.notes]).toEqual([0, [], []])
  expect(report.partitions.reduce((sum, { anchored: size }) => sum + size, 0)).toBeGreaterThan(0)
  await stopServer(server)
  server = undefined
})

it('names the row that was altered, deleted or put in, and the leaf; also in an exported folder', { timeout: 480_000 }, async () => {
  const [[eventId, index] = []] = await alter(dataDir, "SELECT event_id, toFloat64(leaf_index) FROM watchkeeper.event_leaves WHERE event_id IN (SELECT event_id FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper') ORDER BY leaf_index LIMIT 1 OFFSET 17")
  const [[between] = []] = await alter(dataDir, 'SELECT toFloat64(size) FROM watchkeeper.checkpoints WHERE partition = -1 ORDER BY size LIMIT 1 OFFSET 1')
  const settings = 'SETTINGS mutations_sync = 2'
  const cases: readonly (readonly [string, number, string])[] = [
    [`ALTER TABLE watchkeeper.audit_events UPDATE tool = 'harmless' WHERE event_id = '${eventId}' ${settings}`, 1, 'row-changed'],
    [`ALTER TABLE watchkeeper.audit_events DELETE WHERE event_id = '${eventId}' ${settings}`, 2, 'row-missing'],
    [`INSERT INTO watchkeeper.audit_events SELECT * REPLACE ('${'e'.repeat(32)}' AS event_id) FROM (SELECT * FROM watchkeeper.audit_events WHERE event_id = '${eventId}')`, 1, 'row-extra'],
    [`ALTER TABLE watchkeeper.event_leaf_versions UPDATE tenant = 'other' WHERE leaf_index = ${Number(index)} ${settings}`, 1, 'leaf-changed'],
    [`ALTER TABLE watchkeeper.event_leaf_versions DELETE WHERE leaf_index = ${Number(index)} ${settings}`, 1, 'leaf-order'],
    [`ALTER TABLE watchkeeper.audit_events UPDATE salt = '', erasure = 'e1', ${BLANKS} WHERE event_id = '${eventId}' ${settings}`, 1, 'removal-undeclared'],
    [`ALTER TABLE watchkeeper.checkpoint_versions DELETE WHERE partition = -1 AND size = ${Number(between)} ${settings}`, 2, 'checkpoint-missing'],
  ]
  const copy = join(folder, 'copy')
  for (const [sql, code, kind] of cases) {
    cpSync(dataDir, copy, { recursive: true })
    await alter(copy, sql)
    const report = await verified('--data-dir', copy)
    expect([report.code, report.faults.map((fault) => fault.kind)], sql).toEqual([code, expect.arrayContaining([kind])])
    if (!/row-extra|undeclared|checkpoint/.test(kind)) expect(report.first_bad?.index, sql).toBe(Number(index))
    rmSync(copy, { recursive: true })
  }
  cpSync(dataDir, copy, { recursive: true })
  const segment = join(copy, 'bus', 'log', 'data.mdb')
  const pages = readFileSync(segment)
  // Envelopes, found by how they begin: sealed, so that nothing else in them can be read. Large ones, on pages of their own: what looks like a small one may be left over on a page that by now holds the tree of pages.
  for (let at = pages.indexOf('WKS1'); at >= 0; at = pages.indexOf('WKS1', at + 1)) if (at % PAGE < 128) pages[at + 40]! ^= 1
  writeFileSync(segment, pages)
  const flipped = await verified('--data-dir', copy, '--from-log')
  expect([flipped.code, flipped.faults[0]?.kind]).toEqual([2, 'row-missing'])
  expect((await verified('--data-dir', copy)).code).toBe(0)
  const evidence = join(folder, 'evidence')
  expect((await watchkeeper('evidence', 'export', evidence, '--data-dir', dataDir)).code).toBe(0)
  expect(await verified(evidence, '--require-signature')).toMatchObject({ code: 0, verdict: 'ok', attribution: 'ok' })
  const [manifest, seal] = [join(evidence, 'manifest.json'), join(evidence, 'manifest.note')]
  const [told, signature] = [readFileSync(manifest, 'utf8'), readFileSync(seal, 'utf8')]
  writeFileSync(manifest, told.replace('"made_by": "', '"made_by": "not '))
  expect((await verified(evidence)).faults.map(({ kind }) => kind)).toEqual(['manifest-changed'])
  writeFileSync(manifest, told)
  rmSync(seal)
  expect([(await verified(evidence)).code, (await verified(evidence, '--require-signature')).code]).toEqual([0, 3])
  writeFileSync(seal, signature)
  expect((await watchkeeper('evidence', 'proof', String(eventId), '--from', evidence, '--out', folder)).code).toBe(0)
  for (const name of [`${String(eventId)}.tlog-proof`, `${String(eventId)}.log.tlog-proof`]) {
    expect((await watchkeeper('evidence', 'check', join(folder, name), '--key', keyFile)).code).toBe(0)
  }
  const rows = join(evidence, 'rows', '000000.bin')
  const bytes = readFileSync(rows)
  bytes[bytes.indexOf('tools/call')]! ^= 1
  writeFileSync(rows, bytes)
  expect((await verified(evidence)).code).toBe(1)
})
