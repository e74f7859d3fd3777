/** The registered detectors with the configured parameters bound. */
import { ZodError } from 'zod'
import type { Armed } from '../detectors/detector.ts'
import { REGISTRY } from '../detectors/registry.ts'
import { ruleTextOf } from '../detectors/rule-text.ts'
import { RULES_ELSEWHERE } from '../detectors/rules-elsewhere.ts'
import { Failure } from '../schemas/failure.ts'
import { wordsOfIssue } from '../schemas/issue-words.ts'
import type { RuleText } from '../schemas/rule-text.ts'

type Parameters = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function problemsOf(id: string, error: unknown): string[] {
  if (!(error instanceof ZodError)) throw error
  return error.issues.map((issue) => `detectors.${[id, ...issue.path].join('.')}: ${wordsOfIssue(issue)}`)
}

/** Throws Failure `misconfigured` that names every unknown detector and bad parameter at once. */
export function armAll(parameters: Parameters): readonly Armed[] {
  const known = new Set(Object.keys(REGISTRY))
  const problems = Object.keys(parameters).filter((id) => !known.has(id)).map(
    (id) => `detectors.${id}: there is no such detector; there are ${[...known].join(', ')}`,
  )
  const armed: Armed[] = []
  for (const [id, arm] of Object.entries(REGISTRY)) {
    try {
      armed.push(arm(parameters[id] ?? {}))
    } catch (error) {
      problems.push(...problemsOf(id, error))
    }
  }
  if (problems.length > 0) {
    throw new Failure(
      'misconfigured', 'config.detectors', `The configuration of detectors has problems:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    )
  }
  return armed
}

export const checkDetectors = (parameters: Parameters): void => void armAll(parameters)

/** Every rule of this version, in words. */
export const ruleTexts = (): readonly RuleText[] => [...Object.values(REGISTRY).map((arming) => arming({}).rule), ...RULES_ELSEWHERE].map(ruleTextOf)
