/** Learns which calls of an actor come at regular intervals, and speaks when new ones begin to. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { type Destination, destinationsOf } from '../destinations/destination.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { type Company, hear, lessonOf, noCompany, useOf } from '../stats/company.ts'
import { secondsOf } from '../stats/moment.ts'
import { remembering } from '../stats/remembering.ts'
import { spreadOf } from '../stats/robust.ts'
import { noTerms, see, standingOf, termOf, type Terms } from '../stats/terms.ts'
import { draftOf, type Regular, type Regularity } from './draft.ts'
import { type Params, rule } from './rule.ts'
import { beat, type Ring, type Stream, type Streams } from './streams.ts'

/** State of an actor; of the tenant's only `company` is used. */
export interface Pulse {
  streams: Streams
  rings: Ring[]
  /** Regular streams by id; null before the first. */
  known: Terms | null
  days: number
  lastDay: number
  lesson: number
  company: Company | null
}

const DAY = 86_400
/** A tool that was polled for so long by the time that it looks regular is nothing new. */
const OLD_NEWS = 4 * DAY
const NONE: readonly never[] = []
const TENANT = 'streams'
const PLAIN = /^[\w.+/:@-]{1,80}$/
const plain = (name: string): string => (PLAIN.test(name) ? name : 'one with an odd name')

const outside = (interaction: Interaction): Destination | undefined => destinationsOf(interaction).find(({ internal }) => !internal)
/** Servers and tools are few. */
const nameId = remembering(termOf)
const idOf = ({ server, tool }: Interaction, to: Destination | undefined): number =>
  to === undefined ? (Math.imul(nameId(server), 31) ^ nameId(tool)) >>> 2 || 1 : termOf(`to ${to.name}`)

function sizeOf({ arguments_bytes: sent, result_bytes: returned }: Interaction): number {
  return sent < 0n && returned < 0n ? -1 : Number((sent < 0n ? 0n : sent) + (returned < 0n ? 0n : returned))
}

/** Undefined where the intervals or sizes differ too much. */
function regularityOf({ ring, size, begun, at, beats, strays }: Stream, { minIntervals, minMinutes, jitter, sized, strays: most }: Params): Regularity | undefined {
  const { intervals } = ring
  if (intervals.length < minIntervals || (size >= 0 && ring.sized < sized * intervals.length)) return undefined
  if (at - begun < minMinutes * 60 || strays > most * beats) return undefined
  const { median, scale } = spreadOf(intervals, 0)
  const spread = scale / 1.4826 / median
  return spread > jitter ? undefined : { period: median, jitter: spread }
}

/** The subject of one step. */
interface Beating {
  readonly interaction: Interaction
  readonly day: number
  readonly to: Destination | undefined
  readonly company: Company | undefined
  /** Something was said of the actor today: what it does may be an intruder's work. */
  readonly disputed: boolean
  readonly params: Params
}

/** A new destination outside that nobody asked for is somebody's business; a tool that is polled may wait. Undefined: a habit, or common. */
function severityOf(state: Pulse, { interaction, to, params }: Beating, { stream, users }: { readonly stream: Stream; readonly users: number }): Severity | undefined {
  if (users >= params.commonUsers) return undefined
  if (to === undefined && stream.at - stream.begun > OLD_NEWS) return undefined
  const isCold = state.days < params.minDays
  if (isCold) return to === undefined ? undefined : 'low'
  const wanted = interaction.request_fit === 'asked' || to === undefined || to.source === 'user'
  return wanted || interaction.outcome === 'denied' ? 'low' : 'medium'
}

function judge(state: Pulse, stream: Stream, beating: Beating): readonly Draft[] {
  const { day, company, disputed, params } = beating
  const { id } = stream.ring
  const isNew = state.known === null || standingOf(state.known, id, { day, keepDays: params.keepDays }) === 'new'
  const regularity = isNew ? regularityOf(stream, params) : undefined
  if (isNew && regularity === undefined) return NONE
  const terms = state.known ??= noTerms()
  const known = terms.ids.length
  const users = isNew ? useOf(company, { id, group: 0, day, keepDays: params.keepDays }).users : 0
  const severity = isNew ? severityOf(state, beating, { stream, users }) : undefined
  const change = see(terms, { id, day, told: severity !== undefined || disputed }, { acceptDays: params.acceptDays, keepDays: params.keepDays, most: params.maxKnown })
  if (change !== '') state.lesson = lessonOf({ id, group: 0, day, again: change === 'again' })
  return severity === undefined || regularity === undefined ? NONE : [tell(state, beating, { severity, stream, users, known, ...regularity })]
}

type Told = Pick<Regular, 'severity' | 'stream' | 'users' | 'known' | 'period' | 'jitter'>

function tell({ days }: Pulse, { interaction, to, params }: Beating, told: Told): Draft {
  const where = to === undefined ? `${plain(interaction.tool)} of ${plain(interaction.server)}` : plain(to.kind === 'e-mail' ? to.domain : to.name)
  const reasons = [`no regular stream of this kind in ${days} days`, ...(days < params.minDays ? ['cold start: too little history of its own'] : []),
    ...(to === undefined ? [] : [`the destination is outside${to.trait === '' ? '' : ` and of a kind that names nobody (${to.trait})`}`]),
    ...(interaction.requested_by === 'none' ? ['no turn of a user stands behind it'] : [])]
  return draftOf({ ...told, key: `actor:${interaction.actor}`, where, isOutside: to !== undefined, days, reasons })
}

const companyOf = (tools: Tools): Company | undefined => (tools.stateOf?.(TENANT) as Pulse | undefined)?.company ?? undefined

export const beaconing: Detector<Params, Pulse> = {
  rule,
  keysOf: (interaction) => (interaction.method !== 'tools/call' || interaction.actor_kind === 'service' || interaction.requested_by === 'scheduled' ? NONE : actorKeys(interaction)),
  lore: () => TENANT,
  lesson: ({ lesson }) => lesson,
  learn(tenant, lesson, { maxCompany }) {
    hear(tenant.company ??= noCompany(), lesson, maxCompany)
  },
  begin: () => ({ streams: [], rings: [], known: null, days: 0, lastDay: -1, lesson: 0, company: null }),
  step(state, interaction, _, params, tools) {
    const at = secondsOf(interaction)
    const day = Math.floor(at / DAY)
    state.lesson = 0
    if (day > state.lastDay) {
      state.days++
      state.lastDay = day
    }
    const to = outside(interaction)
    const stream = beat(state.streams, state.rings, { id: idOf(interaction, to), at, size: sizeOf(interaction) }, params)
    return stream === undefined ? NONE : judge(state, stream, { interaction, day, to, company: companyOf(tools), disputed: tools.disputed?.() === true, params })
  },
  forget: ({ company, lastDay }, watermark, { keepDays }) => company === null && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
