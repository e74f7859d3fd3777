import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { snapshotsContract } from './snapshots.ts'

snapshotsContract('files', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wk-snapshots-'))
  const damaged: string[] = []
  const reopen = async () => openFileSnapshots(directory, ({ name }) => damaged.push(name))
  return {
    snapshots: await reopen(),
    reopen,
    damaged,
    damageNewest: async (name) => {
      const newest = (await readdir(directory)).filter((file) => file.startsWith(`${name}.`)).sort().at(-1)!
      const bytes = await readFile(join(directory, newest))
      bytes[bytes.length - 1]! ^= 1
      await writeFile(join(directory, newest), bytes)
    },
    close: async () => rm(directory, { recursive: true }),
  }
})
