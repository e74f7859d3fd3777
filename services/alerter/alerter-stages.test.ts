import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rule as commandRule } from '../../detectors/unexpected-command/rule.ts'
import { ruleTextOf } from '../../detectors/rule-text.ts'
import { Alert, Delivery } from '../../schemas/alert.ts'
import { AlertMessage } from '../../schemas/alert-message.ts'
import { exampleFinding, type Finding } from '../../schemas/finding.ts'
import { alertMessage, type MessageType } from './body.ts'
import { type AlerterRules, rulesOf } from './contracts.ts'
import { settleAttempt as settle, verdictOn, waitAfter } from './deliver.ts'
import { nextDue as due_, runDue } from './due.ts'
import { evidenceSql } from '../../schemas/evidence-sql.ts'
import { takeFinding } from './group.ts'
import { alertIdOf, keysOf } from './keys.ts'
import { messageIdOf } from './notify.ts'
import { bodyOf as sentBody, heads } from './queue.ts'
import { decodeState as decode, encodeState, STATE_VERSION } from './state-codec.ts'
import { type AlerterState, emptyState, type Group, type Pending } from './state.ts'

const SECOND = 1_000_000_000n
const T0 = 1_795_225_800n * SECOND
const rules = rulesOf({ groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24 })
const RECEIVERS = ['hook']
const TEXTS = new Map([['unexpected-command', ruleTextOf(commandRule)]])
const hex = (number: number): string => number.toString(16).padStart(32, '0')
const finding = (number: number, more: Partial<Finding> = {}): Finding => ({ ...exampleFinding, finding_id: hex(number), severity: 'high', ...more })
const only = (state: AlerterState): Group => {
  expect(state.groups.size).toBe(1)
  return [...state.groups.values()][0]!
}
interface SentBody {
  readonly type: string
  readonly data: {
    readonly severity: string
    readonly findings: number
    readonly why: { title: string }[]
    readonly why_omitted: number
    readonly sql: string
    readonly evidence_ids: string[]
  }
}
const bodyText = (type: MessageType, group: Group, texts: typeof TEXTS): string => JSON.stringify(alertMessage(type, group, { ...rules, texts }))
const bodyOf = (text: string | Buffer) => JSON.parse(typeof text === 'string' ? text : sentBody({ body: text })) as SentBody
const settleAttempt = (state: AlerterState, pending: Pending, attempt: Parameters<typeof settle>[2]) => settle(state, pending, attempt, rules)
const decodeState = (state: Buffer, nextOffset: number) => decode({ version: STATE_VERSION, state, nextOffset })
const closedOf = (state: AlerterState): readonly Alert[] => [...state.closed.values()]
const take = (state: AlerterState, found: Finding, now: bigint, by: AlerterRules = rules): boolean => takeFinding(state, found, now, by)
const due = (state: AlerterState, now: bigint, by: AlerterRules = rules): boolean => runDue(state, RECEIVERS.map((receiver) => ({ receiver, render: (notice) => JSON.stringify(notice) })), now, by)

