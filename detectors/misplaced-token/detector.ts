/** Learns at which servers tokens are used and with which scopes, and speaks when one is where it does not belong. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Effect, Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { hash32 } from '../stats/distinct.ts'
import { secondsOf } from '../stats/moment.ts'
import { relayedDraft, unscopedDraft } from './draft.ts'
import { hear, isExclusive, isRollOut, lessonOf, type Norm, OWN, SHARED, TOLD } from './norms.ts'
import { type Params, rule } from './rule.ts'
import { arrive, learnScopes, newServer, newToken, requiredScopes, type ServerUse, type TokenUse, visit } from './use.ts'

/** State of a token, of a server's scopes, or of what tokens tell each other: one of the first three. */
export interface Belonging {
  token: TokenUse | null
  server: ServerUse | null
  readonly norms: Norm[]
  /** Lessons that are not told yet, and the one of this step. */
  lessons: number[]
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
const NORMS = '*norms'
/** Keys of servers begin with it; a token whose fingerprint does is not judged. */
const SERVER = 's:'
const COLON = 58
const HARMLESS: ReadonlySet<Effect> = new Set(['read', 'unknown'])
const UNSAID: ReadonlySet<Interaction['outcome']> = new Set(['tool_error', 'protocol_error', 'cancelled', 'unknown'])

interface Moment {
  readonly interaction: Interaction
  readonly day: number
  readonly params: Params
  /** Whether the actor is in doubt: then nothing is learned of it. */
  disputed(): boolean
  norms(): readonly Norm[]
}

/** Whether the server took the token; an attempt that it refused is a weak signal, and so is the third token of a week. */
function severityOf({ outcome, effect }: Interaction, isChange: boolean): Severity {
  if (isChange || outcome !== 'ok') return 'low'
  return HARMLESS.has(effect) ? 'medium' : 'high'
}

const notesOf = ({ outcome }: Interaction, isChange: boolean): readonly string[] =>
  [...(outcome === 'ok' ? [] : ['the server refused the token']), ...(isChange ? ['other tokens came here lately: the server seems to have changed'] : [])]

/** Somebody else's habit is broken at both ends. */
function judgeVisit(use: TokenUse, id: number, { interaction, day, params, norms }: Moment): readonly Draft[] {
  if (use.visits.length === 0 || use.gateway) return NONE
  const here = norms().find((norm) => norm.id === id)
  if (!isExclusive(here, day, params)) return NONE
  if (!use.visits.some((one) => isExclusive(norms().find((norm) => norm.id === one.id), day, params))) return NONE
  const isChange = isRollOut(here, day, params)
  return [relayedDraft({ interaction, severity: severityOf(interaction, isChange), notes: notesOf(interaction, isChange) }, use.home, here)]
}

/** What the token tells of servers, once it was used enough. */
function teach(state: Belonging, use: TokenUse, moment: Moment): void {
  if (use.events !== moment.params.teachEvents) return
  const said = use.visits.length > 1 || use.gateway ? SHARED : OWN
  for (const { id, told } of use.visits) if (!told) state.lessons.push(lessonOf(id, said, moment.day))
}

/** Somewhere for the first time, by a server that took it. */
function enter(state: Belonging, use: TokenUse, id: number, moment: Moment): readonly Draft[] {
  const { day, params } = moment
  const drafts = judgeVisit(use, id, moment)
  const told = drafts.length > 0
  if (told) state.lessons.push(lessonOf(id, TOLD, day))
  else if (use.events > params.teachEvents) {
    for (const one of use.visits.length === 1 ? [...use.visits, { id }] : [{ id }]) state.lessons.push(lessonOf(one.id, SHARED, day))
  }
  arrive(use, id, day, { told, maxServers: params.maxServers })
  return drafts
}

/** An attempt that was refused is told once and says nothing of where the token is used. */
function refuse(use: TokenUse, id: number, moment: Moment): readonly Draft[] {
  if (use.refused === id || use.visits.some((one) => one.id === id)) return NONE
  use.refused = id
  return judgeVisit(use, id, moment)
}

function stepToken(state: Belonging, moment: Moment): readonly Draft[] {
  const { interaction, day, params } = moment
  const id = hash32(interaction.server)
  if (interaction.outcome !== 'ok') return state.token === null ? NONE : refuse(state.token, id, moment)
  const use = state.token ??= newToken(interaction.server)
  use.gateway ||= interaction.vantages.includes('gateway')
  use.events++
  use.lastDay = Math.max(use.lastDay, day)
  const known = visit(use, id, day)
  const drafts = known === undefined ? enter(state, use, id, moment) : NONE
  if (known?.told === true && known.days >= params.acceptDays && !moment.disputed()) {
    known.told = false
    state.lessons.push(lessonOf(id, SHARED, day))
  }
  teach(state, use, moment)
  return drafts
}

function judgeScopes(use: ServerUse, ids: readonly number[], { interaction, day, params }: Moment): readonly Draft[] {
  const required = requiredScopes(use, params)
  if (required.length === 0 || required.some((one) => ids.includes(one))) return NONE
  const isChange = isRollOut(use, day, params)
  use.told = day - use.toldDay > params.rollOutDays ? 1 : use.told + 1
  use.toldDay = day
  if (isChange) learnScopes(use, ids, params)
  return [unscopedDraft({ interaction, severity: severityOf(interaction, isChange), notes: notesOf(interaction, isChange) }, use.scoped, required.length)]
}

/** Whether the token was here of late; now it was. Those that come often stay in the younger half, where nothing has to be moved. */
function isRegular(tokens: number[], token: number, most: number): boolean {
  const at = tokens.lastIndexOf(token)
  if (at >= 0 && at >= tokens.length >> 1) return true
  if (at >= 0) tokens.splice(at, 1)
  tokens.push(token)
  if (tokens.length > most) tokens.shift()
  return at >= 0
}

/** Each token once, and again when it was long away. */
function stepServer(state: Belonging, moment: Moment): readonly Draft[] {
  const { interaction, day, params } = moment
  const use = state.server ??= newServer()
  use.lastDay = Math.max(use.lastDay, day)
  const token = hash32(interaction.token_fingerprint)
  if (isRegular(use.tokens, token, params.maxTokens)) return NONE
  const ids = interaction.scopes.slice(0, params.maxScopes).map(hash32)
  const drafts = judgeScopes(use, ids, moment)
  if (drafts.length === 0 && interaction.outcome === 'ok' && !moment.disputed()) learnScopes(use, ids, params)
  return drafts
}

function teachOne(state: Belonging): void {
  state.lesson = state.lessons[0] ?? 0
  if (state.lessons.length > 0) state.lessons = state.lessons.slice(1)
}

export const misplacedToken: Detector<Params, Belonging> = {
  rule,
  keysOf({ token_fingerprint: token, server, scopes, token_trust: trust, method, outcome }) {
    if (token === '' || token === NORMS || token.charCodeAt(1) === COLON || server === '' || trust === 'client_reported' || trust === 'self_declared' || UNSAID.has(outcome)) return NONE
    return scopes.length === 0 || method !== 'tools/call' ? [token] : [token, SERVER + server]
  },
  homeOf: (key) => (key.charCodeAt(1) === COLON ? `server:${key.slice(SERVER.length)}` : `token:${key}`),
  lore: (key) => (key.charCodeAt(1) === COLON ? '' : NORMS),
  lesson: ({ lesson }) => lesson,
  learn: ({ norms }, lesson, params) => hear(norms, lesson, params),
  begin: () => ({ token: null, server: null, norms: [], lessons: [], lesson: 0 }),
  step(state, interaction, key, params, tools: Tools) {
    const day = Math.floor(secondsOf(interaction) / DAY)
    const moment = { interaction, day, params, disputed: () => tools.disputed?.() === true, norms: () => (tools.stateOf?.(NORMS) as Belonging | undefined)?.norms ?? NONE }
    if (key.charCodeAt(1) === COLON) return stepServer(state, moment)
    const drafts = stepToken(state, moment)
    teachOne(state)
    return drafts
  },
  forget({ token, server }, watermark, { keepDays }) {
    const lastDay = token?.lastDay ?? server?.lastDay ?? -1
    return lastDay >= 0 && (lastDay + keepDays) * DAY < Number(watermark) / 1e9
  },
}
