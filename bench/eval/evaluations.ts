/** The evaluations by name. */
import { COMMANDS } from './commands.ts'
import { DEFENCE } from './defence.ts'
import type { Evaluation } from './evaluation.ts'
import { LINEAGE, RUNS_OF_AGENTS } from './lineage.ts'
import { MASQUERADE } from './masquerade.ts'
import { NAB } from './nab.ts'
import { OFFHOURS } from './offhours.ts'
import { RUGPULL, TEXTS } from './poisoning.ts'
import { SECRETS } from './secrets.ts'
import { SIMULATE } from './simulate.ts'

export const EVALUATIONS: ReadonlyMap<string, Evaluation> = new Map([
  ['secrets', SECRETS],
  ['lineage', LINEAGE],
  ...RUNS_OF_AGENTS,
  ['commands', COMMANDS],
  ['masquerade', MASQUERADE],
  ['nab', NAB],
  ['offhours', OFFHOURS],
  ['texts', TEXTS],
  ['rugpull', RUGPULL],
  ['mcp-defense-bench', DEFENCE],
  ['simulate', SIMULATE],
])
