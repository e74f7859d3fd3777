import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { lockDirectory } from '../../infra/embedded-log/directory-lock.ts'
import { Config } from '../config/schema.ts'
import { openEvidence } from './evidence.ts'

it('opens no tables of a server that runs, and says how they are read', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'wk-evidence-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const config = Config.parse({ data_dir: dataDir })
  const release = lockDirectory(join(dataDir, 'bus'))
  await expect(openEvidence({}, () => config)).rejects.toThrow(new RegExp(`in use by process ${process.pid}: verify a server that runs .* --sql`))
  release()
  await expect(openEvidence({}, () => config)).rejects.toThrow(/There are no tables/)
})
