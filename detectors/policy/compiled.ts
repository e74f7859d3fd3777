/** A policy ready to judge, and its judgement. Pure: the same policy and interaction give the same answer. */
import type { Interaction } from '../../schemas/interaction.ts'
import { DEFAULT_RULE, type Policy, type PolicyRule } from '../../schemas/policy.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { allHold, type Members, methodOf, NO, type Test, testsOf, type Truth, UNKNOWN, YES } from './condition.ts'

export interface CompiledRule {
  readonly id: string
  readonly title: string
  readonly effect: PolicyRule['effect']
  readonly severity: Severity
  readonly reportOnly: boolean
  readonly unknownIsViolation: boolean
  /** It names no methods: then it is about uses. */
  readonly usesOnly: boolean
  readonly match: readonly Test[]
  readonly except: readonly (readonly Test[])[]
  readonly require: readonly Test[]
}

/** Rules by what they do. */
interface Candidates {
  readonly denies: readonly CompiledRule[]
  readonly requires: readonly CompiledRule[]
  readonly allows: readonly CompiledRule[]
}

export interface CompiledPolicy {
  readonly policy: string
  readonly version: number
  /** Of text and members, 64 hex digits. */
  readonly hash: string
  readonly title: string
  readonly tenants: readonly string[]
  readonly deniesByDefault: boolean
  /** What is said where no rule allows. */
  readonly otherwise: CompiledRule
  readonly rules: readonly CompiledRule[]
  /** Those that may be about a call, by what calls have in common. */
  candidates(interaction: Interaction): Candidates
  /** Other methods than uses are of interest. */
  readonly seesAll: boolean
}

/** One rule that a call breaks. */
export interface Violation {
  readonly rule: CompiledRule
  /** What of the requirement does not hold, or what the rule that denies is about; empty for what no rule allows. */
  readonly tests: readonly Test[]
  /** Telemetry does not say whether it holds, and the policy wants it said. */
  readonly unsaid: boolean
}

const USES: ReadonlySet<string> = new Set(['tools/call', 'resources/read', 'resources/subscribe', 'prompts/get'])
const NONE: readonly Violation[] = []

function ruleOf(rule: PolicyRule, { severity, unknown, mode }: Policy, members: Members): CompiledRule {
  return {
    id: rule.id, title: rule.title ?? rule.id, effect: rule.effect, severity: rule.severity ?? severity, reportOnly: mode === 'report-only' || rule.report_only,
    unknownIsViolation: (rule.unknown ?? unknown) === 'violation', usesOnly: rule.match.methods === undefined, match: testsOf(rule.match, members), except: rule.except.map((one) => testsOf(one, members)),
    require: rule.require === undefined ? [] : testsOf(rule.require, members),
  }
}

/** Fields that many calls share. */
const SHARED: ReadonlySet<string> = new Set(['methods', 'tools', 'servers', 'effects', 'kinds'])
const MOST_REMEMBERED = 5_000

/** Most rules are about other servers or effects: which of them is found out once for all calls that are alike in that. Only saves work, never changes an answer. */
function candidatesOf(rules: readonly CompiledRule[]): CompiledPolicy['candidates'] {
  const known = new Map<string, Candidates>()
  const shared = new Map(rules.map((rule) => [rule, rule.match.filter(({ field }) => SHARED.has(field))]))
  const mayConcern = (rule: CompiledRule, interaction: Interaction): boolean => (!rule.usesOnly || isUse(interaction)) && allHold(shared.get(rule) ?? [], interaction) !== NO
  return (interaction) => {
    const { method, tool, server, effect, actor_kind: kind } = interaction
    // Lengths first: whatever is in the names, no two calls that differ have one key.
    const key = `${method.length} ${server.length} ${effect} ${kind} ${method}${server}${tool}`
    const before = known.get(key)
    if (before !== undefined) return before
    const some = rules.filter((rule) => mayConcern(rule, interaction))
    const of = (wanted: PolicyRule['effect']): readonly CompiledRule[] => some.filter((rule) => rule.effect === wanted)
    const found = { denies: of('deny'), requires: of('require'), allows: of('allow') }
    if (known.size >= MOST_REMEMBERED) known.clear()
    known.set(key, found)
    return found
  }
}

