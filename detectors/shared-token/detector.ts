/** Learns the holders of each token, and speaks when an unknown one uses it beside them. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Effect, Severity } from '../../schemas/vocabulary.ts'
import type { Baselines, Detector, Draft, Tools } from '../detector.ts'
import { secondsOf } from '../stats/moment.ts'
import { type Case, changedDraft, labelOf, manyDraft, type Suspect, togetherDraft } from './draft.ts'
import { glance, networkOf, softwareOf } from '../caller/fingerprint.ts'
import { type Caller, countOthers, countStrangers, countUnknown, differenceOf, differsInBoth, enter, isKnown, type Print, revisit } from './prints.ts'
import { type Params, rule } from './rule.ts'

/** State of a token; of the peers' `events` are tokens and `usual` those of them with several holders. */
export interface Token {
  readonly prints: Print[]
  /** What the caller of the call before looked like at a glance, 0 = not known any more. */
  look: number
  events: number
  days: number
  lastDay: number
  /** Other holders, by program and network, that were there at once and were not told. */
  usual: number
  suspect: Suspect | null
  /** Day of the last telling of many programs. */
  manyDay: number
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
const PEERS = '*peers'
const ONE_HOLDER = 1
const SEVERAL_HOLDERS = 2
const MOST_EVIDENCE = 3
/** Peers that share this much more than the norm allows make even a token's own history a weak one. */
const SHARING_HABIT = 2
const HARMLESS: ReadonlySet<Effect> = new Set(['read', 'unknown'])

/** How the token is judged: by itself, by its peers, or not at all yet. */
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
  peers(): Token | undefined
}

function standingOf({ events, days, usual }: Token, { peers, params }: Moment): Standing {
  const lore = peers()
  const known = lore !== undefined && lore.events >= params.minPeers
  const shared = known ? lore.usual / lore.events : 0
  const mature = events >= params.minEvents && days >= params.minDays
  const baselines = {
    self: `${events} calls on ${days} days by ${usual === 0 ? 'one holder' : `up to ${usual + 1} holders`} at a time`,
    ...(known ? { tenant: `${lore.usual} of ${lore.events} tokens have several holders at a time` } : {}),
  }
  if (mature) return { counts: shared <= params.peersShared * SHARING_HABIT, mature, basis: `the token has ${events} calls on ${days} days behind it`, baselines }
  const counts = known && shared <= params.peersShared
  return { counts, mature, baselines, basis: counts ? `cold start: the token is new, but of ${lore.events} others ${lore.usual} have several holders` : 'cold start: little is known of this token and of its peers' }
}

const caseOf = (token: Token, suspect: Suspect, moment: Moment, severity: Severity): Case => {
  const { basis, baselines } = standingOf(token, moment)
  return { suspect, severity, basis, interaction: moment.interaction, seconds: moment.caller.seconds, usual: token.usual, baselines }
}

const suspectOf = ({ interaction, caller }: Moment, kind: Suspect['kind'], id: number): Suspect => ({
  id, software: caller.software, network: caller.network, kind, label: labelOf(interaction), firstAt: caller.seconds, evidence: [], turns: 1, risky: false, told: false,
})

/** Another program from another network than anybody before; where there were many at once, it also has to be one more of them than ever. */
function isStranger({ usual }: Token, before: readonly Print[], { caller, params }: Moment): boolean {
  if (before.length === 0 || !before.every((print) => differsInBoth(print, caller))) return false
  return usual < params.gatewayHolders || countOthers(before, caller, params) > usual
}

/** A call by somebody who never used the token: whom to watch, and what to say at once. */
function meet(token: Token, { id }: Print, before: readonly Print[], moment: Moment): readonly Draft[] {
  const kind = isStranger(token, before, moment) ? 'both' : differenceOf(before, moment.caller, moment.params)
  if (kind === '' || (kind !== 'both' && token.suspect?.kind === 'both')) return NONE
  token.suspect = suspectOf(moment, kind, id)
  return kind === 'both' && standingOf(token, moment).mature ? [changedDraft(caseOf(token, token.suspect, moment, 'low'))] : NONE
}

/** Programs alone may be two on one machine, networks alone a VPN or a phone: they have to take turns twice, and are weak all the same. */
const TURNS = { both: 1, software: 2, network: 2 } as const

/** Whether the known holder goes on after the suspect began. */
function isTogether(token: Token, suspect: Suspect, params: Params): boolean {
  const own = token.prints.find(({ id }) => id === suspect.id)
  if (own === undefined) return false
  const reach = own.lastAt + params.overlapMinutes * 60
  return token.prints.some((other) => other !== own && other.firstAt < own.firstAt && other.lastAt > own.firstAt && other.lastAt <= reach &&
    (suspect.kind !== 'both' || differsInBoth(other, suspect)))
}

function severityOf(token: Token, suspect: Suspect, moment: Moment): Severity {
  if (suspect.kind !== 'both' || !standingOf(token, moment).counts) return 'low'
  return suspect.risky ? 'high' : 'medium'
}

