/** One call as it is about to be told, with the ids of its trace; what server and agent tell of it is made of this. */
import type { Dice } from './dice.ts'
import type { LogRecord, Span } from './otlp.ts'
import type { Call, Run } from './run.ts'

export type Told = Span | LogRecord

export interface TimedCall extends Call {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

export interface Telling {
  readonly run: Run
  readonly dice: Dice
  /** 32 hex digits. */
  readonly traceId: string
  readonly conversation: string
  readonly calls: readonly TimedCall[]
  readonly end: number
}

/** Usual pauses and durations, milliseconds. */
const THINKS = 4_000
const TAKES = 180
const GIVES_UP = 30_000

/** Times for all calls of a run. */
export function timed(run: Run, dice: Dice): Telling {
  let at = run.at + dice.around(2_000, 0.4)
  const calls = run.calls.map((call): TimedCall => {
    const from = at + (call.after ?? Math.min(40_000, dice.around(THINKS, 0.6)))
    const takes = call.ending === 'timeout' ? GIVES_UP + dice.between(0, 40) : Math.min(20_000, dice.around(TAKES, 0.7) + call.result.length / 400)
    at = from + takes
    return { ...call, id: `call_${dice.token(20)}`, from, to: at }
  })
  return { run, dice, traceId: dice.hex(32), conversation: run.conversation ?? `conv-${dice.hex(16)}`, calls, end: at + dice.around(1_500, 0.4) }
}
