/**
 * The calls of one trace (or of one conversation, where records have no trace). They are made of all its records in one order of their own, so that it does
 * not matter in which they came.
 */
import type { Vantage } from '../../schemas/vocabulary.ts'
import { type Context, emptyContext, hear, speaks } from './context.ts'
import { fromThePoint } from './merge.ts'
import { joins, type Outline, rpcKey, type View, viewOf } from './join.ts'
import { callersLink } from '../../schemas/record-key.ts'
import type { CarriedStates } from '../../schemas/relay.ts'
import type { Observation } from './observation.ts'

/** One interaction in the making. */
export interface Call {
  /** Index in `Trace.calls`; the call it was joined into, or itself. */
  readonly index: number
  into: number
  /** What was seen of it: at least one. */
  readonly observations: Observation[]
  /** Event id of one of its observations: what the interaction's id is made of. */
  anchor: string
  /** Spans whose parent has not arrived. */
  unresolved: number
  /** The agent span above it, '' where none is known. */
  agentSpan: string
  /** Last version that was published, 0 = none yet; what it said, to publish only what is new; start of the first version. */
  version: number
  digest: string
  sortAt: bigint
  /** Conversation under which it was last sent on, '' = none. */
  home: string
  /** Under which it was first sent on, and stays: others may have met it there. */
  states: CarriedStates | undefined
}

/** Before the event id of a log record that tells of a span: no span id begins so. */
const LOG_NODE = 'log '

export interface Node {
  readonly parent: string
  readonly view: View | undefined
  /** Index of the call, -1 for spans that are lineage only. */
  readonly call: number
  readonly agentRun: boolean
  readonly argumentsHash: string
  /** Of an HTTP request that names no method: spans below it that do. */
  carries?: string[]
  /** Of an agent's span: arguments of the first request below it, and the side that saw them. */
  sent?: Pick<Observation, 'vantage' | 'arguments_hash'>
}

/** A published call that proved to be a part of `into`: as it was told last. */
export interface Withdrawn {
  readonly call: Call
  readonly into: Call
}

/** Made of the records of a trace when something is to be published, and let go again: see held-trace.ts for what is kept. */
export interface Trace {
  rootArrived: boolean
  /** A trigger that no person pulled stands on the root or its resource. */
  scheduled: boolean
  /** Agent spans with messages were seen, so a missing user turn means something. */
  agentSpoke: boolean
  readonly nodes: Map<string, Node>
  /** Parent span id → spans that wait for it. */
  readonly waiting: Map<string, string[]>
  /** Tool call id → call. */
  readonly byToolCall: Map<string, number>
  /** JSON-RPC method and id → calls; settled when all are there. */
  readonly byRequest: Map<string, number[]>
  /** Span ids of HTTP requests that carry something; settled when all are there. */
  readonly requests: Set<string>
  readonly calls: Call[]
  /** Indexes of calls that say something new since they were last published. */
  readonly dirty: Set<number>
  /** Published calls that proved to be parts of others, to be withdrawn. */
  readonly withdrawn: Withdrawn[]
  /** Words that were not there when the trace was last opened. */
  newWords: boolean
  context: Context | undefined
  /** Conversation of its records, the smallest where there are several, '' where none names one. */
  conversation: string
}

export const newTrace = (): Trace => ({
  rootArrived: false, scheduled: false, agentSpoke: false,
  nodes: new Map(), waiting: new Map(), byToolCall: new Map(), byRequest: new Map(), requests: new Set(), calls: [], dirty: new Set(), withdrawn: [], newWords: false, context: undefined, conversation: '',
})

/** The call that `index` has been joined into. */
export function callAt(trace: Trace, index: number): Call {
  let call = trace.calls[index] as Call
  while (call.into !== call.index) call = trace.calls[call.into] as Call
  return call
}

