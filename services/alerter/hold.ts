/** The stages that hold an alert back for as long as they count: inhibition by a composite, and silences. */
import { composites, inhibitorOf } from './inhibit.ts'
import { alter, OURSELVES, say } from './life.ts'
import { isComposite } from './composite.ts'
import type { Round } from './round.ts'
import { silenceOf, silencesNow } from './silence.ts'
import type { Group } from './state.ts'

export interface Holders {
  readonly silences: ReturnType<typeof silencesNow>
  readonly sums: ReturnType<typeof composites>
}

export const holdersNow = ({ state, now, rules }: Round): Holders => ({ silences: silencesNow(state, now), sums: composites(state, rules) })

function silenceOrNot({ state, now }: Round, group: Group, silences: Holders['silences']): boolean {
  const before = group.alert.silenced_by
  const silence = silenceOf(group.alert, silences.get(group.alert.tenant))
  if (silence === before) return false
  alter(state, group, { silenced_by: silence }, now)
  const row = state.silences.get(silence)
  if (row !== undefined) say(state, group.alert, { event: 'silenced', object: silence, by: row.owner, why: row.reason })
  else say(state, group.alert, { event: 'unsilenced', object: before, by: OURSELVES, why: 'The silence is over, or does not fit any more.' })
  if (isComposite(group)) state.review.add(group.alert.tenant)
  return true
}

function inhibitOrNot({ state, now }: Round, group: Group, sums: Holders['sums']): boolean {
  const before = group.alert.inhibited_by
  const sum = inhibitorOf(group, sums.get(group.alert.tenant))
  if (sum === before) return false
  alter(state, group, { inhibited_by: sum }, now)
  if (sum !== '') say(state, group.alert, { event: 'inhibited', object: sum, why: 'A composite-risk alert tells of it.' })
  else say(state, group.alert, { event: 'unsilenced', object: before, why: 'The alert that told of it is over, or it has become graver.' })
  return true
}

/** Asks both stages about one alert anew; true when that changed it. What is due and no longer held is told by whoever looks at it next. */
export function review(round: Round, group: Group, { silences, sums }: Holders): boolean {
  const silenced = silenceOrNot(round, group, silences)
  return inhibitOrNot(round, group, sums) || silenced
}
