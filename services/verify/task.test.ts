import { expect, it } from 'vitest'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import { packRecord } from '../../schemas/packed-record.ts'
import { makeLog } from '../../test/verify/made-log.ts'
import { NO_LEAVES } from './leaf-task.ts'
import { type Job, RunningTask } from './task.ts'

const KEY = Buffer.alloc(16, 7)
const log = makeLog({ seed: 3, partitions: 1, events: 40, every: 10 })
const LEAVES: Job = { kind: 'leaves', partition: 0, state: NO_LEAVES, claims: { sizes: new Float64Array(0), roots: Buffer.alloc(0) }, key: KEY, tenants: undefined }
const ROWS: Job = { kind: 'rows', frontiers: [{ partition: 0, offset: 1e9, offsetIndex: 0 }], key: KEY }

/** The result where each piece lies in memory that is written over when it was taken. */
function resultOf(job: Job, stream: Buffer, length: number): unknown {
  const task = new RunningTask(job)
  const memory = Buffer.alloc(length)
  for (let at = 0; at < stream.length; at += length) {
    const piece = memory.subarray(0, stream.copy(memory, 0, at))
    task.take(piece)
    memory.fill(0xff)
  }
  return task.end()
}

it('says the same however the stream is cut, and keeps nothing of the memory that a piece lay in', () => {
  const canonical = encodeCanonical({ ...exampleAuditEvent, salt: 'a'.repeat(32), arguments: 'x'.repeat(300_000) })
  const long = packRecord({ bytes: canonical.bytes, partition: 0, offset: 1e6, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 })
  const rows = Buffer.concat([...log.rows.slice(0, 20), long, ...log.rows.slice(20)])
  for (const [job, stream, lengths] of [[ROWS, rows, [997, 70_000]], [LEAVES, Buffer.concat(log.leaves[0] ?? []), [1, 60, 211]]] as const) {
    const whole = resultOf(job, stream, stream.length)
    expect(whole).toMatchObject({ faults: [] })
    for (const length of lengths) expect(resultOf(job, stream, length)).toEqual(whole)
  }
})

it('tells what the stream breaks off in', () => {
  expect(resultOf(ROWS, (log.rows[0] as Buffer).subarray(0, -1), 100)).toMatchObject({ rows: 0, faults: [{ kind: 'rows-damaged' }] })
  expect(resultOf(LEAVES, (log.leaves[0]?.[0] as Buffer).subarray(0, -1), 10)).toMatchObject({ faults: [{ kind: 'leaves-damaged' }] })
})
