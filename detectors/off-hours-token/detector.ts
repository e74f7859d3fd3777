/** Learns the week of each actor and token, and speaks when activity begins in hours that are quiet in it. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorAndTokenKeys } from '../keys.ts'
import { hourOf, secondsOf } from '../stats/moment.ts'
import { arrives, isTold, notes } from './arrival.ts'
import { arrivalDraft, fixedDraft, type Moment, quietDraft } from './draft.ts'
import { meet, strangeOf } from './holders.ts'
import { slotOf } from './local-time.ts'
import { type Params, rule } from './rule.ts'
import { addQuiet, isOvertime } from './spell.ts'
import { blankWeek, enterHour, hasHistory, judgeSlot, type Week } from './week.ts'

/** Zones are looked up by names that the operator wrote, nothing else. */
const zoneOf = ({ actor, tenant }: Interaction, { zones }: Params): string | undefined =>
  isEmpty(zones) ? undefined : Object.hasOwn(zones, actor) ? zones[actor] : Object.hasOwn(zones, tenant) ? zones[tenant] : undefined

/** Looking a name up that is in no object is dear, and most operators write no zones. */
function isEmpty(zones: Params['zones']): boolean {
  for (const _ in zones) return false
  return true
}

interface Judged {
  readonly slot: number
  readonly quiet: boolean
  readonly rarity: number
}

/** A late event is judged by the hour it belongs to and moves nothing on. */
function judgedLate(week: Week, seconds: number, params: Params): Judged {
  const slot = slotOf(seconds + week.offset)
  return { slot, ...judgeSlot(week, slot, params) }
}

function outside(slot: number, hours: NonNullable<Params['fixedHours']>): boolean {
  const hour = slot % 24
  return (slot >= 120 && !hours.weekends) || (hours.from <= hours.to ? hour < hours.from || hour >= hours.to : hour < hours.from && hour >= hours.to)
}

/** While there is no profile, the configured hours; nothing where there are none. */
function judgeCold(week: Week, seconds: number, moment: Moment, params: Params): readonly Draft[] {
  notes(week, moment, params)
  const hours = params.fixedHours
  if (hours === undefined || !outside(moment.slot, hours)) return []
  const enough = params.quietness + params.evidence + 1
  return addQuiet(week, seconds, enough, params) ? [fixedDraft(moment, week, hours)] : []
}

/** The arrival first, then the quiet hour by itself; a burst is told once, whichever saw it. */
function judge(week: Week, seconds: number, { quiet, moment }: { quiet: boolean; moment: Moment }, params: Params): readonly Draft[] {
  const already = isTold(week, seconds)
  const told = arrives(week, moment, params) ? [arrivalDraft(moment, week, quiet)] : []
  if (!quiet) {
    week.activeAt = Math.max(week.activeAt, seconds)
    return told
  }
  if (already || told.length > 0) {
    week.hourTold = true
    return told
  }
  if (isOvertime(week, seconds, params)) return []
  const drafts = addQuiet(week, seconds, moment.rarity, params) ? [quietDraft(moment, week)] : []
  week.hourTold ||= week.told
  week.arrival.told ||= drafts.length > 0
  return drafts
}

export const offHoursToken: Detector<Params, Week> = {
  rule,
  keysOf: actorAndTokenKeys,
  begin: blankWeek,
  step(week, interaction, key, params) {
    const seconds = secondsOf(interaction)
    const hour = hourOf(seconds)
    const zone = zoneOf(interaction, params)
    if (hour > week.hour) enterHour(week, hour, zone, params)
    const { slot, quiet, rarity } = hour < week.hour ? judgedLate(week, seconds, params) : { slot: week.hourSlot, quiet: week.quiet,
      rarity: week.rarity }
    const moment = { key, seconds, slot, zone, rarity, country: interaction.client_country, strange: () => strangeOf(week.holders, interaction, week.hourDay) }
    const drafts = hasHistory(week, params) ? judge(week, seconds, { quiet, moment }, params) : judgeCold(week, seconds, moment, params)
    week.events++
    meet(week.holders, interaction)
    return drafts
  },
  forget: (week, watermark, params) => (week.hour + params.halfLifeDays * 2 * 24) * 3600 < Number(watermark) / 1e9,
}
