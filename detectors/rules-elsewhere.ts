import { rule as anchorFailing } from './anchor-failing/rule.ts'
import { rule as brokenLog } from './broken-log/rule.ts'
import { rule as conservation } from './conservation/rule.ts'
import type { Rule } from './detector.ts'
import { rule as missingTelemetry } from './missing-telemetry/rule.ts'
import { rule as overdueCredential } from './overdue-credential/rule.ts'
import { rule as receiverDown } from './receiver-down/rule.ts'
import { rule as recordConflict } from './record-conflict/rule.ts'

/** Rules of findings that no detector of the registry raises: they are made where the store is asked. */
export const RULES_ELSEWHERE: readonly Rule<Record<string, never>>[] = [recordConflict, conservation, missingTelemetry, overdueCredential, receiverDown, anchorFailing, brokenLog]
