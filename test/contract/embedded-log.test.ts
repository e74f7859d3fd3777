import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedLogOptions, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openLocalRing } from '../../infra/sealing/key-folder.ts'
import { sealedBus } from '../../infra/sealing/sealed-bus.ts'
import type { Bus } from '../../schemas/ports.ts'
import { busContract } from './bus.ts'
import { type OpenBus, PARTITIONS } from './bus-fixture.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }

async function open(tailCacheBytes: number, sealed: boolean): Promise<OpenBus> {
  const directory = await mkdtemp(join(tmpdir(), 'wk-log-'))
  const ring = sealed ? await openLocalRing(join(directory, 'keys'), Date.now()) : undefined
  const start = async (more: Partial<EmbeddedLogOptions> = {}): Promise<Bus> => {
    const log = await openEmbeddedLog({ directory: join(directory, 'bus'), partitions: PARTITIONS, clock, tailCacheBytes, ...more })
    return ring === undefined ? log : sealedBus(log, ring, new Set())
  }
  let bus: Bus = await start()
  const reopen = async (more?: Partial<EmbeddedLogOptions>): Promise<Bus> => {
    await bus.close()
    bus = await start(more)
    return bus
  }
  return {
    bus,
    reopen: async () => reopen(),
    // At a hard limit of one byte whatever retention allows goes; the publish that asks for room is refused.
    cut: async (topic) => {
      const small = await reopen({ retention: { [topic]: { bytes: 0, ageMs: 0 } }, maxBytes: 1 })
      const full = await small.publish({ name: topic, codec: { encode: () => Buffer.from('[]'), decode: () => [] } }, [{ key: 'key-0', record: 0 }])
        .then(() => undefined, (error: unknown) => error)
      if ((full as { code?: string } | undefined)?.code !== 'log.full') throw new Error('the log should have been full', { cause: full })
      return await reopen()
    },
    close: async () => {
      await bus.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

busContract('embedded log, readers at the tail from memory', () => open(64 * 1024 * 1024, false))
busContract('embedded log, every reader from disk', () => open(0, false))
busContract('embedded log, sealed, readers at the tail from memory', () => open(64 * 1024 * 1024, true))
