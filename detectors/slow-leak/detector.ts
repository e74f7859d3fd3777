/** Adds up what each actor sends to each outside destination a day, and speaks when it climbs for days or drips to where nobody else sends. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft } from '../detector.ts'
import { type Climb, climbOf, type DayValue } from '../stats/climb.ts'
import { type Company, hear, isGrown, lessonOf, noCompany, useOf } from '../stats/company.ts'
import { secondsOf } from '../stats/moment.ts'
import { termOf } from '../stats/terms.ts'
import { climbDraft, dripDraft, type Subject } from './draft.ts'
import { type Outgoing, outgoingOf } from './outgoing.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor and a destination; of the tenant's only `company` is used. */
export interface Flow {
  /** Days since 1970 of the first and the latest, bytes of the latest and of all. */
  first: number
  day: number
  sum: number
  total: number
  /** Calls, and those of them that somebody asked for. */
  calls: number
  asked: number
  /** Sum of the day at which it is judged next. */
  checkAt: number
  /** Finished days: day · 256 + natural logarithm of 1 + bytes in tenths. None that was told. */
  days: number[]
  /** Days with something sent, to 65,535. */
  count: number
  /** Until then a climb is told again only if it weighs more: 1 low, 2 more. */
  restUntil: number
  level: number
  /** It began after its tenant was known. */
  young: boolean
  /** How a drip was told: 0 not, 1 low, 2 more. */
  dripped: number
  told: boolean
  readonly company: Company
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
const TENTHS = 10
const WINDOWS = [7, 30] as const
/** How much has to be added before it is judged again. */
const NEXT = 1.5

const keyOf = (actor: string, { to }: Outgoing): string => `${to}\u0000${actor}`
const COMPANY = 'company'
const packDay = (day: number, bytes: number): number => day * 256 + Math.min(255, Math.round(Math.log1p(bytes) * TENTHS))
const valueIn = (packed: number): DayValue => ({ day: Math.floor(packed / 256), log: (packed % 256) / TENTHS })

/** A told day is not what is usual, unless it goes on after the rest. */
function enter(flow: Flow, day: number, params: Params): void {
  if (flow.day < 0) flow.first = day
  if (day <= flow.day) return
  if (flow.sum > 0 && !flow.told) flow.days = [...flow.days, packDay(flow.day, flow.sum)].slice(-params.maxDays)
  Object.assign(flow, { day, sum: 0, told: false, checkAt: params.minBytes, count: Math.min(65_535, flow.count + 1) })
}

function climbIn(flow: Flow, params: Params): { readonly climb: Climb; readonly window: number } | undefined {
  const values = [...flow.days, packDay(flow.day, flow.sum)].map(valueIn)
  let worst: { readonly climb: Climb; readonly window: number } | undefined
  for (const window of WINDOWS) {
    const climb = climbOf(values, { window, least: params.minDays, minScale: params.minScale, slack: params.slack })
    if (climb !== undefined && climb.sum >= (worst?.climb.sum ?? params.low) && climb.lately >= climb.usual * params.factor) worst = { climb, window }
  }
  return worst
}

const mostlyAsked = ({ asked, calls }: Flow): boolean => asked * 2 > calls

type About = Omit<Subject, 'severity' | 'asked'> & { readonly isNamed: boolean; readonly isDubious: boolean; readonly users: number }

/** What is sent at the word of a user, or through a tool that names no place, is a weak signal. */
const severityOf = (flow: Flow, isNamed: boolean, isMuch: boolean): Severity => (isMuch && isNamed && !mostlyAsked(flow) ? 'medium' : 'low')
const askedOf = (flow: Flow): string => (mostlyAsked(flow) ? 'most of these calls were asked for' : '')

function judgeClimb(flow: Flow, about: About, params: Params): readonly Draft[] {
  if (flow.sum < flow.checkAt) return NONE
  flow.checkAt = flow.sum * NEXT
  const risen = climbIn(flow, params)
  if (risen === undefined) return NONE
  const severity = severityOf(flow, about.isNamed, risen.climb.sum >= params.medium)
  const level = severity === 'low' ? 1 : 2
  if (flow.day < flow.restUntil && level <= flow.level) return NONE
  Object.assign(flow, { restUntil: flow.day + params.restDays, level, told: true })
  return [climbDraft({ ...about, asked: askedOf(flow), severity }, risen.climb, risen.window)]
}

/** To a mailbox that anybody can have, or the like, little is much. */
function judgeDrip(flow: Flow, about: About, { dripBytes, dripMuch, dripDays, dripAge }: Params): readonly Draft[] {
  if (flow.dripped > 1 || !flow.young || flow.total < dripBytes || flow.count < dripDays || flow.day - flow.first >= dripAge || !about.isNamed || about.users > 1) return NONE
  const severity = severityOf(flow, true, about.isDubious || flow.total >= dripMuch)
  const level = severity === 'low' ? 1 : 2
  if (level <= flow.dripped) return NONE
  flow.dripped = level
  return [dripDraft({ ...about, asked: askedOf(flow), severity }, { bytes: flow.total, days: flow.count, first: flow.first, users: about.users })]
}

function add(flow: Flow, interaction: Interaction, { isUsers }: Outgoing): void {
  const bytes = Number(interaction.arguments_bytes)
  flow.sum += bytes
  flow.total += bytes
  flow.calls++
  if (isUsers || interaction.request_fit === 'asked') flow.asked++
}

export const slowLeak: Detector<Params, Flow> = {
  rule,
  keysOf(interaction) {
    if (interaction.actor === '') return NONE
    const outgoing = outgoingOf(interaction)
    return outgoing.length === 0 ? NONE : outgoing.map((one) => keyOf(interaction.actor, one))
  },
  lore: () => COMPANY,
  lesson: ({ lesson }) => lesson,
  learn: ({ company }, lesson, params) => hear(company, lesson, params.maxCompany),
  begin: () => ({ first: 0, day: -1, sum: 0, total: 0, calls: 0, asked: 0, checkAt: 0, days: [], count: 0, restUntil: 0, level: 0, young: false, dripped: 0, told: false,
    company: noCompany(), lesson: 0 }),
  step(flow, interaction, key, params, tools) {
    const outgoing = outgoingOf(interaction).find((one) => keyOf(interaction.actor, one) === key)
    if (outgoing === undefined) return NONE
    const day = Math.floor(secondsOf(interaction) / DAY)
    const telling = { id: termOf(outgoing.to), group: 1, day, again: flow.day >= 0 }
    flow.lesson = flow.day < 0 || day >> 5 > flow.day >> 5 ? lessonOf(telling) : 0
    const company = (tools.stateOf?.(COMPANY) as Flow | undefined)?.company
    if (flow.day < 0) flow.young = isGrown(company, { day, tellings: params.minCompany, days: params.companyDays })
    enter(flow, day, params)
    if (tools.disputed?.() === true) flow.told = true
    add(flow, interaction, outgoing)
    const about = { actor: interaction.actor, to: outgoing.to, day: flow.day, isNamed: outgoing.isNamed, users: useOf(company, { ...telling, keepDays: params.keepDays }).users,
      isDubious: outgoing.isDubious }
    const climbs = judgeClimb(flow, about, params)
    return climbs.length > 0 ? climbs : judgeDrip(flow, about, params)
  },
  forget: ({ day, company }, watermark, params) => company.told === 0 && (day + params.keepDays) * DAY < Number(watermark) / 1e9,
}
