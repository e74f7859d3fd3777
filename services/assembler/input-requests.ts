/**
 * What results and requests say of input that a server asks for instead of answering (MCP 2026-07-28, multi round-trip requests): `resultType` is
 * `input_required`, and the request is repeated with `inputResponses`, `requestState` or both. SDKs write these names in camel or in snake case.
 */
import { hash } from 'node:crypto'
import type { CarriedStates } from '../../schemas/relay.ts'
import type { Observation } from './observation.ts'

export interface Ask {
  /** Methods, such as `elicitation/create`; distinct, sorted, bounded. */
  readonly methods: readonly string[]
  /** What the repeated request carries again; '' where there is none. */
  readonly state: string
}

export interface Answer {
  /** undefined where the request cannot be seen. */
  readonly answers: boolean | undefined
  readonly state: string
}

const WORD = 'input_required'
const METHODS_LIMIT = 16
const METHOD = /^[A-Za-z]+(?:\/[A-Za-z_]+){0,3}$/
const METHOD_CHARACTERS = 64
/** Beginning of a result that was cut, or redacted so that it is no JSON any more. */
const CUT = /^\s*\{\s*"result_?[tT]ype"\s*:\s*"input_required"/

type Members = Readonly<Record<string, unknown>>
const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function methodsIn(requests: unknown): readonly string[] {
  const methods = new Set<string>()
  for (const request of Object.values(membersOf(requests)).slice(0, METHODS_LIMIT)) {
    const method = textOf(membersOf(request)['method'])
    if (method.length <= METHOD_CHARACTERS && METHOD.test(method)) methods.add(method)
  }
  return [...methods].sort()
}

/** Undefined where the result is an answer, or is not seen. */
export function askIn({ result }: Pick<Observation, 'result'>): Ask | undefined {
  if (!result.includes(WORD)) return undefined
  const whole = membersOf(parsed(result))
  const body = whole['resultType'] === undefined && whole['result_type'] === undefined ? membersOf(whole['result']) : whole
  if ((body['resultType'] ?? body['result_type']) !== WORD) return CUT.test(result) ? { methods: [], state: '' } : undefined
  return { methods: methodsIn(body['inputRequests'] ?? body['input_requests']), state: textOf(body['requestState'] ?? body['request_state']) }
}

/** Attribute with the whole request, as Logfire sends it. */
const REQUEST = 'request'

export function answerIn({ attributes }: Pick<Observation, 'attributes'>): Answer {
  return answerOf(attributes.get(REQUEST)?.text ?? '')
}

function answerOf(request: string): Answer {
  const body = membersOf(parsed(request))
  if (typeof body['params'] !== 'object' || body['params'] === null) return { answers: undefined, state: '' }
  const params = membersOf(body['params'])
  const state = textOf(params['requestState'] ?? params['request_state'])
  const responses = params['inputResponses'] ?? params['input_responses']
  return { answers: state !== '' || (responses !== undefined && responses !== null), state }
}

/** A state that is shorter may be used again by anybody. */
const WORLDWIDE_STATE = 16
/** What redaction leaves of any secret whatever. */
const INDISTINCT = /\[redacted:(?:unscanned|[a-z0-9-]+:dropped)\]/
const NO_STATES: CarriedStates = { asked: '', answered: '' }
const digestOf = (state: string): string => hash('sha256', state, 'hex').slice(0, 32)

/** The only one that is open; '' where there is none, or it cannot be told which. */
const onlyOf = (states: ReadonlySet<string>, closed: ReadonlySet<string>): string => {
  const open = [...states].filter((state) => !closed.has(state))
  const [state = ''] = open
  return open.length === 1 && state.length >= WORLDWIDE_STATE && !INDISTINCT.test(state) ? digestOf(state) : ''
}

/** What a call asked for and what it carried whose other end is not among its observations. */
export function statesIn(observations: readonly Pick<Observation, 'result' | 'attributes'>[]): CarriedStates {
  let asked: Set<string> | undefined
  let answered: Set<string> | undefined
  for (const { result, attributes } of observations) {
    const asks = result.includes(WORD) ? (askIn({ result })?.state ?? '') : ''
    if (asks !== '') (asked ??= new Set()).add(asks)
    const request = attributes.get(REQUEST)?.text ?? ''
    const carries = request.includes('State') || request.includes('_state') ? answerOf(request).state : ''
    if (carries !== '') (answered ??= new Set()).add(carries)
  }
  if (asked === undefined && answered === undefined) return NO_STATES
  const none: ReadonlySet<string> = new Set()
  return { asked: onlyOf(asked ?? none, answered ?? none), answered: onlyOf(answered ?? none, asked ?? none) }
}
