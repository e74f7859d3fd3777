/** What the parts of a sum are worth: which detectors see the same thing in several ways, and how often each is right. */

export interface Standing {
  readonly family: string
  /** 0 to 1. */
  readonly confidence: number
}

/** Families by what sets their detectors off. A detector that is not here is a family of its own. */
const STANDINGS: Readonly<Record<string, Standing>> = {
  'off-hours-token': { family: 'time', confidence: 0.4 },
  'unknown-place': { family: 'place', confidence: 0.5 },
  'unusual-volume': { family: 'volume', confidence: 0.4 },
  'masquerade': { family: 'work', confidence: 0.6 },
  'unexpected-command': { family: 'command', confidence: 0.7 },
  'unrequested-action': { family: 'request', confidence: 0.6 },
  'injected-instruction': { family: 'content', confidence: 0.5 },
  'injected-parameter': { family: 'content', confidence: 0.6 },
  'poisoned-description': { family: 'supply', confidence: 0.5 },
  'changed-definition': { family: 'supply', confidence: 0.5 },
  'shadowed-tool': { family: 'supply', confidence: 0.5 },
}

export function standingOf(detector: string, unknownConfidence: number): Standing {
  const known = Object.hasOwn(STANDINGS, detector) ? STANDINGS[detector] : undefined
  return known ?? { family: detector, confidence: unknownConfidence }
}
