/** Requests that together are one call: repeated with what the server asked for, or sent again. */
import type { InteractionFields } from '../../schemas/interaction.ts'
import { answerIn, askIn } from './input-requests.ts'
import type { Observation } from './observation.ts'
import { type Call, callAt, type Trace, unite } from './trace.ts'

const FAILED: ReadonlySet<Observation['outcome']> = new Set(['protocol_error', 'tool_error', 'unauthenticated', 'denied', 'cancelled'])
const COUNT_LIMIT = 65_535

const endOf = ({ started_at: start, ended_at: end }: Observation): bigint => (end > start ? end : start)
const firstOf = ({ observations }: Call): Observation =>
  observations.reduce((first, event) => (event.started_at < first.started_at || (event.started_at === first.started_at && event.event_id < first.event_id) ? event : first))

/** Where a call was made: the span above all of its own, '' where nothing is above it. */
function siteOf(trace: Trace, call: Call): string {
  for (const { span_id: own } of call.observations) {
    const parent = trace.nodes.get(own)?.parent
    if (parent === undefined) continue
    const above = trace.nodes.get(parent)
    if (above === undefined || above.call === -1 || callAt(trace, above.call) !== call) return parent
  }
  return ''
}

/** A request that the server asked something of, and that nobody is known to have repeated. */
interface Open {
  readonly call: Call
  readonly site: string
  readonly state: string
}

const said = (call: Call, of: (event: Observation) => string): string => {
  for (const event of call.observations) if (of(event) !== '') return of(event)
  return ''
}
const differ = (one: string, other: string): boolean => one !== '' && other !== '' && one !== other

/** Arguments as one side saw them both times. */
function argumentsAgree(one: Call, other: Call): boolean | undefined {
  let agree: boolean | undefined
  for (const { vantage, arguments_hash: hash } of one.observations) {
    const again = hash === '' ? undefined : other.observations.find((event) => event.vantage === vantage && event.arguments_hash !== '')
    if (again === undefined) continue
    if (again.arguments_hash !== hash) return false
    agree = true
  }
  return agree
}

/** Whether `call` may be the repetition: the same thing asked again, from the same place, after the answer. */
function mayRepeat({ call: asked, site }: Open, call: Call, from: string): boolean {
  if (site !== from || differ(said(asked, (event) => event.method), said(call, (event) => event.method))) return false
  const objects = [asked, call].map((one) => said(one, (event) => event.tool || event.prompt || event.resource)) as [string, string]
  if (objects[0] !== objects[1] || differ(said(asked, (event) => event.tool_call_id), said(call, (event) => event.tool_call_id))) return false
  const start = firstOf(call).started_at
  return asked.observations.every((event) => askIn(event) === undefined || endOf(event) <= start)
}

/** Which of those that were asked the request repeats; undefined where that is not certain. */
function repeated(open: readonly Open[], call: Call, from: string): Open | undefined {
  const answers = call.observations.map(answerIn)
  if (answers.some((answer) => answer.answers === false)) return undefined
  const state = answers.find((answer) => answer.state !== '')?.state ?? ''
  const candidates = open.filter((one) => mayRepeat(one, call, from) && argumentsAgree(one.call, call) !== false && !differ(one.state, state))
  const named = state === '' ? [] : candidates.filter((one) => one.state === state)
  if (named.length === 1) return named[0]
  // Without the request itself to see, the same arguments must tell that it is the same.
  const seen = answers.some((answer) => answer.answers === true)
  return candidates.length === 1 && (seen || argumentsAgree((candidates[0] as Open).call, call) === true) ? candidates[0] : undefined
}

/** Joins requests that were repeated with what their server had asked for. All records must be there. */
export function joinRounds(trace: Trace): void {
  if (!trace.calls.some(({ observations: [event] }) => event !== undefined && askIn(event) !== undefined)) return
  const calls = trace.calls.filter(({ index, into }) => index === into)
  const inTime = calls.map((call) => ({ call, first: firstOf(call) })).sort(({ first: one }, { first: other }) =>
    one.started_at < other.started_at ? -1 : one.started_at > other.started_at ? 1 : one.event_id < other.event_id ? -1 : 1)
  let open: Open[] = []
  for (const { call } of inTime) {
    const site = siteOf(trace, call)
    // What it asks itself, before it becomes one with what was asked before.
    const ask = call.observations.map(askIn).find((one) => one !== undefined)
    const before = repeated(open, call, site)
    if (before !== undefined) {
      open = open.filter((one) => one !== before)
      unite(trace, before.call.index, call.index)
    }
    if (ask !== undefined) open.push({ call: callAt(trace, call.index), site, state: ask.state })
  }
}

/** What one call took. */
export interface Requests extends Pick<InteractionFields, 'rounds' | 'attempts' | 'input_requests'> {
  /** Event ids of what was only on the way to the last request; undefined where there was one. */
  readonly superseded: ReadonlySet<string> | undefined
  /** From the first request to the end of the last, nanoseconds; 0n where there was one. */
  readonly duration: bigint
}

const NO_METHODS: readonly string[] = []
const ONE: Requests = { rounds: 1, attempts: 1, input_requests: NO_METHODS, superseded: undefined, duration: 0n }

type Side = 'client' | 'server'
const isRequest = (event: Observation, side: Side): boolean => event.vantage === side && event.method !== '' && event.signal === 'span'

