/** How long redaction takes: CPU µs of ordinary events, and of hostile texts of 64 KiB. `npm run bench -- redact`. */
import { createRedactor } from '../services/collector/redact/redactor.ts'
import { createKeyedHash } from '../infra/keys/keyed-hash.ts'
import { hostileTexts, ordinaryEvent } from './redact-texts.ts'

const SIZE = 64 * 1024
const ROUNDS = 8
const EVENTS = 20_000
const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 7)))

function microseconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

for (let round = 0; round < ROUNDS; round++) {
  // Four observations of one call carry the same arguments.
  const events = Array.from({ length: EVENTS }, (_, i) => ordinaryEvent(round * EVENTS + (i >> 2)))
  const used = microseconds(() => events.forEach((event) => redactor.redact(event)))
  process.stdout.write(`ordinary event: ${(used / EVENTS).toFixed(2)} µs\n`)
}
for (const [name, text] of hostileTexts(SIZE)) {
  const used = microseconds(() => redactor.text('default', text))
  process.stdout.write(`${name}, ${text.length} characters: ${(used / 1_000).toFixed(1)} ms\n`)
}
