/** Remembers what was denied to whom, and speaks when it is done all the same. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKey } from '../keys.ts'
import { hash32 } from '../stats/distinct.ts'
import { secondsOf } from '../stats/moment.ts'
import { deedOf } from './deed.ts'
import { type Denial, denialOf, isApproved, isDenied, matchOf, maybeMatch } from './denial.ts'
import { doneDraft } from './draft.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor; of a conversation where no principal is known. */
export interface Denials {
  list: Denial[]
}

const NONE: readonly never[] = []

const isCall = ({ method, tool }: Interaction): boolean => tool !== '' && (method === 'tools/call' || method === '')

/** A principal has all its conversations; agents of one conversation work together. */
const keyOf = (interaction: Interaction): string =>
  (interaction.principal === '' && interaction.conversation !== '' ? `conversation:${interaction.conversation}` : actorKey(interaction))

function judge(state: Denials, interaction: Interaction, key: string, seconds: number): readonly Draft[] {
  const deed = deedOf(interaction)
  for (const denial of state.list) {
    const match = matchOf(denial, interaction, deed) ?? (denial.tool === hash32(interaction.tool) ? undefined : maybeMatch(denial, deed, seconds))
    if (match === undefined) continue
    // Once a denial.
    state.list = state.list.filter((one) => one !== denial)
    return [doneDraft({ key, denial, match, interaction, seconds })]
  }
  return NONE
}

export const deniedThenDone: Detector<Params, Denials> = {
  rule,
  keysOf(interaction) {
    if (!isCall(interaction)) return NONE
    const key = keyOf(interaction)
    return key === '' ? NONE : [key]
  },
  begin: () => ({ list: [] }),
  step(state, interaction, key, { withinMinutes, maxDenials }) {
    const denied = isDenied(interaction)
    if (!denied && state.list.length === 0) return NONE
    const seconds = secondsOf(interaction)
    const oldest = seconds - withinMinutes * 60
    if (state.list.some(({ at }) => at < oldest)) state.list = state.list.filter(({ at }) => at >= oldest)
    if (denied) {
      state.list = [...state.list, denialOf(interaction, seconds)].slice(-maxDenials)
      return NONE
    }
    return state.list.length === 0 || interaction.outcome !== 'ok' || isApproved(interaction) ? NONE : judge(state, interaction, key, seconds)
  },
  forget: ({ list }, watermark, { withinMinutes }) => list.every(({ at }) => at + withinMinutes * 60 < Number(watermark) / 1e9),
}
