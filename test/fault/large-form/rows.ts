/** The table of promises, in its order. */
import type { Row } from './row.ts'
import { broker } from './rows/broker.ts'
import { damaged } from './rows/damage.ts'
import { downstream } from './rows/downstream.ts'
import { hostile } from './rows/hostile.ts'
import { ioErrors } from './rows/io-errors.ts'
import { kills } from './rows/kills.ts'
import { outages } from './rows/outages.ts'
import { state } from './rows/state.ts'

export const ROWS: readonly Row[] = [kills, broker, outages, downstream, ioErrors, damaged, hostile, state]
