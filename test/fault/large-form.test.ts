/** The short form of `npm run fault`: every promise about faults, each on processes of its own. `SEED` tells a run again. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { ROWS } from './large-form/rows.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const noBroker = await brokerMissing()

/** A row waits for as long as anything moves; this is only for one that is broken itself. */
const MOST_MS = 900_000
const LINES = 15

/** The last words of every process of the row: what is left behind may be gone where the row failed. */
function lastWords(folder: string): string {
  const logs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.log')).map((path) => join(folder, path))
  return logs.map((path) => [`${path}:`, ...readFileSync(path, 'utf8').trim().split('\n').slice(-LINES).map((line) => line.slice(0, 400))].join('\n  ')).join('\n')
}

describe('promises about faults', () => {
  for (const { name, promise, needsBroker, missing: missingFor, run } of ROWS) {
    const missing = needsBroker ? noBroker : (missingFor?.() ?? '')
    if (missing !== '') console.warn(`row ${name} is skipped: ${missing}`)
    it.skipIf(missing !== '')(`${name}: ${promise}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), `watchkeeper-fault-${name}-`))
      const { figures, failures } = await run({ short: true, seed, folder, times: undefined, say: () => undefined }).catch((error: unknown) => {
        console.log(`${name} (seed ${seed})\n${lastWords(folder)}`)
        throw error
      })
      console.log([`${name} (seed ${seed})`, ...figures].join('\n  '))
      if (failures.length > 0) console.log(lastWords(folder))
      expect(failures, folder).toEqual([])
      rmSync(folder, { recursive: true, force: true })
    }, MOST_MS)
  }
})