/** The earlier call stays, whatever the order of the two. */
export function unite(trace: Trace, left: number, right: number): void {
  const [one, two] = [callAt(trace, left), callAt(trace, right)]
  if (one === two) return
  const [kept, gone] = one.index < two.index ? [one, two] : [two, one]
  kept.observations.push(...gone.observations)
  kept.unresolved += gone.unresolved
  kept.agentSpan ||= gone.agentSpan
  gone.into = kept.index
}

function addCall(trace: Trace, event: Observation): Call {
  const call: Call = {
    index: trace.calls.length, into: trace.calls.length, observations: [event], anchor: event.event_id,
    unresolved: 0, agentSpan: '', version: 0, digest: '', sortAt: 0n, home: '', states: undefined,
  }
  trace.calls.push(call)
  return call
}

/** A tool of an agent that calls several times with other arguments calls several times. */
function asksTheSame(request: Node, { view, argumentsHash: hash }: Node): boolean {
  if (request.view?.vantage !== 'agent' || view === undefined || view.vantage === 'agent' || hash === '') return true
  request.sent ??= { vantage: view.vantage, arguments_hash: hash }
  return request.sent.vantage !== view.vantage || request.sent.arguments_hash === hash
}

/** Whether it is left open which of several calls an HTTP request belongs to. */
const isCarried = ({ view: request }: Node, { view }: Node, childId: string): boolean =>
  request?.method === '' && view !== undefined && view.method !== '' && !childId.startsWith(LOG_NODE)

/** Joins a span that has arrived with the parent that it names, once both are there. */
function link(trace: Trace, childId: string, parentId: string): void {
  const child = trace.nodes.get(childId) as Node
  const parent = trace.nodes.get(parentId) as Node
  if (child.call === -1) return
  const isOne = parent.view !== undefined && parent.call !== -1 && child.view !== undefined && joins(parent.view, child.view) && asksTheSame(parent, child)
  if (!isOne) callAt(trace, child.call).agentSpan ||= parentId
  else if (isCarried(parent, child, childId)) {
    trace.requests.add(parentId)
    if (parent.carries === undefined) parent.carries = [childId]
    else parent.carries.push(childId)
  } else unite(trace, parent.call, child.call)
}

function awaitParent(trace: Trace, spanId: string, parentId: string, call: Call | undefined): void {
  const others = trace.waiting.get(parentId)
  if (others === undefined) trace.waiting.set(parentId, [spanId])
  else others.push(spanId)
  if (call !== undefined) call.unresolved++
}

function adoptChildren(trace: Trace, spanId: string): void {
  const children = trace.waiting.get(spanId)
  if (children === undefined) return
  trace.waiting.delete(spanId)
  for (const child of children) {
    const { call } = trace.nodes.get(child) as Node
    if (call !== -1) callAt(trace, call).unresolved--
    link(trace, child, spanId)
  }
}

/** Without a parent link, the two ends of one request still carry the same JSON-RPC id, and client logs the tool call id. */
function joinByIds(trace: Trace, call: Call, view: View): void {
  joinByToolCall(trace, call, view.toolCallId)
  const key = rpcKey(view)
  if (key === '') return
  const known = trace.byRequest.get(key)
  if (known === undefined) trace.byRequest.set(key, [call.index])
  else known.push(call.index)
}

function joinByToolCall(trace: Trace, call: Call, id: string): void {
  if (id === '') return
  const known = trace.byToolCall.get(id)
  if (known === undefined) trace.byToolCall.set(id, call.index)
  else unite(trace, known, call.index)
}

/** What the call as a whole looks like. */
export function outlineOf({ observations }: Call): Outline {
  const best = fromThePoint(observations)
  let [method, object] = ['', '']
  for (const event of best) {
    method ||= event.method
    object ||= event.tool || event.prompt || event.resource
  }
  return { method, object, vantage: (best[0] as Observation).vantage }
}

export const wasSeenBy = (call: Call, vantage: Vantage): boolean => call.observations.some((event) => event.vantage === vantage)

