/** Nothing goes smoothly: errors, time-outs that are tried again, calls that are not allowed. */
import type { Dice } from './dice.ts'
import type { Call } from './run.ts'

const FAILS = 0.025
const TIMES_OUT = 0.008
const REFUSED = 0.002
const MESSAGES = ['not found', 'invalid argument: limit', 'upstream answered 502', 'temporarily unavailable', 'rate limit exceeded, try again later']

/** The calls as they went; later ones still come, as agents carry on. */
export function roughened(calls: readonly Call[], dice: Dice): readonly Call[] {
  const out: Call[] = []
  for (const call of calls) {
    const chance = dice.next()
    if (call.ending !== undefined || call.method !== undefined || chance >= FAILS + TIMES_OUT + REFUSED) out.push(call)
    else if (chance < TIMES_OUT) {
      const tries = dice.int(1, 3)
      for (let again = 0; again < tries; again++) out.push({ ...call, ending: 'timeout', result: '', after: again === 0 ? call.after ?? 3_000 : 2_000 * 2 ** again })
      out.push({ ...call, after: 2_000 * 2 ** tries })
    } else if (chance < TIMES_OUT + REFUSED) out.push({ ...call, ending: 'denied', result: '' })
    else {
      out.push({ ...call, ending: 'error', result: dice.pick(MESSAGES) })
      if (dice.chance(0.6)) out.push(call)
    }
  }
  return out
}
