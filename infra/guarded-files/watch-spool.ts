/** Reads the spool as long as the process runs. */
import { makeFolder } from '../durable-files/make-folder.ts'
import { drainSpool, type SpoolReader, spoolOf } from './admin-spool.ts'
import { watchFile } from './watch-file.ts'

const RETRY_MS = 30_000

export interface SpoolWatch {
  close(): Promise<void>
}

/** What cannot be taken now (`failed` says why) is tried again with the next file, and every half minute. */
export async function watchSpool(dataDir: string, reader: SpoolReader & { failed(error: unknown): void }): Promise<SpoolWatch> {
  const folder = spoolOf(dataDir)
  makeFolder(folder)
  const known = new Set<string>()
  let running: Promise<void> = Promise.resolve()
  const once = () => drainSpool(dataDir, reader, known).catch((error: unknown) => reader.failed(error))
  const drain = (): Promise<void> => (running = running.then(once))
  const watch = await watchFile(folder, drain)
  const timer = setInterval(() => void drain(), RETRY_MS).unref()
  return {
    async close() {
      clearInterval(timer)
      await watch.close()
      await running
    },
  }
}
