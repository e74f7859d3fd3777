/** Learns where each actor sends to, and speaks when something leaves for where it, its peers and its tenant never sent to, as far as that weighs. */
import type { Interaction } from '../../schemas/interaction.ts'
import { peerGroupOf } from '../caller/peers.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { type Destination, destinationsOf } from '../destinations/destination.ts'
import { type Company, hear, isGrown, lessonOf, noCompany, useOf } from '../stats/company.ts'
import { secondsOf } from '../stats/moment.ts'
import { noTerms, see, standingOf, type Terms, termOf } from '../stats/terms.ts'
import { draftOf } from './draft.ts'
import { isLoadedHost, LOADED_ADDRESS, type Pieces, pointsOf, severityOf, type Situation } from './judge.ts'
import { carries } from '../destinations/payload.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor; of the tenant's only `company` is used. */
export interface Sender {
  readonly own: Terms
  readonly company: Company
  /** Sends, and first sends, fading: halved together at 256. */
  uses: number
  fresh: number
  days: number
  lastDay: number
  /** Of the destination that was told last: term, day, calls and bytes since; 0 calls once that was told too. */
  told: readonly [id: number, day: number, calls: number, bytes: number]
  /** What is still to be told, one an interaction, and what this step tells. */
  lessons: number[]
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
const COMPANY = 'company'
const FADES = 256
const WAITING = 16
/** So many calls, and bytes, to a destination on the day on which it was told. */
const MANY_CALLS = 4
const MANY_BYTES = 20_000

const isAllowed = ({ name, domain, host }: Destination, allow: readonly string[]): boolean =>
  allow.some((one) => one === name || one === domain || one === host || (one.startsWith('*.') && (host.endsWith(one.slice(1)) || host === one.slice(2))))

/** A call that only reads is looked at where its address is long enough to carry something, or nobody gave the host that name by hand. */
function outside(interaction: Interaction, { allow, internalDomains }: Params): readonly Destination[] {
  const all = destinationsOf(interaction)
  if (all.length === 0) return NONE
  const some = all.filter((one) => !one.internal && !internalDomains.includes(one.domain) && !isAllowed(one, allow))
  if (some.length === 0 || carries(interaction)) return some
  return some.filter((one) => (one.trait !== '' && one.trait !== 'free-mail') || one.tail > LOADED_ADDRESS || isLoadedHost(one))
}

function enter(sender: Sender, day: number): void {
  if (day > sender.lastDay) {
    sender.days++
    sender.lastDay = day
  }
}

interface Visit {
  readonly interaction: Interaction
  readonly destination: Destination
  readonly id: number
  readonly day: number
  readonly group: number
  readonly company: Company | undefined
  readonly pieces: Pieces | undefined
}

function situationOf(sender: Sender, { interaction, destination, pieces, ...visit }: Visit, params: Params): Situation {
  return {
    interaction, destination, pieces, isCold: sender.uses < params.minUses || sender.days < params.minDays, fresh: sender.fresh / Math.max(1, sender.uses),
    isGrown: isGrown(visit.company, { day: visit.day, tellings: params.minCompany, days: params.companyDays }),
    ...useOf(visit.company, { ...visit, keepDays: params.keepDays }),
  }
}

function judge(sender: Sender, visit: Visit, params: Params): Omit<Draft, 'about'> | undefined {
  const situation = situationOf(sender, visit, params)
  const points = pointsOf(situation, params)
  const severity = severityOf(situation, points, params)
  if (severity === undefined) return undefined
  return draftOf(situation, { severity, points, about: [], known: sender.own.ids.length, uses: sender.uses })
}

function learn(sender: Sender, { id, day, group }: Visit, told: boolean, params: Params): void {
  const change = see(sender.own, { id, day, told }, { acceptDays: params.acceptDays, keepDays: params.keepDays, most: params.maxOwn })
  if (change !== '' && sender.lessons.length < WAITING) sender.lessons.push(lessonOf({ id, group, day, again: change === 'again' }))
}

function count(sender: Sender, isNew: boolean): void {
  sender.uses++
  if (isNew) sender.fresh++
  if (sender.uses < FADES) return
  sender.uses /= 2
  sender.fresh /= 2
}

/** Counts what goes to the destination that was told last; says how much that is when it has become much, once. */
function goesOn(sender: Sender, id: number, day: number, interaction: Interaction): Pieces | undefined {
  const [told, toldOn, calls, sum] = sender.told
  if (told !== id || toldOn !== day || calls === 0) return undefined
  const pieces = { calls: calls + 1, bytes: sum + Math.max(0, Number(interaction.arguments_bytes)) }
  const isMany = pieces.calls >= MANY_CALLS && (pieces.bytes >= MANY_BYTES || interaction.effect === 'grant' || !carries(interaction))
  sender.told = [id, day, isMany ? 0 : pieces.calls, pieces.bytes]
  return isMany ? pieces : undefined
}

export const newDestination: Detector<Params, Sender> = {
  rule,
  keysOf: (interaction, params) => (interaction.actor === '' || outside(interaction, params).length === 0 ? NONE : actorKeys(interaction)),
  lore: () => COMPANY,
  lesson: ({ lesson }) => lesson,
  learn: ({ company }, lesson, params) => hear(company, lesson, params.maxCompany),
  begin: () => ({ own: noTerms(), company: noCompany(), uses: 0, fresh: 0, days: 0, lastDay: -1, told: [0, 0, 0, 0], lessons: [], lesson: 0 }),
  step(sender, interaction, key, params, tools) {
    const day = Math.floor(secondsOf(interaction) / DAY)
    enter(sender, day)
    const company = (tools.stateOf?.(COMPANY) as Sender | undefined)?.company
    const drafts: Draft[] = []
    for (const destination of outside(interaction, params)) {
      const id = termOf(`${destination.kind} ${destination.name}`)
      const pieces = goesOn(sender, id, day, interaction)
      const visit = { interaction, destination, pieces, id, day, group: peerGroupOf(interaction), company }
      const isNew = standingOf(sender.own, visit.id, { day, keepDays: params.keepDays }) === 'new'
      const said = isNew || pieces !== undefined ? judge(sender, visit, params) : undefined
      // A page that is only fetched teaches nothing: the next call to it may carry more.
      if (isNew && said === undefined && !carries(interaction)) continue
      if (said !== undefined) drafts.push({ ...said, about: [key, tools.hash(destination.name), ...(pieces === undefined ? [] : ['goes on'])] })
      if (said !== undefined && isNew) sender.told = [id, day, 1, Math.max(0, Number(interaction.arguments_bytes))]
      learn(sender, visit, said !== undefined || tools.disputed?.() === true, params)
      count(sender, isNew)
    }
    sender.lesson = sender.lessons.shift() ?? 0
    return drafts
  },
  forget: ({ lastDay, company }, watermark, params) => company.told === 0 && (lastDay + params.keepDays) * DAY < Number(watermark) / 1e9,
}