/** `foreign`: members of groups that the file does not explain. */
export function compilePolicy(policy: Policy, hash: string, foreign: Readonly<Record<string, readonly string[]>> = {}): CompiledPolicy {
  const members: Members = (group) => [...(Object.hasOwn(policy.groups, group) ? (policy.groups[group] as readonly string[]) : []), ...(Object.hasOwn(foreign, group) ? (foreign[group] as readonly string[]) : [])]
  const rules = policy.rules.map((rule) => ruleOf(rule, policy, members))
  const { policy: name, version, title, tenants, severity, mode, unknown } = policy
  return {
    policy: name, version, hash, title, tenants, rules, candidates: candidatesOf(rules), deniesByDefault: policy.default === 'deny', seesAll: rules.some(({ usesOnly }) => !usesOnly),
    otherwise: { id: DEFAULT_RULE, title: 'no rule allows it', effect: 'deny', severity, reportOnly: mode === 'report-only', unknownIsViolation: unknown === 'violation', usesOnly: true, match: [], except: [], require: [] },
  }
}

/** Whether something is used, and not only looked up. */
export const isUse = (interaction: Interaction): boolean => USES.has(methodOf(interaction))

/** Whether a rule is about the call. */
export function concerns({ match, except, usesOnly }: CompiledRule, interaction: Interaction): Truth {
  if (usesOnly && !isUse(interaction)) return NO
  let truth = allHold(match, interaction)
  if (truth === NO) return NO
  for (const tests of except) {
    const spared = allHold(tests, interaction)
    if (spared === YES) return NO
    if (spared === UNKNOWN) truth = UNKNOWN
  }
  return truth
}

/** Whether it came to nothing because somebody or something refused it. */
export const isRefused = ({ outcome }: Interaction): boolean => outcome === 'denied' || outcome === 'unauthenticated'
const APPROVAL: ReadonlySet<string> = new Set(['decisions', 'decided_by'])

function unmet(rule: CompiledRule, interaction: Interaction): Violation | undefined {
  // Whoever said no did what an approval is for.
  if (isRefused(interaction) && rule.require.some(({ field }) => APPROVAL.has(field))) return undefined
  if (concerns(rule, interaction) !== YES) return undefined
  const holds = allHold(rule.require, interaction)
  if (holds === YES || (holds === UNKNOWN && !rule.unknownIsViolation)) return undefined
  const tests = rule.require.filter((test) => test.holds(interaction) === holds)
  return { rule, tests, unsaid: holds === UNKNOWN }
}

/** Rules that the call breaks, in the order deny, require, default; a rule that denies or requires is not lifted by one that allows. */
export function violationsOf(policy: CompiledPolicy, interaction: Interaction): readonly Violation[] {
  const isOne = isUse(interaction)
  if (!isOne && !policy.seesAll) return NONE
  const { denies, requires, allows } = policy.candidates(interaction)
  let found: Violation[] | undefined
  for (const rule of denies) if (concerns(rule, interaction) === YES) (found ??= []).push({ rule, tests: rule.match, unsaid: false })
  for (const rule of requires) {
    const violation = unmet(rule, interaction)
    if (violation !== undefined) (found ??= []).push(violation)
  }
  if (found !== undefined || !policy.deniesByDefault || !isOne) return found ?? NONE
  let allowed: Truth = NO
  for (const rule of allows) {
    const truth = concerns(rule, interaction)
    if (truth === YES) return NONE
    if (truth === UNKNOWN) allowed = UNKNOWN
  }
  const { otherwise } = policy
  return allowed === NO || otherwise.unknownIsViolation ? [{ rule: otherwise, tests: [], unsaid: allowed === UNKNOWN }] : NONE
}
