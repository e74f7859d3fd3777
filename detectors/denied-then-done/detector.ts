/** Remembers what was denied to whom, and speaks when it is done all the same. */
import type { Interaction } from '../../schemas/interaction.ts'
import { isToolCall } from '../caller/call.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKey } from '../keys.ts'
import { hash32 } from '../stats/distinct.ts'
import { secondsOf } from '../stats/moment.ts'
import { type Act, actOf } from './act.ts'
import { type Denial, denialOf, isApproved, isDenied, matchOf, maybeMatch } from './denial.ts'
import { doneDraft } from './draft.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor; of a conversation where no principal is known. */
export interface Denials {
  list: Denial[]
  /** Commands of the last minutes. */
  acts: Act[]
}

const NONE: readonly never[] = []
/** Seconds for which a command waits for a denial that comes late, and most that wait. */
const LATE = 600
const MOST_ACTS = 4
const LOOKED_AT = 512

/** A principal has all its conversations; agents of one conversation work together. */
const keyOf = (interaction: Interaction): string =>
  (interaction.principal === '' && interaction.conversation !== '' ? `conversation:${interaction.conversation}` : actorKey(interaction))

/** Once a denial. */
function judge(state: Denials, act: Act, key: string, events: readonly string[]): readonly Draft[] {
  for (const denial of state.list) {
    if (denial.at > act.at) continue
    const match = matchOf(denial, act) ?? (denial.tool === hash32(act.tool) ? undefined : maybeMatch(denial, act))
    if (match === undefined) continue
    state.list = state.list.filter((one) => one !== denial)
    return [doneDraft({ key, denial, match, act, events })]
  }
  return NONE
}

/** Servers, gateways and agents send at different times: a denial may come after what got round it. */
function deny(state: Denials, interaction: Interaction, key: string, { seconds, maxDenials }: { readonly seconds: number; readonly maxDenials: number }): readonly Draft[] {
  state.list = [...state.list, denialOf(interaction, seconds)].slice(-maxDenials)
  for (const act of state.acts) {
    const drafts = judge(state, act, key, interaction.event_ids)
    if (drafts.length === 0) continue
    state.acts = state.acts.filter((one) => one !== act)
    return drafts
  }
  return NONE
}

/** A look that costs little: commands without a path that neither delete nor force nor grant are not read for denials that may come late. */
const mayEvade = ({ arguments: sent }: Interaction): boolean => sent.includes('/') || /\b(?:rm|force|delete|drop|grant)\b/i.test(sent.slice(0, LOOKED_AT))

/** Only commands are kept: to read every call's arguments for denials that come late would cost more than it tells. */
function keep(state: Denials, act: Act): void {
  state.acts = [...state.acts.filter(({ at }) => at >= act.at - LATE), act].slice(-MOST_ACTS)
}

export const deniedThenDone: Detector<Params, Denials> = {
  rule,
  keysOf(interaction) {
    if (!isToolCall(interaction)) return NONE
    const key = keyOf(interaction)
    return key === '' ? NONE : [key]
  },
  begin: () => ({ list: [], acts: [] }),
  step(state, interaction, key, { withinMinutes, maxDenials }) {
    const denied = isDenied(interaction)
    const isCommand = interaction.effect === 'execute' && interaction.outcome === 'ok' && mayEvade(interaction)
    if (!denied && !isCommand && state.list.length === 0) return NONE
    const seconds = secondsOf(interaction)
    const oldest = seconds - withinMinutes * 60
    if (state.list.some(({ at }) => at < oldest)) state.list = state.list.filter(({ at }) => at >= oldest)
    if (denied) return deny(state, interaction, key, { seconds, maxDenials })
    if (interaction.outcome !== 'ok' || isApproved(interaction)) return NONE
    const act = actOf(interaction, seconds)
    const drafts = state.list.length === 0 ? NONE : judge(state, act, key, interaction.event_ids)
    if (act.isCommand && drafts.length === 0) keep(state, act)
    return drafts
  },
  forget: ({ list, acts }, watermark, { withinMinutes }) => [...list, ...acts].every(({ at }) => at + withinMinutes * 60 < Number(watermark) / 1e9),
}
