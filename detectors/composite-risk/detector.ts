/** Adds up what others found weak, for each actor and each lineage, and speaks when it is an incident together. */
import type { Finding } from '../../schemas/finding.ts'
import type { Detector, Sum } from '../detector.ts'
import { sumOf } from './draft.ts'
import { standingOf } from './families.ts'
import { type Params, rule } from './rule.ts'
import { type Part, type Score, scoreOf } from './score.ts'

/** State of an actor or lineage. Plain JSON, bounded by `maxParts`. */
export interface Risk {
  parts: Part[]
  /** Latest time of a part, seconds since 1970. */
  at: number
  /** finding_id of the part that made it an incident, '' while it is none; what was said of it. */
  episode: string
  version: number
  high: boolean
  told: string[]
}

const NONE: readonly never[] = []
const LONGEST_TITLE = 200
/** A part that adds fewer points is let go. */
const LEAST = 0.5
const LINEAGE = 'lineage:'

/** Event time, but never later than its arrival: a wild clock cannot make a sign fresh for ever. */
const secondsOf = ({ window_end: end, created_at: arrived }: Finding): number => Number((end < arrived ? end : arrived) / 1_000_000n) / 1000

interface Scale {
  readonly halfLifeHours: number
  readonly threshold: number
}

function scaleOf(key: string, { actor_kind: kind }: Finding, params: Params): Scale {
  if (key.startsWith(LINEAGE)) return { halfLifeHours: params.lineageHalfLifeHours, threshold: params.lineageThreshold }
  const alone = kind === 'principal' || kind === 'service'
  return { halfLifeHours: params.actorHalfLifeHours, threshold: params.actorThreshold * (alone ? 1 : params.sharedFactor) }
}

const pointsOf = ({ severity, detector }: Finding, params: Params): number => {
  if (severity === 'info') return 0
  const confidence = Object.hasOwn(params.confidence, detector) ? params.confidence[detector] : undefined
  return params.points[severity] * (confidence ?? standingOf(detector, params.unknownConfidence).confidence)
}

/** Takes the finding in, in place of an earlier version of it. */
function add(risk: Risk, finding: Finding, { halfLifeHours }: Scale, params: Params): void {
  const { finding_id: id, detector, severity, title, evidence_ids, sample_events } = finding
  const points = pointsOf(finding, params)
  const part: Part = {
    id, detector, family: standingOf(detector, 0).family, severity, title: title.slice(0, LONGEST_TITLE), event: evidence_ids[0] ?? '', sample: sample_events[0] ?? '', at: secondsOf(finding), points,
  }
  risk.at = Math.max(risk.at, part.at)
  const others = risk.parts.filter((one) => one.id !== id)
  const { weighed } = scoreOf([...others, ...(points > 0 ? [part] : [])], risk.at, { halfLifeHours, repeat: params.repeat })
  risk.parts = weighed.filter(({ adds }) => adds >= LEAST).slice(0, params.maxParts).map((one) => one.part)
}

/** An incident is over when half of what made it one has faded. */
function end(risk: Risk, at: number, { halfLifeHours, threshold }: Scale, repeat: number): void {
  if (risk.episode === '' || scoreOf(risk.parts, Math.max(at, risk.at), { halfLifeHours, repeat }).points >= threshold / 2) return
  Object.assign(risk, { episode: '', version: 0, high: false, told: [] })
}

/** Whether there is something to say that was not said: it has become an incident, grown to a high one, or another detector joins. */
function isNews(risk: Risk, score: Score, high: boolean): boolean {
  if (risk.episode === '' || (high && !risk.high)) return true
  return score.weighed.some(({ part }) => !risk.told.includes(part.detector))
}

/**
 * What an actor does within the hour weighs like a lineage: programs without telemetry of their own have a trace for each call, and nothing else says
 * which belong together.
 */
const burstOf = ({ threshold }: Scale, params: Params): Scale =>
  ({ halfLifeHours: params.lineageHalfLifeHours, threshold: Math.min(threshold, (threshold * params.lineageThreshold) / params.actorThreshold) })

function heavierOf({ parts, at }: Risk, long: Scale, burst: Scale, { repeat }: Params): readonly [Score, Scale] {
  const score = scoreOf(parts, at, { halfLifeHours: long.halfLifeHours, repeat })
  if (score.points >= long.threshold || long.halfLifeHours === burst.halfLifeHours) return [score, long]
  const soon = scoreOf(parts, at, { halfLifeHours: burst.halfLifeHours, repeat })
  return soon.points >= burst.threshold ? [soon, burst] : [score, long]
}

function judge(risk: Risk, finding: Finding, key: string, params: Params): readonly Sum[] {
  const scale = scaleOf(key, finding, params)
  end(risk, secondsOf(finding), scale, params.repeat)
  add(risk, finding, scale, params)
  const [score, limit] = heavierOf(risk, scale, burstOf(scale, params), params)
  if (score.points < limit.threshold || score.families < params.leastFamilies) return NONE
  const high = risk.high || score.points >= limit.threshold * params.highFactor
  if (!isNews(risk, score, high)) return NONE
  risk.told = [...new Set([...risk.told, ...score.weighed.map(({ part }) => part.detector)])].slice(-params.maxParts)
  Object.assign(risk, { episode: risk.episode || finding.finding_id, version: risk.version + 1, high })
  return [sumOf({ key, who: finding.actor || 'an unknown actor', episode: risk.episode, version: risk.version, score, ...limit, high })]
}

export const compositeRisk: Detector<Params, Risk> = {
  rule,
  begin: () => ({ parts: [], at: 0, episode: '', version: 0, high: false, told: [] }),
  weighIn(finding, params) {
    const { severity, interaction_id: call, trace_id: trace, conversation, actor } = finding
    if (severity === 'info') return NONE
    // The interaction says the same in a moment, and knows its conversation.
    if (call === '' && trace !== '') return NONE
    // A later version of what was weak before takes its points away.
    if (params.points[severity] === 0 && finding.version <= 2) return NONE
    const lineage = conversation || trace
    return [...(lineage === '' ? NONE : [`${LINEAGE}${lineage}`]), ...(actor === '' ? NONE : [`actor:${actor}`])]
  },
  weigh: (risk, finding, key, params) => judge(risk, finding, key, params),
  forget: ({ at }, watermark, params) => at + 12 * 3600 * Math.max(params.actorHalfLifeHours, params.lineageHalfLifeHours) < Number(watermark) / 1e9,
}