/** The span above within the call that fulfils `is`. */
function above(trace: Trace, byId: ReadonlyMap<string, Observation>, event: Observation, is: (event: Observation) => boolean): Observation | undefined {
  let at = trace.nodes.get(event.span_id)?.parent ?? ''
  for (let steps = byId.size; steps > 0 && at !== ''; steps--) {
    const found = byId.get(at)
    if (found === undefined) return undefined
    if (is(found)) return found
    at = trace.nodes.get(at)?.parent ?? ''
  }
  return undefined
}

/** Requests one after the other; several views of one, which overlap, are one step. */
type Steps = readonly (readonly [Observation, ...Observation[]])[]

function stepsOf(trace: Trace, byId: ReadonlyMap<string, Observation>, side: Side): Steps {
  const all = [...byId.values()].filter((event) => isRequest(event, side) && above(trace, byId, event, (other) => isRequest(other, side)) === undefined)
  all.sort((one, other) => (one.started_at < other.started_at ? -1 : one.started_at > other.started_at ? 1 : one.event_id < other.event_id ? -1 : 1))
  const steps: [Observation, ...Observation[]][] = []
  let end = 0n
  for (const event of all) {
    const last = steps.at(-1)
    if (last === undefined || event.started_at >= end) steps.push([event])
    else last.push(event)
    if (endOf(event) > end) end = endOf(event)
  }
  return steps
}

/** Whether the request after `step` is the same one sent again, rather than a further round. */
function isSentAgain(step: readonly Observation[], next: readonly Observation[]): boolean {
  if (step.some((event) => askIn(event) !== undefined)) return false
  const ids = new Set(step.map((event) => event.jsonrpc_request_id).filter((id) => id !== ''))
  return next.some((event) => ids.has(event.jsonrpc_request_id)) || step.some(({ outcome }) => FAILED.has(outcome))
}

function counted(steps: Steps): { readonly rounds: number; readonly attempts: number } {
  let attempts = 1
  for (let at = 1; at < steps.length; at++) if (isSentAgain(steps[at - 1] as Steps[number], steps[at] as Steps[number])) attempts++
  return { rounds: Math.max(1, steps.length - attempts + 1), attempts }
}

/** `http.request.resend_count` of the OTel HTTP conventions: how often before. */
function resent({ observations }: Call): number {
  let most = 0
  for (const event of observations) {
    if (event.vantage !== 'client' || event.method !== '') continue
    const count = Number(event.attributes.get('http.request.resend_count')?.text ?? 0)
    if (Number.isInteger(count) && count > most && count < COUNT_LIMIT) most = count
  }
  return most
}

function several(trace: Trace, call: Call): Pick<Requests, 'rounds' | 'attempts' | 'superseded' | 'duration'> {
  const byId = new Map(call.observations.filter(({ signal }) => signal === 'span').map((event) => [event.span_id, event]))
  const sides = (['client', 'server'] as const).map((side) => stepsOf(trace, byId, side)).filter((steps) => steps.length > 1)
  const earlier = new Set(sides.flatMap((steps) => steps.slice(0, -1).flat()))
  const superseded = new Set<string>()
  for (const event of byId.values()) {
    if (earlier.has(event) || above(trace, byId, event, (other) => earlier.has(other)) !== undefined) superseded.add(event.event_id)
  }
  const counts = sides.map(counted)
  const durations = sides.map((steps) => endOf((steps.at(-1) as Steps[number])[0]) - (steps[0] as Steps[number])[0].started_at)
  return {
    rounds: Math.min(COUNT_LIMIT, Math.max(1, ...counts.map(({ rounds }) => rounds))), attempts: Math.min(COUNT_LIMIT, Math.max(1, ...counts.map(({ attempts }) => attempts))),
    superseded: superseded.size === 0 ? undefined : superseded, duration: durations.reduce((most, one) => (one > most ? one : most), 0n),
  }
}

function asked({ observations }: Call): readonly string[] {
  let methods: readonly string[] | undefined
  for (const event of observations) {
    const ask = askIn(event)
    if (ask !== undefined) methods = [...(methods ?? []), ...ask.methods]
  }
  return methods === undefined ? NO_METHODS : [...new Set(methods)].sort()
}

/** Whether one side has two requests of which neither is directly below the other: what nearly no call has, told without much work. */
function mayBeSeveral(trace: Trace, { observations }: Call): boolean {
  if (observations.length < 2) return false
  let clients = 0
  let servers = 0
  for (const event of observations) {
    const { vantage } = event
    if ((vantage !== 'client' && vantage !== 'server') || !isRequest(event, vantage)) continue
    const parent = trace.nodes.get(event.span_id)?.parent
    if (observations.some((other) => other.span_id === parent && isRequest(other, vantage))) continue
    if (vantage === 'client') clients++
    else servers++
  }
  return clients > 1 || servers > 1
}

/** How many requests a call took. Nearly every call took one. */
export function requestsIn(trace: Trace, call: Call): Requests {
  const took = mayBeSeveral(trace, call) ? several(trace, call) : ONE
  const again = resent(call)
  const methods = asked(call)
  if (took === ONE && again === 0 && methods.length === 0) return ONE
  return { ...took, attempts: Math.max(took.attempts, again + 1), input_requests: methods }
}
