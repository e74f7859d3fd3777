/**
 * `npm run fault [-- --short] [--only NAME,NAME] [--seed N] [--times N]`: every promise about faults, measured. Prints a row each; exits
 * with 1 when one of them does not hold.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { argumentsOf, refuse, wholeNumberOr } from '../../../bench/arguments.ts'
import { brokerMissing } from '../../../infra/kafka/broker/requirements.ts'
import type { Outcome, Row } from './row.ts'
import { ROWS } from './rows.ts'

const USAGE = ['npm run fault [-- --short] [--only NAME,NAME] [--seed N] [--times N]',
  '  --short  less of everything, as the tests run it', '  --only   these rows alone', '  --seed   tells a run again',
  '  --times  in place of a row\'s own count of faults, or its seconds', '', ...ROWS.map(({ name, promise }) => `  ${name.padEnd(11)} ${promise}`)].join('\n')
const { values } = argumentsOf({ options: {
  short: { type: 'boolean', default: false }, only: { type: 'string' }, seed: { type: 'string' }, times: { type: 'string' },
} }, USAGE)
const seed = wholeNumberOr('--seed', values.seed, USAGE, Date.now() % 1_000_000)
const times = wholeNumberOr('--times', values.times, USAGE, undefined)
const only = values.only?.split(',')
const unknown = only?.filter((name) => !ROWS.some((row) => row.name === name)) ?? []
if (unknown.length > 0) refuse(`There is no row ${unknown.join(', ')}.`, USAGE)

interface Ran extends Outcome {
  readonly skipped?: string
}

/** What it leaves behind stays where the promise did not hold. */
async function measure(row: Row, noBroker: string): Promise<Ran> {
  const missing = row.needsBroker ? noBroker : (row.missing?.() ?? '')
  if (missing !== '') return { figures: [], failures: [], skipped: missing }
  const folder = mkdtempSync(join(tmpdir(), `watchkeeper-fault-${row.name}-`))
  const began = performance.now()
  const setting = {
    short: values.short, seed, folder, times,
    say: (line: string) => console.error(`  ${row.name}, ${Math.round((performance.now() - began) / 1000)} s: ${line}`),
  }
  const outcome = await row.run(setting).catch((error: unknown) => ({ figures: [], failures: [error instanceof Error ? (error.stack ?? error.message) : String(error)] }))
  if (outcome.failures.length === 0) rmSync(folder, { recursive: true, force: true })
  else console.error(`  ${row.name}: what it left is in ${folder}`)
  return outcome
}

// What was started ends with this process, and it only does so in an orderly end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const missing = await brokerMissing()
console.log(`${values.short ? 'Short form' : 'Full form'}, seed ${seed}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
let failed = 0
for (const row of ROWS.filter(({ name }) => only?.includes(name) ?? true)) {
  const began = performance.now()
  const { figures, failures, skipped } = await measure(row, missing)
  if (failures.length > 0) failed++
  const verdict = skipped !== undefined ? 'skipped' : failures.length === 0 ? 'pass' : 'FAIL'
  console.log(`${row.name.padEnd(11)} ${verdict.padEnd(8)}${row.promise} (${Math.round((performance.now() - began) / 1000)} s)`)
  for (const line of [...figures, ...(skipped === undefined ? [] : [skipped])]) console.log(`            ${line}`)
  for (const line of failures) console.log(`            ! ${line}`)
}
process.exit(failed === 0 ? 0 : 1)