describe('grouping', () => {
  it('makes one alert of findings that share a trace or a conversation, whichever of the two they know', () => {
    const state = emptyState()
    take(state, finding(1, { conversation: '', trace_id: 't1' }), T0)
    take(state, finding(2, { conversation: 'c1', trace_id: 't1', detector: 'unrequested-action' }), T0)
    take(state, finding(3, { conversation: 'c1', trace_id: 't2' }), T0)
    take(state, finding(3, { conversation: 'c1', trace_id: 't2', version: 2 }), T0)
    const { alert } = only(state)
    expect(alert).toMatchObject({
      group_key: 'lineage:t1', detectors: ['unexpected-command', 'unrequested-action'], conversation: 'c1', trace_id: 't1', version: 4,
    })
    expect(Alert.parse(alert)).toEqual(alert)
    expect(alert.alert_id).toBe(alertIdOf('default', 'lineage:t1', hex(1)))
  })

  it('keeps tenants, actors and detectors apart', () => {
    const state = emptyState()
    const long = { window_start: 0n, window_end: 3600n * SECOND }
    take(state, finding(1, { tenant: 'a' }), T0)
    take(state, finding(2, { tenant: 'b' }), T0)
    take(state, finding(3, long), T0)
    take(state, finding(4, { ...long, trace_id: 'other' }), T0)
    take(state, finding(5, { ...long, detector: 'unusual-volume' }), T0)
    expect([...state.groups.values()].map(({ alert, findings }) => `${alert.tenant} ${alert.group_key} ${findings}`)).toEqual([
      'a lineage:conv-1 1', 'b lineage:conv-1 1', 'default actor:claude-desktop|command 2',
      'default actor:claude-desktop|volume 1',
    ])
    expect(keysOf(finding(1, { trace_id: '', conversation: '' }))).toEqual(['actor:claude-desktop|command'])
  })

  it('lets a higher version replace words in silence, and an equal or lower one do nothing', () => {
    const state = emptyState()
    take(state, finding(1), T0)
    due(state, T0 + 15n * SECOND)
    expect(take(state, finding(1, { version: 2, interaction_id: 'i1', actor: 'ada', actor_kind: 'principal' }), T0 + 20n * SECOND)).toBe(true)
    for (const version of [1, 2]) expect(take(state, finding(1, { version, actor: 'eve' }), T0 + 21n * SECOND)).toBe(false)
    expect(only(state)).toMatchObject({ findings: 1, notifyAt: 0n, alert: { actor: 'ada', interaction_ids: ['i1'], version: 3 } })
    expect(due(state, T0 + 3600n * SECOND)).toBe(false)
  })

  it('says the most severe thing first and stays bounded', () => {
    const state = emptyState()
    for (let i = 0; i < 500; i++) take(state, finding(i, { severity: 'low', title: `low ${i}` }), T0)
    take(state, finding(900, { severity: 'critical', title: 'worst' }), T0)
    const group = only(state)
    expect(group.alert).toMatchObject({ severity: 'critical', title: 'claude-desktop: worst on files, and nobody asked for it (and 500 more)' })
    expect(group.members).toHaveLength(50)
    expect(group.alert.finding_ids).toHaveLength(200)
    expect(group.alert.evidence_ids.length).toBeLessThanOrEqual(20)
    const body = bodyOf(bodyText('alert.open', group, TEXTS))
    expect(body.data).toMatchObject({ findings: 501, why_omitted: 481 })
    expect(body.data.why[0]?.title).toBe('worst')
  })
})

