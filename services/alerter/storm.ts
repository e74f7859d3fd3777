/**
 * Stage: the storm breaker. A receiver takes so many messages an hour, and as many critical ones again; what comes on top is counted and told in one summary
 * an interval. Every alert of it is kept, with an event that says that it was held back.
 */
import { hash } from 'node:crypto'
import type { StormMessage } from '../../schemas/alert-message.ts'
import type { Alert } from '../../schemas/alert.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { rank } from './alert-words.ts'
import { isoOf } from './body.ts'
import { clip } from './clip.ts'
import { type AlerterRules, receiverRules } from './contracts.ts'
import { alter, mention, say } from './life.ts'
import { enqueue } from './queue.ts'
import type { Round } from './round.ts'
import type { AlerterState, Group, Spent, Storm } from './state.ts'

const MINUTE = 60_000_000_000n
const HOUR_MINUTES = 60
const MOST_TOP = 10
const MOST_HELD_IN = 20

/** Also of what a clock that was set back since noted: it does not count for ever. */
const isWithinHour = (spent: Spent, minute: number): boolean => Math.abs(minute - spent.minute) < HOUR_MINUTES

/** Takes one message off the receiver's budget; false when there is none left. */
export function spend(state: AlerterState, receiver: string, severity: Severity, { now, rules }: Pick<Round, 'now' | 'rules'>): boolean {
  const minute = Number(now / MINUTE)
  const lately = (state.spent.get(receiver) ?? []).filter((spent) => isWithinHour(spent, minute))
  const kind = severity === 'critical' ? 'critical' : 'others'
  const enough = lately.reduce((sum, spent) => sum + spent[kind], 0) < receiverRules(rules, receiver).messagesPerHour
  if (enough) {
    const last = lately.at(-1)
    const current = last?.minute === minute ? last : { minute, others: 0, critical: 0 }
    if (current !== last) lately.push(current)
    current[kind]++
  }
  state.spent.set(receiver, lately)
  return enough
}

/** Nothing of it counts any more. */
export const isLongAgo = (minutes: readonly Spent[], now: bigint): boolean => !minutes.some((spent) => isWithinHour(spent, Number(now / MINUTE)))

const stormKey = (tenant: string, receiver: string): string => JSON.stringify([tenant, receiver])

function stormOf(state: AlerterState, { tenant, severity }: Alert, receiver: string, { now, rules }: Pick<Round, 'now' | 'rules'>): Storm {
  const key = stormKey(tenant, receiver)
  const going = state.storms.get(key)
  if (going !== undefined) return going
  const stormId = hash('sha256', JSON.stringify([tenant, receiver, String(now)]), 'hex').slice(0, 32)
  const storm: Storm = {
    stormId, tenant, receiver, since: now, until: now, messages: 0, alerts: 0, bySeverity: new Map(), top: [], untold: 0, summaries: 0,
    summaryAt: severity === 'critical' ? now : now + rules.groupWait,
  }
  state.storms.set(key, storm)
  return storm
}

function count(storm: Storm, { alert_id, severity, title }: Alert): void {
  storm.alerts++
  storm.bySeverity.set(severity, (storm.bySeverity.get(severity) ?? 0) + 1)
  storm.top = [...storm.top, { alert_id, severity, title: clip(title, 300) }].sort((a, b) => rank(b.severity) - rank(a.severity)).slice(0, MOST_TOP)
}

/** Notes that this receiver is not told of the alert by itself. */
export function holdBack(state: AlerterState, group: Group, receiver: string, round: Pick<Round, 'now' | 'rules'>): void {
  const storm = stormOf(state, group.alert, receiver, round)
  storm.until = round.now
  storm.messages++
  storm.untold++
  if (group.alert.severity === 'critical' && storm.summaries === 0) storm.summaryAt = round.now
  if (!group.heldIn.includes(storm.stormId)) {
    group.heldIn = [...group.heldIn, storm.stormId].slice(-MOST_HELD_IN)
    count(storm, group.alert)
  }
  alter(state, group, {}, round.now)
  say(state, group.alert, { event: 'held_back', object: receiver, why: 'More messages than the receiver takes in an hour: told in a summary.' })
}

const heldBackSql = ({ tenant, receiver, since, until }: Storm): string => [
  'SELECT severity, title, actor, server, findings, alert_id', 'FROM watchkeeper.alerts',
  `WHERE tenant = ${sqlText(tenant)} AND alert_id IN (`,
  `  SELECT alert_id FROM watchkeeper.alert_events WHERE tenant = ${sqlText(tenant)} AND event = 'held_back' AND object = ${sqlText(receiver)}`,
  `    AND at BETWEEN ${sqlTime(since)} AND ${sqlTime(until)})`,
  "ORDER BY indexOf(['critical', 'high', 'medium', 'low', 'info'], severity), created_at LIMIT 1000",
].join('\n')

function summaryOf(storm: Storm, now: bigint, { labels, consoleUrl }: AlerterRules): StormMessage {
  const { stormId: storm_id, tenant, receiver, alerts, messages, bySeverity, since, until, top } = storm
  return {
    type: 'storm.summary', timestamp: isoOf(now),
    data: {
      storm_id, tenant: clip(tenant, 256), receiver, alerts, messages, severity: top[0]?.severity ?? 'medium', by_severity: Object.fromEntries(bySeverity), since: isoOf(since), until: isoOf(until), top,
      sql: heldBackSql(storm), links: consoleUrl === '' ? [] : [{ rel: 'console', text: 'All alerts', href: `${consoleUrl}/alerts` }], labels: { ...labels },
    },
  }
}

function summarise(round: Round, storm: Storm): void {
  const { state, now, rules } = round
  storm.summaries++
  const notice = summaryOf(storm, now, rules)
  const messageId = `msg_${storm.stormId}_${storm.summaries}`
  const severity = notice.data.severity
  const to = round.receivers.find(({ receiver }) => receiver === storm.receiver)
  const sent = to !== undefined && enqueue(round, { messageId, alertId: '', alertVersion: 0, tenant: storm.tenant, line: storm.stormId, severity, notice, opening: true }, to, [])
  if (sent) mention(state, { event: 'told', object: messageId, why: `${storm.untold} messages that were held back, in one to ${storm.receiver}` }, { tenant: storm.tenant, at: now })
  storm.untold = 0
  storm.summaryAt = now + rules.groupInterval
}

/** Summaries that are due, and storms that are over; true when something was done. */
export function runStorms(round: Round): boolean {
  const { state, now, rules } = round
  let changed = false
  for (const [key, storm] of state.storms) {
    if (storm.untold > 0 && storm.summaryAt <= now) summarise(round, storm)
    else if (storm.untold === 0 && storm.until + rules.groupInterval <= now && storm.summaryAt <= now) state.storms.delete(key)
    else continue
    changed = true
  }
  return changed
}

/** When a summary is due next, or a storm over; undefined where there is none. */
export function nextSummary(state: AlerterState, { groupInterval }: AlerterRules): bigint | undefined {
  const times = [...state.storms.values()].map(({ untold, summaryAt, until }) => (untold > 0 || summaryAt > until + groupInterval ? summaryAt : until + groupInterval))
  return times.length === 0 ? undefined : times.reduce((a, b) => (b < a ? b : a))
}
