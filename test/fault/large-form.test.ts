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

describe('promises about faults', () => {
  for (const { name, promise, needsBroker, run } of ROWS) {
    it.skipIf(needsBroker && missing !== '')(`${name}: ${promise}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), `watchkeeper-fault-${name}-`))
      const { figures, failures } = await run({ short: true, seed, folder, times: undefined, say: () => undefined })
      console.log([`${name} (seed ${seed})`, ...figures].join('\n  '))
      // What is left behind tells why.
      expect(failures, folder).toEqual([])
      rmSync(folder, { recursive: true, force: true })
    }, 240_000)
  }
})
