/** Learns who changes what of the configuration, and speaks of others. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft } from '../detector.ts'
import { secondsOf } from '../stats/moment.ts'
import { type Change, changeOf } from './change.ts'
import { changeDraft } from './draft.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor in one area; of the tenant's only `actors` is used. */
export interface Changer {
  changes: number
  days: number
  lastDay: number
  /** Day and rank of what was told last. */
  toldDay: number
  told: number
  lesson: number
  /** Of the tenant: how many actors changed something of the area. */
  actors: number
}

const NONE: readonly never[] = []
const DAY = 86_400
const RANK: Readonly<Record<Severity, number>> = { info: 1, low: 1, medium: 2, high: 3, critical: 3 }

const tenantKey = (key: string): string => `tenant:${key.slice(0, key.indexOf('|'))}`

interface Judged {
  readonly change: Change
  readonly interaction: Interaction
  readonly expected: boolean
  /** The actor never changed anything of the kind on a day before. */
  readonly isFirst: boolean
  readonly common: boolean
}

/** Undefined where nothing is to be said. Dangerous by itself is what switches off guards or records; the rest depends on who, and on who asked. */
function severityOf({ change: { sign }, interaction: { requested_by: by, request_fit: fit }, expected, isFirst, common }: Judged): Severity | undefined {
  const asked = by === 'user_turn' && fit === 'asked'
  const unasked = by === 'none' || fit === 'unrelated'
  if (sign === 'unguarded' || sign === 'unrecorded') return expected ? (unasked ? 'medium' : 'low') : asked || (common && !unasked) ? 'medium' : 'high'
  if (sign === 'opened') return expected || asked ? (unasked ? 'medium' : 'low') : unasked ? 'high' : 'medium'
  if (sign === 'outsider') return asked ? 'low' : unasked ? 'high' : 'medium'
  if (expected) return unasked && sign !== 'changed' ? 'low' : undefined
  if (sign === 'changed' || sign === 'quieter') return unasked && sign === 'changed' ? 'medium' : 'low'
  if (unasked) return sign === 'forwards' || sign === 'hooks' ? 'high' : 'medium'
  // Who has everything can do everything: nobody knows who asked, and the actor is not one who does it.
  if (sign === 'administers') return isFirst && !common && fit === 'unknown' ? 'medium' : 'low'
  return asked || common || sign === 'unasking' ? 'low' : 'medium'
}

/** `agent|ana`: areas hold no bar. */
export const changedConfiguration: Detector<Params, Changer> = {
  rule,
  keysOf(interaction) {
    if (interaction.effect === 'read' || interaction.actor === '') return NONE
    const change = changeOf(interaction)
    return change === undefined ? NONE : [`${change.area}|${interaction.actor}`]
  },
  lore: (key) => (key.startsWith('tenant:') ? '' : tenantKey(key)),
  lesson: ({ lesson }) => lesson,
  learn: (tenant) => void tenant.actors++,
  begin: () => ({ changes: 0, days: 0, lastDay: -1, toldDay: -1, told: 0, lesson: 0, actors: 0 }),
  step(state, interaction, key, params, tools) {
    const change = changeOf(interaction)
    if (change === undefined) return NONE
    const day = Math.floor(secondsOf(interaction) / DAY)
    const expected = state.days >= params.acceptDays || params.expected.includes(interaction.actor)
    const actors = (tools.stateOf?.(tenantKey(key)) as Changer | undefined)?.actors ?? 0
    const severity = severityOf({ change, interaction, expected, isFirst: state.days === 0, common: actors >= params.commonActors })
    const draft = severity === undefined || (state.toldDay === day && RANK[severity] <= state.told) ? NONE
      : [changeDraft({ key, change, interaction, severity, day, days: state.days, actors })] satisfies readonly Draft[]
    if (severity !== undefined && draft.length > 0) Object.assign(state, { toldDay: day, told: RANK[severity] })
    state.lesson = state.changes++ === 0 ? 1 : 0
    if (day > state.lastDay) {
      state.days++
      state.lastDay = day
    }
    return draft
  },
  forget: ({ lastDay }, watermark, { keepDays }) => lastDay >= 0 && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
