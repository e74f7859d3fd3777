/** The short form of `npm run fault`: every promise about faults, each on processes of its own. `SEED` tells a run again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { ROWS } from './large-form/rows.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const missing = await brokerMissing()
if (missing !== '') console.warn(`rows that need a broker are skipped: ${missing}`)

/** Rows whose promise is not kept every time yet. `npm run fault` runs them, and they fail there. */
const OPEN: ReadonlyMap<string, string> = new Map([
  ['broker', 'a process that starts while the broker is away may end with 2 instead of waiting; records were neither lost nor doubled'],
  ['hostile', 'memory grew by 236 and 244 MiB in the short form, above the 200 that are promised'],
])
for (const [name, why] of OPEN) console.warn(`row ${name} is skipped here: ${why}`)

describe('promises about faults', () => {
  for (const { name, promise, needsBroker, run } of ROWS) {
    it.skipIf(OPEN.has(name) || (needsBroker && missing !== ''))(`${name}: ${promise}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), `watchkeeper-fault-${name}-`))
      const { figures, failures } = await run({ short: true, seed, folder, times: undefined, say: () => undefined })
      console.log([`${name} (seed ${seed})`, ...figures].join('\n  '))
      // What is left behind tells why.
      expect(failures, folder).toEqual([])
      rmSync(folder, { recursive: true, force: true })
    }, 240_000)
  }
})