describe('the clock', () => {
  it('waits for the group, then says it once, then at most once an interval', () => {
    const state = emptyState()
    take(state, finding(1), T0)
    expect(due(state, T0 + 1n)).toBe(false)
    expect(due_(state, () => false, T0, rules)).toBe(T0 + 15n * SECOND)
    expect(due(state, T0 + 14n * SECOND)).toBe(false)
    take(state, finding(2), T0 + 14n * SECOND)
    due(state, T0 + 15n * SECOND)
    expect(state.pending.map(({ messageId, body }) => [messageId, bodyOf(body).type, bodyOf(body).data.findings])).toEqual([[
      messageIdOf(only(state).alert.alert_id, 3), 'alert.open', 2,
    ]])
    for (let i = 3; i < 1000; i++) {
      take(state, finding(i), T0 + BigInt(16 + (i % 200)) * SECOND)
      due(state, T0 + BigInt(16 + (i % 200)) * SECOND)
    }
    expect(state.pending).toHaveLength(1)
    due(state, T0 + 315n * SECOND)
    expect(state.pending.map(({ body }) => bodyOf(body).type)).toEqual(['alert.open', 'alert.updated'])
    due(state, T0 + 3000n * SECOND)
    expect(state.pending).toHaveLength(2)
  })

  it('does not wait when a group is or becomes critical', () => {
    const state = emptyState()
    take(state, finding(1, { severity: 'critical' }), T0)
    due(state, T0)
    expect(state.pending).toHaveLength(1)
    take(state, finding(2, { severity: 'critical' }), T0 + SECOND)
    due(state, T0 + SECOND)
    expect(state.pending).toHaveLength(1)
    take(state, finding(3, { severity: 'low', trace_id: 'x', conversation: '', actor: 'other' }), T0 + SECOND)
    take(state, finding(4, { severity: 'critical', trace_id: 'x', conversation: '', actor: 'other' }), T0 + 2n * SECOND)
    due(state, T0 + 2n * SECOND)
    expect(state.pending.map(({ body }) => bodyOf(body).data.severity)).toEqual(['critical', 'critical'])
  })

  it.each(['info', 'low'] as const)('calls nobody for what is %s', (severity) => {
    const state = emptyState()
    take(state, finding(1, { severity }), T0)
    due(state, T0 + 3600n * SECOND)
    expect(state.pending).toEqual([])
    take(state, finding(1, { severity: 'medium', version: 2 }), T0 + 3601n * SECOND)
    due(state, T0 + 3616n * SECOND)
    expect(state.pending).toHaveLength(1)
  })

  it('lists weak signals in the message of the alert that they join, and sends none for them', () => {
    const state = emptyState()
    take(state, finding(1, { severity: 'low', title: 'weak before' }), T0)
    take(state, finding(2, { severity: 'medium', title: 'told' }), T0)
    due(state, T0 + 15n * SECOND)
    take(state, finding(3, { severity: 'low', title: 'weak after' }), T0 + 20n * SECOND)
    due(state, T0 + 4000n * SECOND)
    expect(state.pending.map(({ body }) => bodyOf(body).data.why.map(({ title }) => title))).toEqual([['told', 'weak before']])
    take(state, finding(4, { severity: 'medium', title: 'told too' }), T0 + 4001n * SECOND)
    due(state, T0 + 4001n * SECOND)
    expect(bodyOf(state.pending[1]!.body).data.why.map(({ title }) => title)).toEqual(['told', 'told too', 'weak before', 'weak after'])
  })

  it('tells of weak signals too where that is asked for', () => {
    const state = emptyState()
    const all = rulesOf({ groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24, notifyFrom: 'low' })
    take(state, finding(1, { severity: 'low' }), T0, all)
    due(state, T0 + 15n * SECOND, all)
    expect(state.pending).toHaveLength(1)
  })

  it('resolves what has been quiet, tells it, and opens it again when it goes on', () => {
    const state = emptyState()
    take(state, finding(1), T0)
    due(state, T0 + 15n * SECOND)
    take(state, finding(2), T0 + 1000n * SECOND)
    due(state, T0 + 86_400n * SECOND)
    expect(state.groups.size).toBe(1)
    due(state, T0 + 87_400n * SECOND)
    expect(state.groups.size).toBe(0)
    expect(closedOf(state).map(({ status, version, status_by, status_why }) => [status, version, status_by, status_why])).toEqual([['resolved', 5, 'watchkeeper', 'It has been quiet.']])
    expect(state.pending.map(({ body }) => bodyOf(body).type)).toEqual(['alert.open', 'alert.updated', 'alert.resolved'])
    expect(take(state, finding(1), T0 + 87_401n * SECOND)).toBe(false)
    take(state, finding(3), T0 + 87_402n * SECOND)
    expect(only(state).alert).toMatchObject({ alert_id: closedOf(state)[0]?.alert_id, status: 'open', reopened: 1 })
    due(state, T0 + 87_417n * SECOND)
    expect(bodyOf(state.pending.at(-1)!.body).type).toBe('alert.reopened')
    expect(state.events.map(({ event }) => event)).toEqual(['opened', 'told', 'told', 'resolved', 'reopened', 'told'])
  })

  it('opens another alert when it goes on much later', () => {
    const state = emptyState()
    const brief = { ...rules, reopenWithin: 3600n * SECOND }
    take(state, finding(1), T0, brief)
    due(state, T0 + 86_400n * SECOND, brief)
    expect(state.groups.size).toBe(0)
    for (const number of [2, 3]) take(state, finding(number), T0 + 90_001n * SECOND, brief)
    expect(only(state)).toMatchObject({ findings: 2, alert: { reopened: 0 } })
    expect(only(state).alert.alert_id).not.toBe(closedOf(state)[0]?.alert_id)
  })

  it('tells of an alert before it makes room for others, and tells in a summary what may not wait', () => {
    const small = { ...rules, maxOpenAlerts: 2, maxWaiting: 3 }
    const state = emptyState()
    for (let i = 0; i < 5; i++) take(state, finding(i, { trace_id: `t${i}`, conversation: '', actor: `a${i}` }), T0, small)
    due(state, T0, small)
    expect(closedOf(state)).toHaveLength(3)
    const opened = (): string[] => state.pending.filter(({ body }) => bodyOf(body).type === 'alert.open').map(({ alertId }) => alertId)
    expect(new Set(opened())).toEqual(new Set(closedOf(state).slice(0, 2).map(({ alert_id }) => alert_id)))
    expect(state.storms.size).toBe(1)
    due(state, T0 + 15n * SECOND, small)
    expect(state.pending.map(({ body }) => bodyOf(body).type).at(-1)).toBe('storm.summary')
  })
})

