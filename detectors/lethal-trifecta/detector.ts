/** Follows what comes into each lineage of an actor, and speaks when something goes out to where it never went. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { type Destination, destinationsOf } from '../destinations/destination.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { type Company, hear, isGrown, lessonOf, noCompany, useOf } from '../stats/company.ts'
import { secondsOf } from '../stats/moment.ts'
import { noTerms, see, standingOf, termOf, type Terms } from '../stats/terms.ts'
import { draftOf } from './draft.ts'
import { type Novelty, outwards, weigh, type Weighed } from './egress.ts'
import { enter, isLoaded, type Lineage, lineageOf } from './lineages.ts'
import { marksOf } from './marks.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor; of the tenant's only `company` is used. */
export interface Sender {
  lineages: Lineage[]
  destinations: Terms
  /** Sends outside, and how many of them to new destinations; both halve at 64. */
  sends: number
  fresh: number
  days: number
  lastDay: number
  lessons: number[]
  lesson: number
  company: Company | null
}

const DAY = 86_400
const NONE: readonly never[] = []
const TENANT = 'destinations'
const MOST_SENDS = 64
const MOST_LESSONS = 32

const isIn = ({ method, actor }: Interaction): boolean => method === 'tools/call' && actor !== ''

/** Where nothing says which calls belong together, each may have a trace of its own: calls of one agent shortly after each other stand for a lineage. */
const isLoose = ({ conversation, requested_by: by }: Interaction): boolean => conversation === '' && by === 'unknown'
const nameOf = (interaction: Interaction): string => (isLoose(interaction) ? `~${interaction.agent}` : interaction.conversation || interaction.trace_id)

function originOf(interaction: Interaction): number {
  const [from] = destinationsOf(interaction)
  return from === undefined || from.domain === '' ? 0 : termOf(from.domain)
}

/** The subject of one step. */
interface Sending {
  readonly interaction: Interaction
  readonly day: number
  readonly group: number
  readonly company: Company | undefined
  /** Something was said of the actor today: what it does may be an intruder's work. */
  readonly disputed: boolean
  readonly params: Params
}

function noveltyOf(state: Sender, { day, group, company, params }: Sending, id: number): Novelty {
  const grown = isGrown(company, { day, tellings: params.minTellings, days: params.tenantDays })
  return {
    settled: state.sends >= params.minSends && state.days >= params.minDays && state.fresh <= state.sends * params.mostNew,
    self: standingOf(state.destinations, id, { day, keepDays: params.keepDays }) !== 'known',
    grown, tenant: useOf(company, { id, group, day, keepDays: params.keepDays }).users === 0,
  }
}

/** Undefined where nothing is said. What was refused did not happen, but somebody tried. */
function severityOf({ unwarranted, novelty, isNew, isCold, warranted }: Weighed, { outcome }: Interaction): Severity | undefined {
  if (warranted) return undefined
  const count = unwarranted.length
  const grave = count >= 2 && isNew ? 'high' : (count >= 1 && isNew) || (count >= 2 && isCold) ? 'medium' : undefined
  if (grave !== undefined) return outcome === 'denied' || outcome === 'unauthenticated' ? 'low' : grave
  return count >= 1 || (isNew && novelty.length >= 2) ? 'low' : undefined
}

function count(state: Sender, isFresh: boolean, day: number): void {
  state.sends++
  if (isFresh) state.fresh++
  if (state.sends >= MOST_SENDS) {
    state.sends >>= 1
    state.fresh >>= 1
  }
  if (day <= state.lastDay) return
  state.lastDay = day
  state.days++
}

function send(state: Sender, destination: Destination, lineage: Lineage, sending: Sending): readonly Draft[] {
  const { interaction, day, group, company, disputed, params } = sending
  const id = termOf(destination.name)
  const novelty = noveltyOf(state, sending, id)
  const weighed = isLoaded(lineage) ? weigh(interaction, destination, { novelty, returns: lineage.origin !== 0 && lineage.origin === termOf(destination.domain) }) : undefined
  const severity = weighed === undefined ? undefined : severityOf(weighed, interaction)
  const drafts = weighed === undefined || severity === undefined ? NONE
    : [draftOf({ interaction, lineage, destination, weighed, severity, known: state.destinations.ids.length, days: state.days, tenant: company?.ids.length ?? 0 })]
  const change = see(state.destinations, { id, day, told: drafts.length > 0 || disputed }, { acceptDays: params.acceptDays, keepDays: params.keepDays, most: params.maxDestinations })
  if (change !== '' && state.lessons.length < MOST_LESSONS) state.lessons.push(lessonOf({ id, group, day, again: change === 'again' }))
  count(state, novelty.self, day)
  return drafts
}

const companyOf = (tools: Tools): Company | undefined => (tools.stateOf?.(TENANT) as Sender | undefined)?.company ?? undefined

export const lethalTrifecta: Detector<Params, Sender> = {
  rule,
  keysOf: (interaction) => (isIn(interaction) && (marksOf(interaction) !== 0 || outwards(interaction).length > 0) ? actorKeys(interaction) : NONE),
  lore: () => TENANT,
  lesson: ({ lesson }) => lesson,
  learn(tenant, lesson, { maxTenantDestinations }) {
    hear(tenant.company ??= noCompany(), lesson, maxTenantDestinations)
  },
  begin: () => ({ lineages: [], destinations: noTerms(), sends: 0, fresh: 0, days: 0, lastDay: -1, lessons: [], lesson: 0, company: null }),
  step(state, interaction, _, params, tools) {
    const at = secondsOf(interaction)
    const lineage = lineageOf(state.lineages, nameOf(interaction), {
      at, ttl: params.ttlMinutes * 60, pause: 60 * (isLoose(interaction) ? params.looseMinutes : params.ttlMinutes), most: params.maxLineages,
    })
    state.lesson = state.lessons.shift() ?? 0
    const out = outwards(interaction)
    const sending: Sending = { interaction, day: Math.floor(at / DAY), group: termOf(interaction.agent || interaction.actor_kind), company: companyOf(tools),
      disputed: tools.disputed?.() === true, params }
    const drafts = out.length === 0 ? NONE : out.flatMap((destination) => send(state, destination, lineage, sending))
    const marks = marksOf(interaction)
    if (marks !== 0) enter(lineage, marks, { at, event: interaction.event_ids[0] ?? '', tool: interaction.tool, origin: originOf(interaction) })
    lineage.at = Math.max(lineage.at, at)
    return drafts
  },
  forget: ({ lineages, lastDay, destinations, company }, watermark, { ttlMinutes, keepDays }) => {
    if (company !== null) return false
    const now = Number(watermark) / 1e9
    return destinations.ids.length === 0 ? lineages.every(({ at }) => at + ttlMinutes * 60 < now) : (lastDay + keepDays) * DAY < now
  },
}
