/** Sees who asks for lists of many servers or for what is not there, and how far that goes beyond what is usual. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { secondsOf } from '../stats/moment.ts'
import { scanDraft } from './draft.ts'
import { begin, isFailure, isList, isOver, isRefusal, look, type Looker, newLooker, usualAmong } from './look.ts'
import { type Params, rule } from './rule.ts'

const NONE: readonly never[] = []
const DAY = 86_400
const RANK: Readonly<Record<Severity, number>> = { info: 1, low: 1, medium: 2, high: 3, critical: 3 }

const peersKey = ({ actor_kind: kind }: Interaction): string => `peers:${kind}`

/** Few refusals among many different tools that fail are guesses, too: not all servers say that a name is not theirs. */
const isGuessing = ({ refused, failed, peakFailed }: Looker, params: Params): boolean =>
  refused.length >= params.refusedWithServers && failed.length >= params.refused && failed.length > peakFailed * params.ownFactor

/** Undefined where it is usual. Lists alone are for the record until the actor is known; refusals speak for themselves. */
function severityOf(looker: Looker, peers: number, interaction: Interaction, params: Params): Severity | undefined {
  const { servers, refused, refusing, peakServers, peakRefused, days } = looker
  const guesses = refused.length > peakRefused * params.ownFactor
  const usual = Math.max(peakServers * params.ownFactor, peers)
  const both = refused.length >= params.refusedWithServers && servers.length >= params.serversWithRefusals
  if (guesses && (refused.length >= params.refused || both)) return refusing.length >= params.serversWithRefusals && refused.length >= params.refused ? 'high' : 'medium'
  if (isGuessing(looker, params)) return 'medium'
  if (servers.length < params.servers || servers.length <= usual) return undefined
  const job = interaction.actor_kind === 'service' || interaction.requested_by === 'scheduled'
  return days > params.minDays && !job ? 'medium' : 'low'
}

export const discoveryScan: Detector<Params, Looker> = {
  rule,
  keysOf(interaction) {
    const { outcome, method, actor } = interaction
    if (actor === '' || (outcome === 'ok' && !isList(method))) return NONE
    return isList(method) || isRefusal(interaction) || isFailure(interaction) ? actorKeys(interaction) : NONE
  },
  lore: (key, interaction) => (key.startsWith('actor:') ? peersKey(interaction) : ''),
  lesson: ({ lesson }) => lesson,
  learn({ sizes }, lesson) {
    while (sizes.length <= lesson) sizes.push(0)
    sizes[lesson] = (sizes[lesson] ?? 0) + 1
  },
  begin: newLooker,
  step(looker, interaction, key, params, tools) {
    looker.lesson = 0
    const seconds = secondsOf(interaction)
    if (isOver(looker, seconds, params)) {
      // An error alone is no look around; it counts beside lists and refusals.
      if (!isList(interaction.method) && !isRefusal(interaction)) return NONE
      begin(looker, seconds, params)
    }
    look(looker, interaction, seconds)
    if (looker.servers.length < params.servers && looker.refused.length < params.refusedWithServers) return NONE
    const peers = usualAmong((tools.stateOf?.(peersKey(interaction)) as Looker | undefined)?.sizes ?? NONE, params.minPeers)
    const severity = severityOf(looker, peers, interaction, params)
    if (severity === undefined || RANK[severity] <= looker.told) return NONE
    looker.told = RANK[severity]
    return [scanDraft({ key, looker, peers, severity })] satisfies readonly Draft[]
  },
  forget: ({ lastDay }, watermark, { keepDays }) => lastDay >= 0 && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