describe('delivery', () => {
  const pendingIn = (state: AlerterState) => {
    take(state, finding(1, { severity: 'critical' }), T0)
    due(state, T0)
    return state.pending[0]!
  }
  const answer = (status: number, retryAfterSeconds?: number) =>
    ({ answer: { status, text: 'said', retryAfterSeconds }, startedAt: T0, endedAt: T0 + SECOND })

  it('takes 2xx for success, 4xx for the last word but for those that somebody repairs or that pass, and all else for passing', () => {
    const verdicts = (statuses: readonly number[]) => statuses.map((status) => verdictOn({ status }))
    expect(verdicts([200, 204, 299])).toEqual(['delivered', 'delivered', 'delivered'])
    expect(verdicts([400, 402, 410, 422])).toEqual(Array.from({ length: 4 }, () => 'gave_up'))
    expect(verdicts([0, 301, 307, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504])).toEqual(Array.from({ length: 13 }, () => 'retry'))
  })

  it('waits longer each time, a tenth more or less, and as long as it is asked to', () => {
    const pending = pendingIn(emptyState())
    const seconds = [1, 5, 30, 120, 300, 900, 3600, 7200, 18_000, 36_000, 50_400, 50_400]
    for (const [index, wait] of seconds.entries()) {
      pending.attempts = index + 1
      const made = Number(waitAfter(pending, undefined)) / 1e9
      expect(made).toBeGreaterThanOrEqual(wait * 0.9)
      expect(made).toBeLessThanOrEqual(wait * 1.1)
      expect(waitAfter(pending, undefined)).toBe(waitAfter({ ...pending }, undefined))
    }
    pending.attempts = 1
    expect(waitAfter(pending, 90)).toBe(90n * SECOND)
    expect(waitAfter(pending, -5)).toBeLessThan(2n * SECOND)
    expect(waitAfter(pending, 1e12)).toBe(86_400n * SECOND)
  })

  it('records every attempt, and gives up after three days', () => {
    const state = emptyState()
    const pending = pendingIn(state)
    let now = T0
    while (state.pending.length > 0 && state.deliveries.length < 100) {
      settleAttempt(state, pending, { answer: { status: 500, text: 'x'.repeat(5000), retryAfterSeconds: undefined }, startedAt: now, endedAt: now })
      now = pending.nextAt
    }
    const outcomes = state.deliveries.map(({ outcome }) => outcome)
    expect(outcomes.at(-1)).toBe('gave_up')
    expect(outcomes.length).toBeGreaterThan(11)
    expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(['retry']))
    expect(now - T0).toBeLessThan(3n * 86_400n * SECOND)
    for (const [index, delivery] of state.deliveries.entries()) {
      expect(Delivery.parse(delivery)).toMatchObject({ attempt: index + 1, message_id: pending.messageId, answer: 'x'.repeat(1024) })
    }
  })

  it('never lets an update overtake the message that it updates', () => {
    const state = emptyState()
    const first = pendingIn(state)
    settleAttempt(state, first, answer(503))
    take(state, finding(2), T0 + 2n * SECOND)
    due(state, T0 + 400n * SECOND)
    expect(state.pending).toHaveLength(2)
    expect(heads(state)).toEqual([first])
    settleAttempt(state, first, answer(200))
    expect(heads(state)).toEqual(state.pending)
  })
})

describe('state on disk', () => {
  it('comes back as it was', async () => {
    const state = emptyState()
    for (let i = 0; i < 20; i++) {
      take(state, finding(i, { trace_id: `t${i % 7}`, conversation: '', severity: i % 2 === 0 ? 'critical' : 'low' }), T0 + BigInt(i))
    }
    due(state, T0 + 20n)
    settleAttempt(state, state.pending[0]!, { answer: { status: 500, text: '', retryAfterSeconds: undefined }, startedAt: 0n, endedAt: 5n })
    state.nextOffset = 42
    expect(decodeState(await encodeState(state), 42)).toEqual({ ...state, scanAt: 0n })
    expect(() => decodeState(Buffer.from([0xc1]), 1)).toThrow()
  })
})

