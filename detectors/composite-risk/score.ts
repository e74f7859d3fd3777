/** Points that decay: P(t) = P · 2^(−age / half-life), and less and less of what says the same. Pure. */

/** What is kept of a finding. Plain JSON. */
export interface Part {
  readonly id: string
  readonly detector: string
  readonly family: string
  readonly severity: string
  readonly title: string
  /** An observation that it rests on, and what it was. */
  readonly event: string
  readonly sample: string
  /** Seconds since 1970. */
  readonly at: number
  /** Before any decay. */
  readonly points: number
}

export interface Weighed {
  readonly part: Part
  /** What it adds now. */
  readonly adds: number
}

export interface Score {
  readonly points: number
  /** Heaviest first. */
  readonly weighed: readonly Weighed[]
  readonly families: number
}

const decayed = ({ at, points }: Part, now: number, halfLifeHours: number): number => points * 2 ** (-Math.max(0, now - at) / (halfLifeHours * 3600))

/** Of an actor and of its tokens the same is said of the same calls. Seconds. */
const MOMENT = 60
const isOneMoment = (one: Part, other: Part): boolean => one.detector === other.detector && Math.abs(one.at - other.at) <= MOMENT

/**
 * The n-th finding of a detector, and the n-th detector of a family, count `repeat` to the power of n − 1, the heaviest first. Families that add less
 * than one point are not counted; nor are lighter findings of a detector about the same minute.
 */
export function scoreOf(parts: readonly Part[], now: number, { halfLifeHours, repeat }: { readonly halfLifeHours: number; readonly repeat: number }): Score {
  const fresh = parts.map((part) => ({ part, adds: decayed(part, now, halfLifeHours) })).sort((one, other) => other.adds - one.adds || (one.part.id < other.part.id ? -1 : 1))
  const ofDetector = new Map<string, number>()
  const inFamily = new Map<string, string[]>()
  const weighed: Weighed[] = []
  for (const { part, adds } of fresh) {
    if (weighed.some((one) => one.adds > 0 && isOneMoment(one.part, part))) {
      weighed.push({ part, adds: 0 })
      continue
    }
    const before = ofDetector.get(part.detector) ?? 0
    ofDetector.set(part.detector, before + 1)
    const relatives = inFamily.get(part.family) ?? []
    if (!relatives.includes(part.detector)) inFamily.set(part.family, [...relatives, part.detector])
    const rank = (inFamily.get(part.family) ?? []).indexOf(part.detector)
    weighed.push({ part, adds: adds * repeat ** (before + rank) })
  }
  weighed.sort((one, other) => other.adds - one.adds || (one.part.id < other.part.id ? -1 : 1))
  const families = new Set(weighed.filter(({ adds }) => adds >= 1).map(({ part }) => part.family)).size
  return { points: weighed.reduce((sum, { adds }) => sum + adds, 0), weighed, families }
}
