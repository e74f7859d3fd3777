/** The alerter's state with a clock that tests move, receivers that take JSON, and nothing else: no bus, no disk. */
import type { AlertMessage, StormMessage } from '../../schemas/alert-message.ts'
import type { AlertOrder } from '../../schemas/alert-order.ts'
import type { AlertEvent } from '../../schemas/alert-event.ts'
import type { Alert } from '../../schemas/alert.ts'
import { exampleFinding, type Finding } from '../../schemas/finding.ts'
import type { Answer } from '../../schemas/ports.ts'
import type { Silence } from '../../schemas/silence.ts'
import { type AlerterConfig, type AlerterRules, rulesOf } from '../../services/alerter/contracts.ts'
import { settleAttempt } from '../../services/alerter/deliver.ts'
import { runDue } from '../../services/alerter/due.ts'
import { takeFinding } from '../../services/alerter/group.ts'
import { tryAt } from '../../services/alerter/line.ts'
import { takeOrder } from '../../services/alerter/orders.ts'
import { bodyOf, heads } from '../../services/alerter/queue.ts'
import type { Round } from '../../services/alerter/round.ts'
import { type AlerterState, emptyState, type Group, type Pending } from '../../services/alerter/state.ts'

export const SECOND = 1_000_000_000n
export const T0 = 1_795_225_800n * SECOND
export const idOf = (number: number): string => number.toString(16).padStart(32, '0')

export interface Sent {
  readonly receiver: string
  readonly id: string
  readonly type: string
  readonly message: AlertMessage | StormMessage
}

type OrderWords = AlertOrder extends infer One ? One extends AlertOrder ? Omit<One, 'order_id' | 'tenant' | 'by' | 'at'> & { tenant?: string; order_id?: string; by?: string } : never : never

export class Scene {
  state: AlerterState = emptyState()
  now = T0
  readonly rules: AlerterRules
  readonly names: string[]
  #orders = 0

  constructor(config: Partial<AlerterConfig> = {}, names: string[] = ['hook']) {
    this.rules = rulesOf({ groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24, ...config })
    this.names = names
  }

  get round(): Round {
    return { state: this.state, now: this.now, rules: this.rules, receivers: this.names.map((receiver) => ({ receiver, render: (notice) => JSON.stringify(notice) })) }
  }

  /** A finding of a run of its own, by an actor of its own. */
  find(number: number, more: Partial<Finding> = {}): this {
    const own = { trace_id: `t${number}`, conversation: '', actor: `a${number}`, server: `s${number}`, severity: 'high' } as const
    takeFinding(this.state, { ...exampleFinding, finding_id: idOf(number), ...own, ...more }, this.now, this.rules)
    return this
  }

  order(words: OrderWords): string {
    const order_id = words.order_id ?? idOf(0xfff000 + this.#orders++)
    takeOrder(this.round, { tenant: 'default', by: 'ada', at: this.now, ...words, order_id } as AlertOrder)
    return order_id
  }

  /** Lets time go by, and does what is due. */
  pass(seconds: number): this {
    this.now += BigInt(Math.round(seconds * 1e9))
    runDue(this.state, this.round.receivers, this.now, this.rules)
    return this
  }

  /** What is on its way, in the order in which it was made. */
  get sent(): readonly Sent[] {
    return this.state.pending.map((pending) => {
      const message = JSON.parse(bodyOf(pending)) as Sent['message']
      return { receiver: pending.receiver, id: pending.messageId, type: message.type, message }
    })
  }

  get types(): readonly string[] {
    return this.sent.map(({ receiver, type }) => `${receiver} ${type}`)
  }

  /** What is on its way counts as delivered. */
  clear(): this {
    this.state.pending.length = 0
    return this
  }

  groupOf(number: number): Group {
    const group = [...this.state.groups.values()].find(({ alert }) => alert.finding_ids.includes(idOf(number)))
    if (group === undefined) throw new Error(`no open alert has finding ${number}`)
    return group
  }

  alertOf(number: number): Alert {
    return this.groupOf(number).alert
  }

  events(...kinds: AlertEvent['event'][]): readonly AlertEvent[] {
    return this.state.events.filter(({ event }) => kinds.includes(event))
  }

  /** Messages that may be tried now. */
  get ready(): readonly Pending[] {
    return heads(this.state).filter((pending) => tryAt(this.state, pending, this.now) <= this.now)
  }

  /** One attempt, and its answer. */
  answer(pending: Pending, said: number | Answer, retryAfterSeconds?: number): string {
    const answer = typeof said === 'number' ? { status: said, text: '', retryAfterSeconds } : said
    return settleAttempt(this.state, pending, { answer, startedAt: this.now, endedAt: this.now }, this.rules)
  }
}

export const silence = (more: Partial<Silence> = {}): Silence => ({
  silence_id: idOf(0xabc), tenant: 'default', matchers: [{ field: 'detector', operator: 'is', value: 'unexpected-command' }], owner: 'ada', reason: 'a move',
  starts_at: T0 - SECOND, ends_at: T0 + 3600n * SECOND, ...more,
})