describe('what people read', () => {
  it('is JSON below 20 KB that holds a bounded query, whatever an attacker wrote', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3000 }), fc.constantFrom('\u0001'.repeat(3000), '\\'.repeat(3000), '\u202e\ud800'.repeat(1500)),
    )
    fc.assert(fc.property(fc.array(
      fc.record({
        title: text, observed: text, expected: text, actor: text, tool: text, server: text, trace_id: text, lineage: text, baseline_self: text, detector: fc.constantFrom('unexpected-command', 'x'),
        features: fc.array(fc.record({ name: text, observed: text, expected: text, weight: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 5 }), sample_events: fc.array(text, { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 30 },
    ), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (parts, at) => {
      const state = emptyState()
      for (const [number, part] of parts.entries()) {
        take(state, finding(number, {
          ...part, conversation: 'c', window_start: at, window_end: at, evidence_ids: Array.from({ length: 30 }, (_, i) => hex(number * 100 + i)),
        }), T0)
      }
      const body = bodyText('alert.open', only(state), TEXTS)
      expect(Buffer.byteLength(body)).toBeLessThan(20_000)
      AlertMessage.parse(JSON.parse(body))
      expect(bodyOf(body).data.evidence_ids.length).toBeLessThanOrEqual(20)
      expect(bodyOf(body).data.sql).toMatch(/^$|^SELECT [\s\S]* LIMIT 100$/)
    }), { numRuns: 60 })
  })

  it('argues for the five most severe, and says of each rule once what is harmless and what to do', () => {
    const state = emptyState()
    for (let number = 0; number < 8; number++) {
      take(state, finding(number, {
        severity: number === 7 ? 'critical' : 'medium', baseline_self: '', baseline_peers: 'about 3', sql: 'SELECT 1', part_ids: ['p'], detector: number === 6 ? 'unknown-to-us' : 'unexpected-command',
      }), T0)
    }
    const { data } = AlertMessage.parse(JSON.parse(bodyText('alert.open', only(state), TEXTS)))
    expect(data.why.map(({ finding_id, case: argued }) => [finding_id, argued !== undefined])).toEqual([7, 0, 1, 2, 3, 4, 5, 6].map((number, at) => [hex(number), at < 5]))
    expect(data.why[0]).toMatchObject({
      detector: 'unexpected-command', rule_version: 1, severity: 'critical',
      case: { weighed: exampleFinding.features, usual: { peers: 'about 3' }, lineage: exampleFinding.lineage, sample_events: exampleFinding.sample_events, part_ids: ['p'] },
    })
    expect(data.why[0]?.case?.usual).toEqual({ peers: 'about 3' })
    expect(data.rules).toMatchObject([{ detector: 'unexpected-command', benign: commandRule.benign, runbook: commandRule.runbook, attack_19: commandRule.maps.attack19 }])
    expect(data.sql).toMatch(/^SELECT started_at/)
  })

  it('shows the query of a finding that is alone in its alert', () => {
    const state = emptyState()
    take(state, finding(1, { sql: 'SELECT of its own' }), T0)
    expect(only(state).alert.sql).toBe('SELECT of its own')
    take(state, finding(2, { sql: 'SELECT of another' }), T0)
    expect(only(state).alert.sql).toMatch(/^SELECT started_at/)
  })

  it('keeps what argues for the first findings of an alert', async () => {
    const state = emptyState()
    for (let number = 0; number < 30; number++) take(state, finding(number), T0)
    const { members } = only(state)
    expect(members.filter(({ lineage }) => lineage !== '')).toHaveLength(5)
    const group = only(decodeState(await encodeState(state), 1))
    expect(AlertMessage.parse(JSON.parse(bodyText('alert.open', group, TEXTS))).data.findings).toBe(30)
  })

  it('asks for the interactions where they are known, else for the observations', () => {
    const about = {
      tenant: "t'", interaction_ids: ['i1'], evidence_ids: ['e1'], trace_id: 'x', actor: "' OR 1", first_seen: T0, last_seen: T0 + SECOND,
    }
    expect(evidenceSql(about)).toContain(
      "FROM watchkeeper.interactions\nWHERE tenant = 't\\''\n  AND started_at BETWEEN toDateTime64('2026-11-21 01:49:00.000000000', 9, 'UTC') AND",
    )
    expect(evidenceSql(about)).toContain("interaction_id IN ('i1')")
    expect(evidenceSql({ ...about, interaction_ids: [] })).toContain("FROM watchkeeper.audit_events")
    expect(evidenceSql({ ...about, interaction_ids: [], evidence_ids: [] })).toContain("trace_id = 'x'")
    expect(evidenceSql({ ...about, interaction_ids: [], evidence_ids: [], trace_id: '' })).toContain("actor = '\\' OR 1'")
  })
})
