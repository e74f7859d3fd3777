/** What is in the tables, held against what was acknowledged. */
import { setTimeout as wait } from 'node:timers/promises'
import { SPANS } from '../../../bench/otlp-body.ts'
import { Patience } from './patience.ts'
import type { Traffic } from './traffic.ts'

export type Ask = (sql: string) => Promise<string[][]>

/** Of one call there are four observations. */
const CALLS = SPANS / 4

export interface Account {
  readonly acknowledged: number
  readonly lost: number
  readonly twice: number
  /** Of calls that should be there, and of alarming spans without their finding. */
  readonly interactionsLost: number
  readonly interactionsTwice: number
  readonly findingsLost: number
  readonly findingsTwice: number
}

const byTrace = async (ask: Ask, sql: string): Promise<Map<string, number>> => new Map((await ask(sql)).map(([trace = '', count]) => [trace, Number(count)]))
const one = async (ask: Ask, sql: string): Promise<number> => Number((await ask(sql))[0]?.[0])

/** How many of `expected` each trace misses, summed. */
const missing = (found: ReadonlyMap<string, number>, traces: readonly string[], expected: number): number =>
  traces.reduce((sum, trace) => sum + Math.max(0, expected - (found.get(trace) ?? 0)), 0)

/** Reads every table once. */
async function accountOf(ask: Ask, { traces, alarms, spans }: Traffic): Promise<Account> {
  const events = await byTrace(ask, 'SELECT trace_id, uniqExact(event_id) FROM watchkeeper.audit_events GROUP BY trace_id')
  const calls = await byTrace(ask, 'SELECT trace_id, uniqExact(interaction_id) FROM watchkeeper.interactions GROUP BY trace_id')
  const found = await byTrace(ask, "SELECT trace_id, uniqExact(finding_id) FROM watchkeeper.findings WHERE detector = 'unexpected-command' GROUP BY trace_id")
  return {
    acknowledged: spans,
    lost: missing(events, traces, SPANS) + missing(events, alarms, 1),
    twice: await one(ask, 'SELECT count() - uniqExact(event_id) FROM watchkeeper.audit_events') + traces.filter((trace) => (events.get(trace) ?? 0) > SPANS).length,
    interactionsLost: missing(calls, traces, CALLS) + missing(calls, alarms, 1),
    interactionsTwice: await one(ask, 'SELECT count() - uniqExact(interaction_id) FROM watchkeeper.interactions') +
      traces.filter((trace) => (calls.get(trace) ?? 0) > CALLS).length + alarms.filter((trace) => (calls.get(trace) ?? 0) > 1).length,
    findingsLost: missing(found, alarms, 1),
    findingsTwice: alarms.filter((trace) => (found.get(trace) ?? 0) > 1).length,
  }
}

const isWhole = ({ acknowledged: _acknowledged, ...wrong }: Account): boolean => Object.values(wrong).every((count) => count === 0)

/** Asks until nothing is wrong, or nothing gets better any more; the last account and how long it took. */
export async function settled(ask: Ask, traffic: Traffic): Promise<{ readonly account: Account; readonly afterMs: number }> {
  const [began, patience] = [performance.now(), new Patience()]
  for (;;) {
    const account = await accountOf(ask, traffic)
    const afterMs = performance.now() - began
    if (isWhole(account) || patience.isOver(account)) return { account, afterMs }
    await wait(500)
  }
}

/** Milliseconds until at least `spans` are stored; throws when no more come. */
export async function storedAfter(ask: Ask, spans: number): Promise<number> {
  const [began, patience] = [performance.now(), new Patience()]
  for (;;) {
    const stored = await one(ask, "SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'").catch(() => -1)
    const afterMs = performance.now() - began
    if (stored >= spans) return afterMs
    if (patience.isOver(stored)) throw new Error(`${spans - stored} of ${spans} are not stored after ${Math.round(afterMs)} ms, and no more come`)
    await wait(250)
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** The account as a sentence and the failures in it. */
export function judged({ account, afterMs }: { readonly account: Account; readonly afterMs: number }): { readonly figure: string; readonly failures: readonly string[] } {
  const { acknowledged, lost, twice, interactionsLost, interactionsTwice, findingsLost, findingsTwice } = account
  const figure = `${acknowledged} acknowledged, ${lost} lost, ${twice} twice; calls ${interactionsLost} lost, ${interactionsTwice} twice; ` +
    `findings ${findingsLost} lost, ${findingsTwice} twice; settled ${seconds(afterMs)} after the end`
  return { figure, failures: isWhole(account) ? [] : [figure] }
}
