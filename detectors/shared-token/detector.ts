/** Learns who holds the tokens of each principal, and speaks when an unknown one uses the same token beside them. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Effect, Severity } from '../../schemas/vocabulary.ts'
import type { Baselines, Detector, Draft, Tools } from '../detector.ts'
import { hash32 } from '../stats/distinct.ts'
import { secondsOf } from '../stats/moment.ts'
import { type Case, changedDraft, labelOf, manyDraft, type Suspect, togetherDraft } from './draft.ts'
import { glance, isSystem, networkOf, softwareOf } from '../caller/fingerprint.ts'
import { hear, isCommon, isRollOut, memberLesson, networkLesson, noPeers, type Peers, toldLesson } from './peers.ts'
import { type Caller, countOthers, countStrangers, countUnknown, differenceOf, differsInBoth, enter, isKnown, type Print, revisit } from './prints.ts'
import { type Params, rule } from './rule.ts'

/** State of a principal, or of a token whose principal is not known; of the peers' only `peers` is used. */
export interface Owner {
  prints: Print[]
  /** What the caller of the call before looked like at a glance, 0 = not known any more. */
  look: number
  events: number
  days: number
  lastDay: number
  /** Other holders of one token, by program and network, that were there at once and were not told. */
  usual: number
  suspect: Suspect | null
  /** The last telling of many programs: day · 2, and 1 for a leak. */
  manyTold: number
  peers: Peers | null
  /** Lessons that are not told yet, and the one of this step. */
  lessons: number[]
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
const PEERS = '*peers'
const MOST_EVIDENCE = 3
/** Unknown programs within the hour that are odd. */
const ODD = 2
/** Lessons that wait; more than these is somebody who wears down the others. */
const MOST_LESSONS = 16
/** Peers that share this much more than the norm allows make even a token's own history a weak one. */
const SHARING_HABIT = 2
const HARMLESS: ReadonlySet<Effect> = new Set(['read', 'unknown'])

/** How a holder is judged: by itself, by its peers, or not at all yet. */
interface Standing {
  readonly counts: boolean
  readonly mature: boolean
  readonly basis: string
  readonly baselines: Baselines
}

interface Moment {
  readonly interaction: Interaction
  readonly caller: Caller
  readonly params: Params
  peers(): Peers | undefined
}

function standingOf({ events, days, usual }: Owner, { peers, params }: Moment): Standing {
  const lore = peers()
  const known = lore !== undefined && lore.members >= params.minPeers
  const shared = known ? lore.shared / lore.members : 0
  const mature = events >= params.minEvents && days >= params.minDays
  const baselines = {
    self: `${events} calls on ${days} days by ${usual === 0 ? 'one holder' : `up to ${usual + 1} holders`} at a time`,
    ...(known ? { tenant: `the tokens of ${lore.shared} of ${lore.members} have several holders at a time` } : {}),
  }
  if (mature) return { counts: shared <= params.peersShared * SHARING_HABIT, mature, basis: `there are ${events} calls on ${days} days behind it`, baselines }
  const counts = known && shared <= params.peersShared
  return { counts, mature, baselines, basis: counts ? `cold start: little is known of the holder, but of ${lore.members} others ${lore.shared} share tokens` : 'cold start: little is known of the holder and of its peers' }
}

const caseOf = (owner: Owner, suspect: Suspect, moment: Moment, severity: Severity): Case => {
  const { basis, baselines } = standingOf(owner, moment)
  return { suspect, severity, basis, interaction: moment.interaction, seconds: moment.caller.seconds, usual: owner.usual, baselines }
}

const suspectOf = ({ interaction, caller }: Moment, kind: Suspect['kind'], id: number): Suspect => ({
  id, software: caller.software, network: caller.network, kind, label: labelOf(interaction), firstAt: caller.seconds, evidence: [], turns: 1, risky: false, told: false,
})

/** The same token, but another program from another network than anybody before; where there were many at once, it also has to be one more of them than ever. */
function isStranger({ usual }: Owner, before: readonly Print[], { caller, params }: Moment): boolean {
  if (!before.some(({ token }) => token === caller.token) || !before.every((print) => differsInBoth(print, caller))) return false
  return usual < params.gatewayHolders || countOthers(before, caller, params) > usual
}

/** A call by somebody who never used the token: whom to watch, and what to say at once. */
function meet(owner: Owner, { id }: Print, before: readonly Print[], moment: Moment): readonly Draft[] {
  const { caller, params } = moment
  const kind = isStranger(owner, before, moment) ? 'both' : differenceOf(before, caller, params)
  if (kind !== 'both' && isSystem(caller.network) && before.every(({ network }) => network !== caller.network)) owner.lessons.push(networkLesson(caller.network))
  if (kind === '' || (kind !== 'both' && owner.suspect?.kind === 'both')) return NONE
  if (kind === 'network' && isCommon(moment.peers(), caller.network, params)) return NONE
  owner.suspect = suspectOf(moment, kind, id)
  return kind === 'both' ? changeOfHands(owner, owner.suspect, before, moment) : NONE
}

/** What is told at once is not told again when the known holder goes on. */
function changeOfHands(owner: Owner, suspect: Suspect, before: readonly Print[], moment: Moment): readonly Draft[] {
  const { caller, params } = moment
  if (!standingOf(owner, moment).mature) return NONE
  const isQuick = before.some((one) => one.token === caller.token && Math.abs(caller.seconds - one.lastAt) < params.quickMinutes * 60)
  suspect.told = isQuick && weighs(owner, suspect, moment)
  return [changedDraft(caseOf(owner, suspect, moment, suspect.told ? 'medium' : 'low'))]
}

/** Programs alone may be two on one machine, networks alone a VPN or a phone: they have to take turns twice, and are weak all the same. */
const TURNS = { both: 1, software: 2, network: 2 } as const

/** Whether the known holder goes on after the suspect began. */
function isTogether(owner: Owner, suspect: Suspect, params: Params): boolean {
  const own = owner.prints.find(({ id }) => id === suspect.id)
  if (own === undefined) return false
  const reach = own.lastAt + params.overlapMinutes * 60
  return owner.prints.some((other) => other !== own && other.token === own.token && other.firstAt < own.firstAt && other.lastAt > own.firstAt && other.lastAt <= reach &&
    (suspect.kind !== 'both' || differsInBoth(other, suspect)))
}

/** Whether it is worth somebody's time: not where sharing is a habit, nothing is known, or the program was introduced these days. Tells the others. */
function weighs(owner: Owner, { software }: Suspect, moment: Moment): boolean {
  const { caller, params } = moment
  const day = Math.floor(caller.seconds / DAY)
  owner.lessons.push(toldLesson(software, day))
  return standingOf(owner, moment).counts && !isRollOut(moment.peers(), software, day, params)
}

function severityOf(owner: Owner, suspect: Suspect, moment: Moment): Severity {
  if (suspect.kind !== 'both' || !weighs(owner, suspect, moment)) return 'low'
  return suspect.risky ? 'high' : 'medium'
}

/** Follows the suspect: its own calls are evidence, those of others show that it is not alone. */
function watch(owner: Owner, suspect: Suspect, { id }: Print, moment: Moment): readonly Draft[] {
  const { interaction, params } = moment
  if (id === suspect.id) {
    suspect.risky ||= !HARMLESS.has(interaction.effect)
    if (suspect.evidence.length < MOST_EVIDENCE && interaction.event_ids[0] !== undefined) suspect.evidence.push(interaction.event_ids[0])
  }
  if (suspect.told || suspect.turns < TURNS[suspect.kind] || !isTogether(owner, suspect, params)) return NONE
  suspect.told = true
  if (suspect.kind !== 'both' && !standingOf(owner, moment).counts) return NONE
  return [togetherDraft(caseOf(owner, suspect, moment, severityOf(owner, suspect, moment)))]
}

/** A known holder in company that was not told is what the token is used to. */
function accept(owner: Owner, print: Print, { caller, params }: Moment): void {
  if (!isKnown(print, params)) return
  if (owner.suspect?.id === print.id) owner.suspect = null
  const known = owner.prints.filter((one) => isKnown(one, params))
  owner.usual = Math.max(owner.usual, countOthers(known, caller, params))
}

/** Several that nobody knows, within the hour: two programs are a weak signal, more or from elsewhere a leak. Told once a day, and once more when it gets worse. */
function judgeMany(owner: Owner, { id }: Print, moment: Moment): readonly Draft[] {
  const { caller, params } = moment
  const unknown = countUnknown(owner.prints, caller, params)
  const strangers = countStrangers(owner.prints, caller, params)
  const isLeak = unknown >= params.most || strangers >= params.strangers
  const isOdd = unknown >= ODD && owner.prints.some((print) => isKnown(print, params))
  const told = Math.floor(caller.seconds / DAY) * 2 + (isLeak ? 1 : 0)
  if ((!isLeak && !isOdd) || Math.max(unknown, strangers) <= owner.usual || told <= owner.manyTold) return NONE
  owner.manyTold = told
  const suspect = owner.suspect ?? suspectOf(moment, 'software', id)
  const severity = isLeak && weighs(owner, suspect, moment) ? 'medium' : 'low'
  return [manyDraft(caseOf(owner, suspect, moment, severity), Math.max(unknown, strangers), params.overlapMinutes)]
}

/** Whose call it is: most often that of the holder before, else another one's. */
function change(owner: Owner, moment: Moment): { readonly print: Print; readonly drafts: readonly Draft[] } {
  const { caller, params } = moment
  const last = owner.prints.at(-1)
  const known = revisit(owner.prints, caller)
  if (last !== undefined && known === last && owner.suspect === null) return { print: last, drafts: NONE }
  if (known !== undefined) {
    if (known !== last && owner.suspect?.id === known.id) owner.suspect.turns++
    accept(owner, known, moment)
    return { print: known, drafts: NONE }
  }
  const before = owner.prints
  owner.prints = enter(before, owner.events, caller, params)
  const print = owner.prints.at(-1) as Print
  return { print, drafts: [...meet(owner, print, before, moment), ...judgeMany(owner, print, moment)] }
}

function count(owner: Owner, seconds: number, params: Params): void {
  owner.events++
  const day = Math.floor(seconds / DAY)
  if (day > owner.lastDay) {
    owner.days++
    owner.lastDay = day
  }
  if (owner.events === params.teachEvents) owner.lessons.push(memberLesson(owner.suspect !== null || owner.usual > 0))
}

/** One lesson a step. */
function teach(owner: Owner): void {
  if (owner.lessons.length === 0) {
    owner.lesson = 0
    return
  }
  const [first, ...rest] = owner.lessons
  owner.lesson = first ?? 0
  owner.lessons = rest.slice(0, MOST_LESSONS)
}

/** Numbers are only made of names when the caller does not look like the one before. */
const lookOf = ({ token_fingerprint: token, client, user_agent: userAgent, agent, client_network: network, client_asn: asn }: Interaction): number =>
  (glance(token, glance(agent, glance(network, glance(userAgent, glance(client))))) ^ asn) | 1

const isSameDay = (seconds: number, { lastAt }: Print): boolean => seconds >= lastAt && Math.floor(seconds / DAY) === Math.floor(lastAt / DAY)

const hasPrint = ({ client, user_agent: userAgent, client_asn: asn, client_network: network, agent }: Interaction): boolean =>
  client !== '' || userAgent !== '' || asn !== 0 || network !== '' || agent !== ''

export const sharedToken: Detector<Params, Owner> = {
  rule,
  keysOf(interaction) {
    const { actor, actor_kind: kind, token_fingerprint: token } = interaction
    if (token === '' || !hasPrint(interaction)) return NONE
    const key = actor !== '' && (kind === 'principal' || kind === 'service') ? actor : token
    return key === PEERS ? NONE : [key]
  },
  homeOf: (key) => `actor:${key}`,
  lore: () => PEERS,
  lesson: ({ lesson }) => lesson,
  learn: (owner, lesson, params) => hear(owner.peers ??= noPeers(), lesson, params),
  begin: () => ({ prints: [], look: 0, events: 0, days: 0, lastDay: -1, usual: 0, suspect: null, manyTold: -1, peers: null, lessons: [], lesson: 0 }),
  step(owner, interaction, _, params, tools: Tools) {
    const seconds = Math.floor(secondsOf(interaction))
    const look = lookOf(interaction)
    const last = owner.prints.at(-1)
    if (last !== undefined && owner.suspect === null && look === owner.look && isSameDay(seconds, last)) {
      last.lastAt = seconds
      count(owner, seconds, params)
      teach(owner)
      return NONE
    }
    const caller = { software: softwareOf(interaction), network: networkOf(interaction), token: hash32(interaction.token_fingerprint), seconds, disputed: tools.disputed?.() === true }
    if (caller.software === 0 && caller.network === 0) return NONE
    const moment = { interaction, caller, params, peers: () => (tools.stateOf?.(PEERS) as Owner | undefined)?.peers ?? undefined }
    const { print, drafts } = change(owner, moment)
    owner.look = print === owner.prints.at(-1) ? look : 0
    count(owner, seconds, params)
    const watched = owner.suspect === null ? NONE : watch(owner, owner.suspect, print, moment)
    teach(owner)
    return watched.length === 0 ? drafts : [...drafts, ...watched]
  },
  forget: ({ prints, lastDay }, watermark, { keepDays }) => prints.length > 0 && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
