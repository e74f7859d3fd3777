/** Follows walks along ids and pages, and counts the different things of a day, each against what the actor does else. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { addDistinct, countDistinct, type Distinct, hash32 } from '../stats/distinct.ts'
import { factsOf } from '../unusual-volume/facts.ts'
import { dayIn, dayLimit, type Measure, type PackedDay, packDay } from './days.ts'
import { breadthDraft, walkDraft } from './draft.ts'
import { type Params, rule } from './rule.ts'
import { placeOf, type Subject, subjectOf, type Walkable } from './subject.ts'
import { lengthOf, SAMPLE, type Trail, walk } from './trail.ts'

/** State of an actor; of the peers' only `days` is used. */
export interface Gatherer {
  day: number
  /** Of those things that are looked at, one in `SAMPLE`. */
  things: Distinct
  tables: Distinct
  /** Measures of this day that were told, and whether a walk of it was, or the actor is in doubt for something else. */
  said: (Measure | `much:${Measure}`)[]
  walked: boolean
  trails: Trail[]
  /** Longest walk of the days before, fading; of this day. */
  longest: number
  today: number
  /** Finished days, oldest first; none of which something was told on the word of a history. */
  days: PackedDay[]
  /** Finished days in all, to 255. */
  count: number
  finished: PackedDay
}

const DAY = 86_400
const NONE: readonly never[] = []
/** By how much the longest walk counts less with each day. */
const FADE = 0.97
/** Times the limit of a day from which it is much. */
const MUCH = 2
const MEASURES: readonly Measure[] = ['things', 'tables']

const countOf = ({ things, tables }: Gatherer, measure: Measure): number => (measure === 'things' ? countDistinct(things) * SAMPLE : countDistinct(tables))

const peersKey = ({ actor_kind: kind }: Interaction): string => `peers:${kind}`

function finish(one: Gatherer, day: number, params: Params): void {
  if (one.day > 0) {
    one.count = Math.min(255, one.count + 1)
    if (!one.walked) one.longest = Math.max(one.longest * FADE, one.today)
    // A walk that is told each day is a habit after a while: what was told counts a little.
    else one.longest = one.longest * FADE + one.today * 0.25
    if (one.said.length === 0 && !one.walked) {
      one.finished = packDay(one.day, countOf(one, 'things'), countOf(one, 'tables'))
      one.days = [...one.days, one.finished].slice(-params.maxDays)
    }
  }
  Object.assign(one, { day, things: [], tables: [], said: [], walked: false, today: 0 })
}

/** How much a walk of such a length weighs, 0 to 2. */
function weightOf(one: Gatherer, length: number, kind: Walkable, params: Params): number {
  const [least, long] = kind === 'id' ? [params.walkIds, params.longIds] : [params.walkPages, params.longPages]
  if (length < least || length < one.longest * params.walkFactor) return 0
  return length >= long && length >= one.longest * params.walkFactor * 2 ? 2 : 1
}

const askedFor = ({ request_fit: fit, requested_by: by }: Interaction): string => (fit === 'asked' ? 'the turn asks for it' : by === 'scheduled' ? 'it runs on a schedule' : '')

/** Of a newcomer, or where somebody asked, a walk is a weak signal however long. */
function judgeWalk(one: Gatherer, subject: Subject & { readonly kind: Walkable }, { interaction, key, seconds }: Call, params: Params): readonly Draft[] {
  const trail = walk(one, { kind: subject.kind, number: subject.number, place: placeOf(interaction, subject), seconds }, params)
  const length = lengthOf(trail, subject.kind)
  if (length > one.today) one.today = length
  const weight = weightOf(one, length, subject.kind, params)
  if (weight <= trail[6]) return NONE
  trail[6] = weight
  one.walked = true
  const asked = askedFor(interaction)
  const severity: Severity = weight > 1 && asked === '' && one.count >= params.minDays ? 'medium' : 'low'
  return [walkDraft(interaction, trail, { key, kind: subject.kind, length, severity, longest: one.longest, days: one.count, asked })]
}

interface Call {
  readonly interaction: Interaction
  readonly key: string
  readonly seconds: number
  peers(): readonly PackedDay[]
}

function judgeDay(one: Gatherer, { interaction, key, peers }: Call, params: Params): readonly Draft[] {
  const drafts: Draft[] = []
  for (const measure of MEASURES) {
    const floor = measure === 'things' ? params.minThings : params.minTables
    const counted = measure === 'things' ? one.things : one.tables
    // Below 64 the length of a list is its count.
    if (counted.length < Math.min(64, measure === 'things' ? floor / SAMPLE : floor) || one.said.includes(`much:${measure}`)) continue
    const value = countOf(one, measure)
    if (value < floor) continue
    const limit = dayLimit(measure, { own: one.days, peers: peers() }, params)
    const isMuch = limit.basis === 'own' && value > limit.value * MUCH
    if (value <= limit.value || (!isMuch && one.said.includes(measure))) continue
    one.said = [...one.said, measure, ...(isMuch ? [`much:${measure}` as const] : [])]
    const severity = (one.walked || isMuch) && limit.basis === 'own' && askedFor(interaction) === '' ? 'medium' : 'low'
    drafts.push(breadthDraft({ key, measure, value, limit, day: one.day, severity }))
  }
  return drafts.length === 0 ? NONE : drafts
}

/** Most calls are not looked at: of numbered things those with a multiple of `SAMPLE`, of others one in as many by hash, all pages and tables. */
function isLookedAt(interaction: Interaction): boolean {
  const subject = subjectOf(interaction)
  if (subject === undefined) return false
  const { kind, number, table } = subject
  if (kind === 'id') return number % SAMPLE === 0
  return kind !== '' || table >= 0 || factsOf(interaction).what % SAMPLE === 0
}

function countThing(one: Gatherer, subject: Subject, interaction: Interaction): void {
  const { kind, number, table } = subject
  if (table >= 0) addDistinct(one.tables, table)
  else if (kind === 'id') addDistinct(one.things, hash32(`${placeOf(interaction, subject)} ${number}`))
  else if (kind === '') addDistinct(one.things, factsOf(interaction).what)
}

export const harvesting: Detector<Params, Gatherer> = {
  rule,
  keysOf: (interaction) => (isLookedAt(interaction) ? actorKeys(interaction) : NONE),
  lore: (_, interaction) => peersKey(interaction),
  lesson: ({ finished }) => finished,
  learn: (peers, finished, params) => { peers.days = [...peers.days, finished].slice(-params.maxPeerDays) },
  begin: () => ({ day: 0, things: [], tables: [], said: [], walked: false, trails: [], longest: 0, today: 0, days: [], count: 0, finished: 0 }),
  step(one, interaction, key, params, tools) {
    const subject = subjectOf(interaction)
    if (subject === undefined) return NONE
    const { seconds } = factsOf(interaction)
    const day = Math.floor(seconds / DAY)
    one.finished = 0
    if (tools.disputed?.() === true && day <= one.day) one.walked = true
    if (day > one.day) finish(one, day, params)
    countThing(one, subject, interaction)
    const call = { interaction, key, seconds, peers: () => (tools.stateOf?.(peersKey(interaction)) as Gatherer | undefined)?.days ?? [] }
    const { kind } = subject
    const walks = kind === '' ? NONE : judgeWalk(one, { ...subject, kind }, call, params)
    const wide = judgeDay(one, call, params)
    return walks.length === 0 ? wide : [...walks, ...wide]
  },
  forget: ({ day, days }, watermark, params) => (Math.max(day, dayIn(days.at(-1) ?? 0)) + params.keepDays) * DAY < Number(watermark) / 1e9,
}
