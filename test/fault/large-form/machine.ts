/** How fast this machine is, for limits in CPU time: a promise of 200 ms is made for a core like those that the figures in docs/benchmarks.md are from. */
import { createHash } from 'node:crypto'

/** CPU milliseconds of the work below on such a core (Xeon at 2.5 GHz, two shared cores): the least of five. */
const REFERENCE_MS = 155
/** A machine that is slower than that by more cannot be judged. */
const MOST = 4

function work(): number {
  const began = process.cpuUsage()
  let text = ''
  for (let round = 0; round < 40; round++) {
    const object = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`key-${at}-${round}`, text.slice(0, 20)]))
    text = createHash('sha256').update(JSON.stringify(JSON.parse(JSON.stringify(object)))).digest('hex')
  }
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}

/** 1 = as fast as the reference or faster, 2 = half as fast; never above 4. */
export function slowness(): number {
  const least = Math.min(...Array.from({ length: 5 }, work))
  return Math.min(MOST, Math.max(1, least / REFERENCE_MS))
}
