/** `npm run bench -- tamper [COUNT] [SEED]`: logs altered at random, 10,000 by default, and whether the verifier finds each alteration. Ends with 1 where it missed one. */
import { tamper } from '../test/verify/tampering.ts'

const [count = 10_000, seed = Math.floor(Math.random() * 1e9)] = process.argv.slice(2).map(Number)
const outcomes = new Map<string, Map<string, number>>()
console.log(`seed ${seed}: node dist/bench/tamper.js ${count} ${seed}`)
let missed = 0
for await (const { kind, outcome, number } of tamper(seed, count)) {
  const own = outcomes.get(kind) ?? new Map<string, number>()
  outcomes.set(kind, own.set(outcome, (own.get(outcome) ?? 0) + 1))
  if (outcome !== 'missed') continue
  missed++
  console.log(`missed: number ${number}, ${kind}`)
}
console.log(`${'altered'.padEnd(36)} ${'found'.padStart(8)} ${'after the last anchor'.padStart(22)} ${'missed'.padStart(8)}`)
for (const [kind, own] of outcomes) {
  const cell = (outcome: string, width: number): string => String(own.get(outcome) ?? 0).padStart(width)
  console.log(`${kind.padEnd(36)} ${cell('found', 8)} ${cell('after the last anchor', 22)} ${cell('missed', 8)}`)
}
console.log(`${count} alterations, ${missed} missed`)
process.exitCode = missed === 0 ? 0 : 1
