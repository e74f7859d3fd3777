import { expect, it } from 'vitest'
import { nothingSeen } from '../../detectors/stats/seen.ts'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { Failure } from '../../schemas/failure.ts'
import { EventRecord } from '../../schemas/topics.ts'
import { archiveEvents, type EventArchivePorts, type EventPartition } from './events.ts'
import { prepared } from './gate.ts'
import { LeafLog } from './leaves.ts'
import { archiverTelemetry } from './telemetry.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('a batch whose line in the ledger fails is not tried again while its leaves are on their way', async () => {
  let answer: () => void = () => undefined
  const asked = new Promise<void>((resolve) => { answer = resolve })
  const store: EventArchivePorts['store'] = {
    query: async () => [], places: async () => new Map(), eventIdsFrom: async () => [], insertEvents: async () => undefined,
    insertRows: async () => { throw new Failure('unavailable', 'store.connection', 'away') },
    insertLeaves: () => asked,
  }
  const ports: EventArchivePorts = {
    store, bus: { publish: async () => undefined, broadcast: async () => undefined }, telemetry: archiverTelemetry(),
    snapshots: { load: async () => undefined, save: async () => undefined }, keep: async () => true,
  }
  const held: EventPartition = { partition: 0, seen: nothingSeen(), unsaved: 0, cut: undefined, leaves: new LeafLog(0, store), time: 0n }
  const envelope = prepared({ partition: 0, offset: 0, records: EventRecord.together([exampleAuditEvent]) })
  let failure: unknown
  const archived = archiveEvents({ envelopes: [envelope], first: 0, next: 1, records: 1 }, held, ports).catch((error: unknown) => { failure = error })
  for (let i = 0; i < 10; i++) await turn()
  expect(failure).toBe(undefined)
  answer()
  await archived
  expect(failure).toMatchObject({ code: 'store.connection' })
})
