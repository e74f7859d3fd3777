/** Learns at which guarded kinds of things each actor looks, and speaks when it looks at another or at very many. */
import type { Interaction } from '../../schemas/interaction.ts'
import { plainName } from '../arguments/plain-name.ts'
import { peerGroupOf } from '../caller/peers.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { type Company, hear, isGrown, lessonOf, noCompany, useOf } from '../stats/company.ts'
import { secondsOf } from '../stats/moment.ts'
import { featuresOf } from '../stats/points.ts'
import { noTerms, see, standingOf, type Terms, termOf } from '../stats/terms.ts'
import { follow, type Hunt, noHunt } from './hunt.ts'
import { type Look, pointsOf, severityOf } from './judge.ts'
import { type Guarded, guardedIn, wordFor } from './object.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor; of the tenant's only `company` is used. */
export interface Looker {
  readonly own: Terms
  readonly company: Company
  /** Days since 1970 of the latest look; new things on it; most on any day before, fading. */
  day: number
  today: number
  peak: number
  /** Breadth of this day was told. */
  told: boolean
  /** Days whose breadth was told. */
  toldDays: number
  /** Undefined before the first search for credentials. */
  hunt?: Hunt
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
const COMPANY = 'company'
/** By how much the busiest day counts less with each day that is over. */
const FADE = 0.95

/** A day that was told is not what is usual, before it came on several. */
function enter(looker: Looker, day: number, { acceptDays }: Params): void {
  if (day <= looker.day) return
  if (looker.told) looker.toldDays++
  looker.peak = looker.told && looker.toldDays < acceptDays ? looker.peak : Math.max(looker.peak * FADE, looker.today)
  looker.day = day
  looker.today = 0
  looker.told = false
}

/** A third of the busiest day or less at first: who has no other day has nothing to be measured by. */
const burstOf = ({ today, peak, told }: Looker, { burst, burstFactor }: Params): number => (!told && today >= burst && today > peak * burstFactor ? today : 0)

function draftOf({ interaction, guarded, isNew, burst, isGrown: grown, use }: Look, key: string, day: number): Omit<Draft, 'severity' | 'features'> {
  const word = wordFor(guarded)
  return {
    about: burst > 0 ? [key, 'breadth', String(day)] : [key, 'kind', word],
    title: burst > 0 ? `${interaction.actor} looks at many things of a guarded kind (${word})` : `${interaction.actor} looks at ${word} for the first time`,
    observed: `${plainName(interaction.tool || interaction.method)} of ${plainName(interaction.server)} on something whose name says ${word}`,
    expected: isNew ? 'kinds of data that it worked with in the last half year' : 'as many new things as on its other days',
    reasons: ['benign if its work now has to do with it'],
    baselines: { self: isNew ? 'never' : 'known', ...(grown ? { tenant: `${use.users} actors` } : {}) },
  }
}

function lookOf(looker: Looker, { interaction, guarded, day, company }: { readonly interaction: Interaction; readonly guarded: Guarded; readonly day: number; readonly company: Company | undefined },
  params: Params): Look & { readonly kind: number; readonly group: number } {
  const kind = termOf(`kind ${wordFor(guarded)}`)
  const group = peerGroupOf(interaction)
  const standing = standingOf(looker.own, kind, { day, keepDays: params.keepDays })
  return {
    interaction, guarded, kind, group, burst: burstOf(looker, params), isNew: standing !== 'known', isFirst: standing === 'new',
    isGrown: isGrown(company, { day, tellings: params.minCompany, days: params.companyDays }), use: useOf(company, { id: kind, group, day, keepDays: params.keepDays }),
  }
}

export const sensitiveAccess: Detector<Params, Looker> = {
  rule,
  keysOf: (interaction) => (interaction.actor === '' || guardedIn(interaction) === undefined ? NONE : actorKeys(interaction)),
  lore: () => COMPANY,
  lesson: ({ lesson }) => lesson,
  learn: ({ company }, lesson, params) => hear(company, lesson, params.maxCompany),
  begin: () => ({ own: noTerms(), company: noCompany(), day: -1, today: 0, peak: 0, told: false, toldDays: 0, lesson: 0 }),
  step(looker, interaction, key, params, tools) {
    looker.lesson = 0
    const guarded = guardedIn(interaction)
    if (guarded === undefined) return NONE
    const seconds = secondsOf(interaction)
    const day = Math.floor(seconds / DAY)
    enter(looker, day, params)
    if (guarded.hunted) {
      const hunted = follow(looker.hunt ??= noHunt(), { interaction, guarded, seconds, key }, params)
      return hunted === undefined ? NONE : [hunted]
    }
    const limits = { acceptDays: params.acceptDays, keepDays: params.keepDays, most: params.maxOwn }
    const isOther = standingOf(looker.own, termOf(guarded.name), { day, keepDays: params.keepDays }) === 'new'
    if (isOther) looker.today++
    const look = lookOf(looker, { interaction, guarded, day, company: (tools.stateOf?.(COMPANY) as Looker | undefined)?.company }, params)
    const points = pointsOf(look)
    const severity = severityOf(look, points, params)
    const { kind, group } = look
    const change = see(looker.own, { id: kind, day, told: (look.isFirst && severity !== undefined) || tools.disputed?.() === true }, limits)
    see(looker.own, { id: termOf(guarded.name), day, told: false }, limits)
    if (change !== '') looker.lesson = lessonOf({ id: kind, group, day, again: change === 'again' })
    if (severity === undefined) return NONE
    looker.told ||= look.burst > 0
    const draft = draftOf(look, key, day)
    return [{ ...draft, severity, features: featuresOf(points), reasons: [...points.map(({ observed, points: own }) => (own < 0 ? `${observed} (speaks against)` : observed)), ...draft.reasons] }]
  },
  forget: ({ day, company }, watermark, params) => company.told === 0 && (day + params.keepDays) * DAY < Number(watermark) / 1e9,
}
