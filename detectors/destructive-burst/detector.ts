/** Counts what an actor destroys in one go, beside what it and its peers usually do. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { secondsOf } from '../stats/moment.ts'
import { actOf, isOfInterest } from './act.ts'
import { add, attend, close, type Destroyer, isOver, isOwn, newDestroyer, noBurst, remember, usualAmong } from './burst.ts'
import { burstDraft, type Usual } from './draft.ts'
import { type Params, rule } from './rule.ts'

const NONE: readonly never[] = []
const DAY = 86_400
const APPROVES = /^(?:allow|accept|approv|grant|permit)/i
const PERSON = /user|human|person|operator|reviewer/i

const isApproved = ({ decision, decision_by: by }: Interaction): boolean => decision !== '' && APPROVES.test(decision) && PERSON.test(by)
const peersKey = ({ actor_kind: kind }: Interaction): string => `peers:${kind}`

/** 0 where it is usual. What was asked for is for the record, what is new for somebody of whom nothing is known too, unless it is very much, and the first run of a job. */
function severityOf({ burst, peak, peakGrave, activeDays }: Destroyer, usual: Usual, interaction: Interaction, params: Params): Severity | undefined {
  const grave = burst.grave >= Math.max(params.grave, peakGrave + 1)
  const limit = Math.max(params.things, peak * params.ownFactor, usual.things)
  if (!grave && burst.things < limit) return undefined
  if (burst.asked * 5 >= burst.calls * 4) return 'low'
  const unasked = interaction.requested_by === 'none' || interaction.request_fit === 'unrelated'
  if (grave) return burst.grave > params.grave || unasked ? 'high' : 'medium'
  const warm = usual.known || peak > 0 || activeDays > params.minDays
  if (burst.things < params.coldThings && !warm && !unasked) return 'low'
  if ((interaction.requested_by === 'scheduled' || interaction.actor_kind === 'service') && peak === 0 && !unasked) return 'low'
  return burst.things >= limit * 5 || unasked ? 'high' : 'medium'
}

const RANK: Readonly<Record<Severity, number>> = { info: 1, low: 1, medium: 2, high: 3, critical: 3 }

function judge(owner: Destroyer, interaction: Interaction, { key, usual, params }: { readonly key: string; readonly usual: Usual; readonly params: Params }): readonly Draft[] {
  const severity = severityOf(owner, usual, interaction, params)
  if (severity === undefined || RANK[severity] <= owner.burst.told) return NONE
  owner.burst.told = RANK[severity]
  return [burstDraft({ key, owner, usual, severity })]
}

export const destructiveBurst: Detector<Params, Destroyer> = {
  rule,
  keysOf: (interaction) => (isOfInterest(interaction) ? actorKeys(interaction) : NONE),
  lore: (key, interaction) => (key.startsWith('actor:') ? peersKey(interaction) : ''),
  lesson: ({ lesson }) => lesson,
  learn({ sizes }, lesson) {
    while (sizes.length <= lesson) sizes.push(0)
    sizes[lesson] = (sizes[lesson] ?? 0) + 1
  },
  begin: newDestroyer,
  step(owner, interaction, key, params, tools) {
    const act = actOf(interaction)
    const seconds = secondsOf(interaction)
    attend(owner, seconds)
    if (act.tier === 0) {
      remember(owner, act)
      return NONE
    }
    if (isOver(owner.burst, seconds, params)) {
      if (owner.burst.since > 0) close(owner, params)
      owner.burst = { ...noBurst(), since: seconds, at: seconds }
    }
    if (isOwn(owner, act) || isApproved(interaction) || !add(owner, act, interaction, seconds)) return NONE
    if (owner.burst.things < params.things && owner.burst.grave < params.grave) return NONE
    const peers = usualAmong((tools.stateOf?.(peersKey(interaction)) as Destroyer | undefined)?.sizes ?? NONE, params.minPeers)
    return judge(owner, interaction, { key, usual: { things: peers.things, known: peers.told >= params.minTold }, params })
  },
  forget: ({ lastDay }, watermark, { keepDays }) => lastDay >= 0 && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