const text = (event: Observation, key: string): string => (event.attributes.get(key) ?? event.resource_attributes.get(key))?.text ?? ''
const isScheduled = (event: Observation): boolean => text(event, 'faas.trigger') === 'timer' || text(event, 'k8s.cronjob.name') !== ''
const isAgentRun = (event: Observation): boolean =>
  event.vantage === 'agent' && event.tool === '' && (text(event, 'gen_ai.operation.name') === 'invoke_agent' || event.name.startsWith('invoke_agent'))

/** The same whichever record comes first. */
function nameConversation(trace: Trace, { conversation }: Observation): void {
  if (conversation !== '' && (trace.conversation === '' || conversation < trace.conversation)) trace.conversation = conversation
}

function listen(trace: Trace, event: Observation, isNew: boolean): void {
  if (!speaks(event)) return
  trace.context ??= emptyContext()
  if (!hear(trace.context, event)) return
  if (trace.context.parts.length > 0 || trace.context.prompts.length > 0) trace.agentSpoke = true
  trace.newWords ||= isNew
}

/** The span above it; of one that links its caller's, that one. */
function parentOf(event: Observation): string {
  const link = event.links.length === 0 ? '' : callersLink(event)
  return link === '' ? event.parent_span_id : link.slice(link.indexOf(':') + 1)
}

function addSpan(trace: Trace, event: Observation): void {
  const view = viewOf(event)
  const parent = parentOf(event)
  const call = view === undefined ? undefined : addCall(trace, event)
  trace.nodes.set(event.span_id, { parent, view, call: call?.index ?? -1, agentRun: isAgentRun(event), argumentsHash: event.arguments_hash })
  if (parent === '') {
    trace.rootArrived = true
    trace.scheduled ||= isScheduled(event)
  } else if (trace.nodes.has(parent)) link(trace, event.span_id, parent)
  else awaitParent(trace, event.span_id, parent, call)
  adoptChildren(trace, event.span_id)
  if (call !== undefined && view !== undefined) joinByIds(trace, call, view)
}

/** An access log tells of a span, whose trace and span id it carries: it stands as a child of that span would. */
function addBelow(trace: Trace, { event_id: id, span_id: parent }: Observation, { view, call }: { readonly view: View; readonly call: Call }): void {
  const node = LOG_NODE + id
  trace.nodes.set(node, { parent, view, call: call.index, agentRun: false, argumentsHash: '' })
  if (trace.nodes.has(parent)) link(trace, node, parent)
  else awaitParent(trace, node, parent, call)
}

function addLog(trace: Trace, event: Observation): void {
  const view = viewOf(event)
  if (view === undefined && event.tool === '') return
  const call = addCall(trace, event)
  if (view !== undefined && event.span_id !== '' && event.vantage !== 'log') addBelow(trace, event, { view, call })
  if (view !== undefined) joinByIds(trace, call, view)
  else joinByToolCall(trace, call, event.tool_call_id)
}

/** What is of one identity in a trace: of two records the first one wins. */
export const identityOf = ({ signal, event_id: id, span_id: span }: Observation): string => (signal === 'log' ? id : span)

/** Adds an observation that the trace does not hold yet; `isNew`: it has come since the trace was last opened. */
export function observe(trace: Trace, event: Observation, isNew: boolean): void {
  nameConversation(trace, event)
  listen(trace, event, isNew)
  if (event.signal === 'log') addLog(trace, event)
  else addSpan(trace, event)
}

/** How many agent runs stand above a span. */
export function agentRunsAbove(trace: Trace, spanId: string): number {
  let count = 0
  let at = spanId
  // Parents can be forged into a ring: no chain is longer than the spans there are.
  for (let steps = trace.nodes.size; steps > 0 && at !== ''; steps--) {
    const node = trace.nodes.get(at)
    if (node === undefined) break
    if (node.agentRun) count++
    at = node.parent
  }
  return count
}

/** Nothing more is expected: the root is there, every parent is there, and the side that did the work has spoken. */
export const isComplete = (trace: Trace, call: Call): boolean =>
  trace.rootArrived && call.unresolved === 0 && wasSeenBy(call, 'server')
