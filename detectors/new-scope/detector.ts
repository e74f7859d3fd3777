/** Learns the scopes of each principal and of its peers, and speaks when one gets rights that neither had, or first uses them. */
import type { Interaction } from '../../schemas/interaction.ts'
import { type ActorKind, type Severity, SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { hash32 } from '../stats/distinct.ts'
import { secondsOf } from '../stats/moment.ts'
import { type NewScope, nameOf, scopeDraft, usedDraft } from './draft.ts'
import { bitOf, comesBack, hasScope, hear, holderLesson, type Holding, learnScope, MEMBER, newLesson, noRights, type Peers, type Rights, turn } from './rights.ts'
import { type Params, rule } from './rule.ts'
import { shapeOf, tierOf } from './tier.ts'

/** State of a principal; of the peers' only `peers` is used. */
export interface Grantee {
  rights: Rights
  events: number
  days: number
  lastDay: number
  /** Of the scopes of the call before. */
  look: number
  peers: Peers | null
  /** Lessons that are not told yet, and the one of this step. */
  lessons: number[]
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
/** Peers with a scope from which on its use is nobody's surprise. */
const FEW = 2
/** Keys of peers; an actor whose name begins like them is not judged. */
const STAR = 42
const PEERS: Readonly<Record<ActorKind, string>> = { principal: '*principal', service: '*service', client: '*client', agent: '*agent', host: '*host', unknown: '' }

interface Moment {
  readonly interaction: Interaction
  readonly day: number
  readonly params: Params
  readonly peers: Peers | undefined
  /** The principal is in doubt: no day counts towards knowing a scope. */
  readonly disputed: boolean
}

/** Tells lists of scopes apart without reading all of every scope: length, first, middle and last character of each, in order. */
function lookOf(scopes: readonly string[]): number {
  let look = scopes.length
  for (const scope of scopes) {
    const { length } = scope
    look = Math.imul(look ^ (length | (scope.charCodeAt(0) << 8) | (scope.charCodeAt(length >> 1) << 16) | (scope.charCodeAt(length - 1) << 24)), 0x01000193)
  }
  return look | 1
}

const isMature = ({ events, days }: Grantee, { minEvents, minDays }: Params): boolean => events >= minEvents && days >= minDays

function isCommon(holding: Holding | undefined, members: number, { commonShare, commonHolders }: Params): boolean {
  return holding !== undefined && holding.holders >= Math.max(commonHolders, commonShare * members)
}

function weigh(scope: string, id: number, before: Rights['tier'], { day, params, peers }: Moment): NewScope {
  const holding = peers?.holdings.find((one) => one.id === id)
  const isKnown = peers !== undefined && peers.members >= params.minPeers
  const common = isKnown && isCommon(holding, peers.members, params)
  const isRollOut = holding !== undefined && holding.recent >= params.rollOut && day - holding.lastDay <= params.rollOutDays
  const tier = tierOf(scope)
  const isFirst = tier === 3 && before < 3
  const rare: Severity = isFirst && (!isKnown || (holding?.holders ?? 0) < FEW) ? 'medium' : 'low'
  const severity = !common && !isRollOut ? rare : isFirst ? 'low' : undefined
  return { id, name: nameOf(shapeOf(scope)), tier, severity, holders: isKnown ? (holding?.holders ?? 0) : undefined, isRollOut }
}

/** A principal without history: only administration that no peer has is worth a word. */
const coldSeverity = ({ tier, holders }: NewScope): Severity | undefined => (tier === 3 && holders === 0 ? 'low' : undefined)

function worstOf(scopes: readonly NewScope[]): Severity | undefined {
  let worst: Severity | undefined
  for (const { severity } of scopes) if (severity !== undefined && (worst === undefined || SEVERITY_ORDER.indexOf(severity) > SEVERITY_ORDER.indexOf(worst))) worst = severity
  return worst
}

/** Takes a scope in that was never seen: those that are told have to come back. */
function take(grantee: Grantee, scope: NewScope, mature: boolean, { day, params }: Moment): void {
  const { rights } = grantee
  const isFull = rights.disputed.length >= params.maxDisputed
  if (mature && !isFull) grantee.lessons.push(newLesson(scope.id, day))
  if (mature && !isFull && scope.severity !== undefined) {
    rights.disputed.push({ id: scope.id, days: 1, lastDay: day })
    if (!scope.isRollOut && scope.tier > 1 && (scope.holders ?? 0) < FEW) rights.watched = { id: scope.id, name: scope.name, tier: scope.tier, since: day }
    return
  }
  learnScope(rights, scope.id, params.maxScopes)
  rights.tier = scope.tier > rights.tier ? scope.tier : rights.tier
  if (mature && !isFull) grantee.lessons.push(holderLesson(scope.id, day))
}

function unknownScopes(grantee: Grantee, moment: Moment): readonly NewScope[] {
  const { interaction, day, params, disputed } = moment
  const { rights } = grantee
  const found: NewScope[] = []
  for (const scope of interaction.scopes.slice(0, params.maxScopes)) {
    if (scope === '') continue
    const id = hash32(shapeOf(scope))
    if (hasScope(rights, id, params)) continue
    const back = comesBack(rights, id, { day, disputed }, params)
    if (back === true) {
      const tier = tierOf(scope)
      rights.tier = tier > rights.tier ? tier : rights.tier
      grantee.lessons.push(holderLesson(id, day))
    }
    if (back === undefined && !found.some((one) => one.id === id)) found.push(weigh(scope, id, rights.tier, moment))
  }
  return found
}

/** Another list of scopes than in the call before, or another day. */
function compare(grantee: Grantee, moment: Moment): readonly Draft[] {
  const { interaction, day, params, peers } = moment
  turn(grantee.rights, day, params)
  const found = unknownScopes(grantee, moment)
  if (found.length === 0) return NONE
  const mature = isMature(grantee, params)
  const isFull = grantee.rights.disputed.length >= params.maxDisputed
  const isFirst = grantee.events === 0
  const before = grantee.rights.tier
  const judged = mature ? (isFull ? NONE : found) : isFirst ? found.map((scope) => ({ ...scope, severity: coldSeverity(scope) })) : NONE
  for (const scope of found) take(grantee, scope, mature, moment)
  const severity = worstOf(judged)
  if (severity === undefined) return NONE
  const scopes = judged.filter((one) => one.severity !== undefined)
  return [scopeDraft({ interaction, day, scopes, severity, members: peers?.members ?? 0, events: grantee.events, days: grantee.days, before })]
}

/** The first effect of its kind after a new right. */
function follow({ rights }: Grantee, { interaction, day, params }: Moment, seconds: number): readonly Draft[] {
  const { watched } = rights
  const { effect, outcome, requested_by: by, request_fit: fit } = interaction
  const bit = bitOf(effect)
  if (watched !== null && day > watched.since + params.watchDays) rights.watched = null
  if (bit === 0 || (rights.effects & bit) !== 0 || outcome !== 'ok') return NONE
  rights.effects |= bit
  const right = rights.watched
  // Only who has the right can use it: another token of the same principal need not have it.
  if (right === null || !interaction.scopes.some((scope) => hash32(shapeOf(scope)) === right.id)) return NONE
  const asked = by === 'user_turn' && fit === 'asked'
  const severity: Severity = asked ? 'low' : right.tier === 3 ? 'high' : 'medium'
  return [usedDraft(interaction, right, { severity, seconds })]
}

function count(grantee: Grantee, day: number, params: Params): void {
  const wasMature = isMature(grantee, params)
  grantee.events++
  if (day > grantee.lastDay) {
    grantee.days++
    grantee.lastDay = day
  }
  if (wasMature || !isMature(grantee, params)) return
  grantee.lessons.push(holderLesson(MEMBER, day), ...grantee.rights.ids.map((id) => holderLesson(id, day)))
}

export const newScope: Detector<Params, Grantee> = {
  rule,
  keysOf({ actor, actor_kind: kind, scopes, scopes_trust: trust }) {
    return scopes.length === 0 || actor === '' || kind === 'unknown' || trust === 'self_declared' || actor.charCodeAt(0) === STAR ? NONE : [actor]
  },
  homeOf: (key) => `actor:${key}`,
  lore: (_, { actor_kind }) => PEERS[actor_kind],
  lesson: ({ lesson }) => lesson,
  learn: (state, lesson, params) => hear(state.peers ??= { members: 0, holdings: [] }, lesson, params),
  begin: () => ({ rights: noRights(-1), events: 0, days: 0, lastDay: -1, look: 0, peers: null, lessons: [], lesson: 0 }),
  step(grantee, interaction, _, params, tools: Tools) {
    const seconds = secondsOf(interaction)
    const day = Math.floor(seconds / DAY)
    const look = lookOf(interaction.scopes)
    let drafts: readonly Draft[] = NONE
    if (grantee.rights.turnDay < 0) grantee.rights.turnDay = day
    const isSame = look === grantee.look && day === grantee.lastDay
    const peers = isSame ? undefined : ((tools.stateOf?.(PEERS[interaction.actor_kind]) as Grantee | undefined)?.peers ?? undefined)
    const moment = { interaction, day, params, peers, disputed: !isSame && tools.disputed?.() === true }
    if (!isSame) drafts = compare(grantee, moment)
    grantee.look = look
    count(grantee, day, params)
    const followed = follow(grantee, moment, seconds)
    grantee.lesson = grantee.lessons[0] ?? 0
    if (grantee.lessons.length > 0) grantee.lessons = grantee.lessons.slice(1)
    return followed.length === 0 ? drafts : [...drafts, ...followed]
  },
  forget: ({ lastDay }, watermark, { keepDays }) => lastDay >= 0 && (lastDay + 2 * keepDays) * DAY < Number(watermark) / 1e9,
}
