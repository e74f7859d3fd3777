/** What the parts of a sum are worth: which detectors see the same thing in several ways, and how often each is right. */

export interface Standing {
  readonly family: string
  /** 0 to 1. */
  readonly confidence: number
}

/**
 * Families by what sets their detectors off. A detector that is not here is a family of its own. What is said of the log itself is nobody's doing and worth
 * nothing. Confidence: set by hand, the higher the more of its weak and medium findings belonged to attacks in simulated weeks; the middle where there
 * were too few.
 */
const STANDINGS: Readonly<Record<string, Standing>> = {
  // Who travels is elsewhere, at other hours, and with another machine.
  'off-hours-token': { family: 'whereabouts', confidence: 0.3 },
  'unknown-place': { family: 'whereabouts', confidence: 0.5 },
  'shared-token': { family: 'whereabouts', confidence: 0.4 },
  'misplaced-token': { family: 'token', confidence: 0.5 },
  'failed-logins': { family: 'token', confidence: 0.4 },
  'new-scope': { family: 'rights', confidence: 0.5 },
  'denied-then-done': { family: 'rights', confidence: 0.5 },
  'policy-violation': { family: 'policy', confidence: 0.5 },
  'overdue-credential': { family: 'log', confidence: 0 },
  'discovery-scan': { family: 'discovery', confidence: 0.6 },
  'unusual-volume': { family: 'volume', confidence: 0.4 },
  'harvesting': { family: 'volume', confidence: 0.6 },
  'slow-leak': { family: 'volume', confidence: 0.4 },
  'runaway-loop': { family: 'volume', confidence: 0.4 },
  'masquerade': { family: 'work', confidence: 0.6 },
  'unusual-sequence': { family: 'work', confidence: 0.4 },
  'sensitive-access': { family: 'private', confidence: 0.5 },
  'travelling-secret': { family: 'private', confidence: 0.5 },
  'new-destination': { family: 'way out', confidence: 0.6 },
  'lethal-trifecta': { family: 'way out', confidence: 0.5 },
  'beaconing': { family: 'way out', confidence: 0.4 },
  'unexpected-command': { family: 'command', confidence: 0.5 },
  'destructive-burst': { family: 'command', confidence: 0.5 },
  'changed-configuration': { family: 'command', confidence: 0.5 },
  'unrequested-action': { family: 'request', confidence: 0.5 },
  'injected-instruction': { family: 'content', confidence: 0.5 },
  'injected-parameter': { family: 'content', confidence: 0.6 },
  'poisoned-description': { family: 'supply', confidence: 0.5 },
  'changed-definition': { family: 'supply', confidence: 0.5 },
  'shadowed-tool': { family: 'supply', confidence: 0.5 },
  'targeted-definition': { family: 'supply', confidence: 0.3 },
  'new-server': { family: 'supply', confidence: 0.4 },
  'conservation': { family: 'log', confidence: 0 },
  'record-conflict': { family: 'log', confidence: 0 },
  'missing-telemetry': { family: 'log', confidence: 0 },
  'receiver-down': { family: 'log', confidence: 0 },
  'anchor-failing': { family: 'log', confidence: 0 },
  'broken-log': { family: 'log', confidence: 0 },
}

export function standingOf(detector: string, unknownConfidence: number): Standing {
  const known = Object.hasOwn(STANDINGS, detector) ? STANDINGS[detector] : undefined
  return known ?? { family: detector, confidence: unknownConfidence }
}