/** Follows the suspect: its own calls are evidence, those of others show that it is not alone. */
function watch(token: Token, suspect: Suspect, { id }: Print, moment: Moment): readonly Draft[] {
  const { interaction, params } = moment
  if (id === suspect.id) {
    suspect.risky ||= !HARMLESS.has(interaction.effect)
    if (suspect.evidence.length < MOST_EVIDENCE && interaction.event_ids[0] !== undefined) suspect.evidence.push(interaction.event_ids[0])
  }
  if (suspect.told || suspect.turns < TURNS[suspect.kind] || !isTogether(token, suspect, params)) return NONE
  suspect.told = true
  if (suspect.kind !== 'both' && !standingOf(token, moment).counts) return NONE
  return [togetherDraft(caseOf(token, suspect, moment, severityOf(token, suspect, moment)))]
}

/** A known holder in company that was not told is what the token is used to. */
function accept(token: Token, print: Print, { caller, params }: Moment): void {
  if (!isKnown(print, params)) return
  if (token.suspect?.id === print.id) token.suspect = null
  const known = token.prints.filter((one) => isKnown(one, params))
  token.usual = Math.max(token.usual, countOthers(known, caller, params))
}

/** Several that nobody knows, within the hour. */
function judgeMany(token: Token, { id }: Print, moment: Moment): readonly Draft[] {
  const { caller, params } = moment
  const day = Math.floor(caller.seconds / DAY)
  if (day <= token.manyDay) return NONE
  const unknown = countUnknown(token.prints, caller.seconds, params)
  const strangers = countStrangers(token.prints, caller.seconds, params)
  if ((unknown < params.most && strangers < params.strangers) || Math.max(unknown, strangers) <= token.usual) return NONE
  token.manyDay = day
  const suspect = token.suspect ?? suspectOf(moment, 'software', id)
  return [manyDraft(caseOf(token, suspect, moment, standingOf(token, moment).counts ? 'medium' : 'low'), Math.max(unknown, strangers), params.overlapMinutes)]
}

/** Whose call it is: most often that of the holder before, else another one's. */
function change(token: Token, moment: Moment): { readonly print: Print; readonly drafts: readonly Draft[] } {
  const { caller, params } = moment
  const last = token.prints.at(-1)
  const known = revisit(token.prints, caller)
  if (last !== undefined && known === last && token.suspect === null) return { print: last, drafts: NONE }
  if (known !== undefined) {
    if (known !== last && token.suspect?.id === known.id) token.suspect.turns++
    accept(token, known, moment)
    return { print: known, drafts: NONE }
  }
  const before = [...token.prints]
  const print = enter(token.prints, token.events, caller, params)
  return { print, drafts: [...meet(token, print, before, moment), ...judgeMany(token, print, moment)] }
}

function count(token: Token, seconds: number, params: Params): void {
  token.events++
  const day = Math.floor(seconds / DAY)
  if (day > token.lastDay) {
    token.days++
    token.lastDay = day
  }
  token.lesson = token.events === params.teachEvents ? (token.suspect === null && token.usual === 0 ? ONE_HOLDER : SEVERAL_HOLDERS) : 0
}

/** Numbers are only made of names when the caller does not look like the one before. */
const lookOf = ({ client, user_agent: userAgent, agent, client_network: network, client_asn: asn }: Interaction): number =>
  (glance(agent, glance(network, glance(userAgent, glance(client)))) ^ asn) | 1

const isSameDay = (seconds: number, { lastAt }: Print): boolean => seconds >= lastAt && Math.floor(seconds / DAY) === Math.floor(lastAt / DAY)

const hasPrint = ({ client, user_agent: userAgent, client_asn: asn, client_network: network, agent }: Interaction): boolean =>
  client !== '' || userAgent !== '' || asn !== 0 || network !== '' || agent !== ''

export const sharedToken: Detector<Params, Token> = {
  rule,
  keysOf(interaction) {
    const token = interaction.token_fingerprint
    return token === '' || token === PEERS || !hasPrint(interaction) ? NONE : [token]
  },
  lore: () => PEERS,
  lesson: ({ lesson }) => lesson,
  learn(peers, lesson) {
    peers.events++
    if (lesson === SEVERAL_HOLDERS) peers.usual++
  },
  begin: () => ({ prints: [], look: 0, events: 0, days: 0, lastDay: -1, usual: 0, suspect: null, manyDay: -1, lesson: 0 }),
  step(token, interaction, _, params, tools: Tools) {
    const seconds = Math.floor(secondsOf(interaction))
    const look = lookOf(interaction)
    const last = token.prints.at(-1)
    if (last !== undefined && token.suspect === null && look === token.look && isSameDay(seconds, last)) {
      last.lastAt = seconds
      count(token, seconds, params)
      return NONE
    }
    const caller = { software: softwareOf(interaction), network: networkOf(interaction), seconds }
    if (caller.software === 0 && caller.network === 0) return NONE
    const moment = { interaction, caller, params, peers: () => tools.stateOf?.(PEERS) as Token | undefined }
    const { print, drafts } = change(token, moment)
    token.look = print === token.prints.at(-1) ? look : 0
    count(token, seconds, params)
    return token.suspect === null ? drafts : [...drafts, ...watch(token, token.suspect, print, moment)]
  },
  forget: ({ prints, lastDay }, watermark, { keepDays }) => prints.length > 0 && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
