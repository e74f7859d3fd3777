/**
 * The list: a detector is in the product when it has a line here. `record-conflict` is raised where the store is asked, so it is not
 * among them. Each entry binds parameters and throws ZodError when they do not fit the rule's schema.
 */
import { type Armed, arm } from './detector.ts'
import { lethalTrifecta } from './lethal-trifecta/detector.ts'
import { compositeRisk } from './composite-risk/detector.ts'
import { beaconing } from './beaconing/detector.ts'
import { masquerade } from './masquerade/detector.ts'
import { changedDefinition } from './changed-definition/detector.ts'
import { injectedInstruction } from './injected-instruction/detector.ts'
import { injectedParameter } from './injected-parameter/detector.ts'
import { newServer } from './new-server/detector.ts'
import { newDestination } from './new-destination/detector.ts'
import { offHoursToken } from './off-hours-token/detector.ts'
import { poisonedDescription } from './poisoned-description/detector.ts'
import { runawayLoop } from './runaway-loop/detector.ts'
import { deniedThenDone } from './denied-then-done/detector.ts'
import { destructiveBurst } from './destructive-burst/detector.ts'
import { discoveryScan } from './discovery-scan/detector.ts'
import { changedConfiguration } from './changed-configuration/detector.ts'
import { shadowedTool } from './shadowed-tool/detector.ts'
import { sharedToken } from './shared-token/detector.ts'
import { failedLogins } from './failed-logins/detector.ts'
import { misplacedToken } from './misplaced-token/detector.ts'
import { newScope } from './new-scope/detector.ts'
import { policyViolation } from './policy-violation/detector.ts'
import { targetedDefinition } from './targeted-definition/detector.ts'
import { unexpectedCommand } from './unexpected-command/detector.ts'
import { unknownPlace } from './unknown-place/detector.ts'
import { unrequestedAction } from './unrequested-action/detector.ts'
import { travellingSecret } from './travelling-secret/detector.ts'
import { sensitiveAccess } from './sensitive-access/detector.ts'
import { unusualSequence } from './unusual-sequence/detector.ts'
import { harvesting } from './harvesting/detector.ts'
import { slowLeak } from './slow-leak/detector.ts'
import { unusualVolume } from './unusual-volume/detector.ts'

export const REGISTRY: Readonly<Record<string, (params: unknown) => Armed>> = {
  'unusual-volume': (params) => arm(unusualVolume, params),
  'off-hours-token': (params) => arm(offHoursToken, params),
  'unexpected-command': (params) => arm(unexpectedCommand, params),
  'unrequested-action': (params) => arm(unrequestedAction, params),
  'injected-instruction': (params) => arm(injectedInstruction, params),
  'injected-parameter': (params) => arm(injectedParameter, params),
  'poisoned-description': (params) => arm(poisonedDescription, params),
  'changed-definition': (params) => arm(changedDefinition, params),
  'shadowed-tool': (params) => arm(shadowedTool, params),
  'masquerade': (params) => arm(masquerade, params),
  'lethal-trifecta': (params) => arm(lethalTrifecta, params),
  'unusual-sequence': (params) => arm(unusualSequence, params),
  'beaconing': (params) => arm(beaconing, params),
  'targeted-definition': (params) => arm(targetedDefinition, params),
  'new-server': (params) => arm(newServer, params),
  'runaway-loop': (params) => arm(runawayLoop, params),
  'denied-then-done': (params) => arm(deniedThenDone, params),
  'destructive-burst': (params) => arm(destructiveBurst, params),
  'composite-risk': (params) => arm(compositeRisk, params),
  'discovery-scan': (params) => arm(discoveryScan, params),
  'changed-configuration': (params) => arm(changedConfiguration, params),
  'unknown-place': (params) => arm(unknownPlace, params),
  'new-scope': (params) => arm(newScope, params),
  'policy-violation': (params) => arm(policyViolation, params),
  'misplaced-token': (params) => arm(misplacedToken, params),
  'failed-logins': (params) => arm(failedLogins, params),
  'shared-token': (params) => arm(sharedToken, params),
  'new-destination': (params) => arm(newDestination, params),
  'travelling-secret': (params) => arm(travellingSecret, params),
  'sensitive-access': (params) => arm(sensitiveAccess, params),
  'harvesting': (params) => arm(harvesting, params),
  'slow-leak': (params) => arm(slowLeak, params),
}
