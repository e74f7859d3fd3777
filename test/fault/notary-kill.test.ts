/** kill -9 while events are stored and signed: each stored event has its leaf, and every checkpoint that ever left is true of the log as it is in the end. */
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bodyTemplate, freshBody } from '../../bench/otlp-body.ts'
import { ask, removeData, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { bodyOf } from '../../schemas/checkpoint.ts'
import { leafHash, rootOf } from '../../schemas/merkle.ts'
import { openNote, parseCheckpoint, parseVerifierKey, type Verifier } from '../../schemas/note.ts'

const KILLS = 6
const TOP = 'kill.example/log/log'
const SENDERS = 2
const folder = mkdtempSync(join(tmpdir(), 'wk-notary-kill-'))
const anchorFile = join(folder, 'anchors.txt')
const config = join(folder, 'config.yaml')
let server: ServerProcess
beforeAll(async () => {
  writeFileSync(config, `bus: { partitions: 2 }
audit: { name: kill.example/log, checkpoint_seconds: 1, checkpoint_events: 500, anchors: [{ type: file, name: disk, path: ${anchorFile}, every_seconds: 1 }] }
`)
  server = await startServer({ config })
})
afterAll(async () => {
  await stopServer(server)
  removeData(server)
  rmSync(folder, { recursive: true, force: true })
})

const template = bodyTemplate()

/** Sends until the server is gone. */
async function sender(): Promise<void> {
  for (;;) {
    const answer = await fetch(`${server.otlpHttp}/v1/traces`, {
      method: 'POST', body: freshBody(template, Date.now()), headers: { 'content-type': 'application/x-protobuf' },
    }).then(async (response) => { await response.arrayBuffer(); return response.status }, () => 0)
    if (answer === 0) return
    await wait(20)
  }
}

interface Told {
  readonly origin: string
  readonly size: number
  readonly root: string
}

/** Checkpoints in `notes` that are signed with the server's key; the others are none. */
function signed(notes: readonly string[]): readonly Told[] {
  const verifier = parseVerifierKey(readFileSync(join(server.dataDir, 'keys', 'notary.pub'), 'utf8').trim()) as Verifier
  return notes.map((note) => {
    const opened = openNote(note, [verifier])
    const checkpoint = 'body' in opened ? parseCheckpoint(opened.body) : undefined
    if (checkpoint === undefined) throw new Error(`no checkpoint of this server: ${note}`)
    return { ...checkpoint, root: checkpoint.root.toString('hex') }
  })
}

async function logs(): Promise<ReadonlyMap<string, readonly Buffer[]>> {
  const found = new Map<string, Buffer[]>()
  for (const [partition, index, leaf] of await ask(server, 'SELECT partition, leaf_index, leaf_hash FROM event_leaves ORDER BY partition, leaf_index')) {
    const origin = `kill.example/log/events/${partition}`
    const log = found.get(origin) ?? []
    found.set(origin, log)
    expect(Number(index)).toBe(log.length)
    log.push(Buffer.from(leaf ?? '', 'hex'))
  }
  const bodies = await ask(server, "SELECT log_index, base64Encode(note) FROM checkpoints WHERE log_index >= 0 ORDER BY log_index")
  expect(bodies.map(([index]) => Number(index))).toEqual(bodies.map((_, i) => i))
  return found.set(TOP, bodies.map(([, note]) => leafHash(Buffer.from(bodyOf(Buffer.from(note ?? '', 'base64').toString())))))
}

it(`signs nothing that is not so in the end, over ${KILLS} kills`, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const delay = randomInt(1_000, 4_000)
    console.log(`kill ${kill + 1} after ${delay} ms`)
    const senders = Array.from({ length: SENDERS }, () => sender())
    await wait(delay)
    await stopServer(server, 'SIGKILL')
    await Promise.all(senders)
    server = await startServer({ dataDir: server.dataDir, config })
  }
  // Asking makes events of its own: what counts is that each of those from before has its leaf.
  const until = new Date(Date.now()).toISOString().replace('T', ' ').replace('Z', '')
  const bare = `SELECT count() FROM audit_events WHERE received_at < '${until}' AND event_id NOT IN (SELECT event_id FROM event_leaves)`
  await expect.poll(async () => Number((await ask(server, bare))[0]?.[0]), { timeout: 60_000, interval: 500 }).toBe(0)
  expect(Number((await ask(server, 'SELECT count() - uniqExact(event_id) FROM event_leaves'))[0]?.[0])).toBe(0)
  const anchored = signed(readFileSync(anchorFile, 'utf8').split(/(?<=\n— [^\n]*\n)\n/).filter((note) => note !== ''))
  const made = signed((await ask(server, 'SELECT base64Encode(note) FROM checkpoints')).map(([note]) => Buffer.from(note ?? '', 'base64').toString()))
  // What was signed last is on its way to the table.
  const furthest = Math.max(...[...anchored, ...made].filter(({ origin }) => origin === TOP).map(({ size }) => size))
  await expect.poll(async () => Number((await ask(server, 'SELECT max(log_index) + 1 FROM checkpoints'))[0]?.[0]), { timeout: 30_000, interval: 500 }).toBeGreaterThanOrEqual(furthest)
  const all = await logs()
  expect([made.length > KILLS, anchored.length > 1]).toEqual([true, true])
  for (const { origin, size, root } of [...made, ...anchored]) {
    const log = all.get(origin) ?? []
    expect([origin, size, log.length >= size && rootOf(log, 0, size).toString('hex')]).toEqual([origin, size, root])
  }
}, 240_000)
