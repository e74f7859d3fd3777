/** `watchkeeper policy check|list|test|explain`: policies before they are in force, and those that are. */
import { stat } from 'node:fs/promises'
import { type CompiledPolicy, compilePolicy } from '../../detectors/policy/compiled.ts'
import { type PolicyPlaces, readPolicyFiles } from '../../infra/guarded-files/policy-files.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import type { Config } from '../config/schema.ts'
import { wantedOf } from '../policies/plan.ts'
import { compileRecord, policyHash } from '../policies/read-policy.ts'
import { groupsOf } from '../wiring/policies.ts'
import { count } from './amounts.ts'
import { askRows, type SqlOptions } from './ask-rows.ts'
import { configOf } from './common.ts'
import { archived, archivedOne } from './policy-archive.ts'
import { type Explained, explain } from './policy-explain.ts'
import { PolicyTrial, type RuleTrial } from './policy-trial.ts'
import { safe, tableLines } from './terminal-table.ts'
import { terminalWidth } from './terminal-width.ts'

const MOST_NAMED = 5
const DAY_NS = 86_400_000_000_000n
const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

/** Files and folders that are named, else those of the configuration. */
async function placesOf(paths: readonly string[], { policy }: Config): Promise<PolicyPlaces> {
  if (paths.length === 0) return policy
  if (paths.length === 1 && (await stat(paths[0] as string).catch(() => undefined))?.isDirectory() === true) return { directory: paths[0], files: [] }
  return { files: paths }
}

interface Looked {
  readonly policies: readonly CompiledPolicy[]
  readonly problems: readonly string[]
}

async function look(paths: readonly string[], config: Config): Promise<Looked> {
  const files = await readPolicyFiles(await placesOf(paths, config))
  const { wanted, problems } = wantedOf(files, groupsOf(config))
  const policies = wanted.map(({ read, tenant, members }) => ({ ...compilePolicy(read.policy, policyHash(read.textHash, members), Object.fromEntries(members)), tenants: [tenant] }))
  return { policies, problems }
}

/** Of the files that the configuration names, a line each. Throws Failure `misconfigured` where they cannot be read. */
export const policyProblems = async (config: Config): Promise<readonly string[]> => (await look([], config)).problems.map(safe)

/** Throws Failure `misconfigured` with every problem, or where there is nothing. */
async function usable(paths: readonly string[], config: Config): Promise<readonly CompiledPolicy[]> {
  const { policies, problems } = await look(paths, config)
  if (problems.length > 0) throw new Failure('misconfigured', 'policy.problems', `Policies have problems:\n${problems.map((line) => `  - ${safe(line)}`).join('\n')}`)
  if (policies.length === 0) throw new Failure('misconfigured', 'policy.none', 'There are no policies: name files or a folder, or set policy.directory in the configuration.')
  return policies
}

export async function policyCheck(paths: readonly string[], options: SqlOptions): Promise<number> {
  const { policies, problems } = await look(paths, configOf(options))
  if (options.json === true) console.log(JSON.stringify({ ok: problems.length === 0, problems, policies: policies.map(({ policy, version, hash, tenants, rules }) => ({ policy, version, tenants, hash, rules: rules.length })) }))
  else {
    for (const problem of problems) console.error(`  - ${safe(problem)}`)
    say([...policies.map(({ policy, version, tenants, rules, hash }) => `${policy} ${version} for ${tenants.join(', ')}: ${count(rules.length)} rules, ${hash.slice(0, 12)}`),
      problems.length === 0 ? `${count(policies.length)} policies are in order.` : `${count(problems.length)} problem${problems.length === 1 ? '' : 's'}.`])
  }
  return problems.length === 0 ? 0 : 2
}

export interface ListOptions extends SqlOptions {
  readonly tenant?: string
  readonly all?: boolean
}

export async function policyList(options: ListOptions): Promise<number> {
  const conditions = [...(options.all === true ? [] : ['in_force']), ...(options.tenant === undefined ? [] : [`tenant IN (${sqlText(options.tenant)}, '*')`])]
  const rows = await askRows(`SELECT tenant, policy, version, mode, rules, toString(in_force_from) AS since, if(in_force, '', toString(in_force_until)) AS until, hash, title FROM policies
    ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY tenant, policy, in_force_from LIMIT 10000`, options)
  if (options.json === true) console.log(JSON.stringify(rows))
  else if (rows.length === 0) say(['No policy is in force.'])
  else {
    const text = (name: string) => (row: (typeof rows)[number]): string => String(row[name])
    say(tableLines(rows, [
      { title: 'tenant', cell: text('tenant') }, { title: 'policy', cell: text('policy') }, { title: 'version', cell: text('version'), right: true }, { title: 'mode', cell: text('mode') },
      { title: 'rules', cell: text('rules'), right: true }, { title: 'in force from (UTC)', cell: (row) => String(row['since']).slice(0, 19) },
      ...(options.all === true ? [{ title: 'until', cell: (row: (typeof rows)[number]) => String(row['until']).slice(0, 19) }] : []),
      { title: 'hash', cell: (row) => String(row['hash']).slice(0, 12) }, { title: 'title', cell: text('title'), flexible: true },
    ], terminalWidth()))
  }
  return 0
}

export interface TestOptions extends SqlOptions {
  readonly tenant?: string
  readonly days: number
}

const named = ({ actors }: RuleTrial): string => {
  const most = [...actors].sort(([, one], [, other]) => other - one)
  return `${most.slice(0, MOST_NAMED).map(([actor, calls]) => `${safe(actor) || '(nobody named)'} ${count(calls)}`).join(', ')}${most.length > MOST_NAMED ? ` and ${count(most.length - MOST_NAMED)} more` : ''}`
}

function trialPage(trial: PolicyTrial, policies: readonly CompiledPolicy[], { days, notifyFrom }: { readonly days: number; readonly notifyFrom: string }): string[] {
  const told = trial.rules.reduce((sum, rule) => sum + rule.told.size, 0)
  const quiet = policies.flatMap(({ policy, rules }) => rules.filter(({ id, effect }) => effect !== 'allow' && !trial.rules.some((rule) => rule.policy === policy && rule.rule === id)).map(({ id }) => `${policy}/${id}`))
  return [
    `${count(trial.judged)} interactions of the last ${count(days)} days: ${count(trial.broken)} break a rule. Enforced, people would have been told of ${count(told)} findings (${notifyFrom} or more), ${(told / trial.days).toFixed(1)} a day.`,
    ...(trial.rules.length === 0 ? [] : ['', ...tableLines(trial.rules, [
      { title: 'rule', cell: ({ policy, rule }) => `${policy}/${rule}` }, { title: 'severity', cell: ({ severity }) => severity }, { title: 'calls', cell: ({ calls }) => count(calls), right: true },
      { title: 'findings', cell: ({ findings }) => count(findings.size), right: true }, { title: 'told', cell: ({ told: some }) => count(some.size), right: true },
      { title: 'who', cell: named, flexible: true },
    ], terminalWidth())]),
    ...(quiet.length === 0 ? [] : ['', `Never broken: ${quiet.join(', ')}`]),
    ...(trial.rules.length === 0 ? [] : ['', `Why: watchkeeper policy explain --interaction ${trial.rules[0]?.lastCall ?? ''} FILE`]),
  ]
}

export async function policyTest(paths: readonly string[], options: TestOptions): Promise<number> {
  const config = configOf(options)
  const policies = await usable(paths, config)
  const { notify_from: notifyFrom } = config.alerting
  const trial = new PolicyTrial(policies, notifyFrom)
  const until = BigInt(Date.now()) * 1_000_000n
  for await (const page of archived({ since: until - BigInt(options.days) * DAY_NS, until, tenant: options.tenant }, options)) for (const interaction of page) trial.judge(interaction)
  if (options.json === true) {
    const rules = trial.rules.map(({ findings, told, actors, ...rule }) => ({ ...rule, findings: findings.size, told: told.size, actors: Object.fromEntries([...actors].sort(([, one], [, other]) => other - one)) }))
    console.log(JSON.stringify({ days: options.days, notify_from: notifyFrom, interactions: trial.judged, broken: trial.broken, rules }))
  } else say(trialPage(trial, policies, { days: options.days, notifyFrom }))
  return 0
}

/** Those that were in force for it, as they were. */
async function inForceFor({ tenant, received_at: at }: Interaction, options: SqlOptions): Promise<readonly CompiledPolicy[]> {
  const rows = await askRows(`SELECT file, text, hash, members FROM policies WHERE tenant IN (${sqlText(tenant)}, '*') AND in_force_from <= ${sqlTime(at)} AND in_force_until > ${sqlTime(at)} ORDER BY policy`, options)
  return rows.flatMap(({ file, text, hash, members }) => compileRecord({ file: String(file), text: String(text), hash: String(hash), members: new Map(Object.entries(members as Record<string, readonly string[]>)) }) ?? [])
}

function explainPage(explained: readonly Explained[]): string[] {
  return explained.flatMap(({ policy, version, verdict, broken, rules }) => [
    `${policy} ${version}: ${verdict}${broken.length === 0 ? '' : ` (${broken.join(', ')})`}`,
    ...rules.flatMap(({ id, effect, concerns, why }) => [`  ${id} (${effect}) ${concerns}`, ...why.map((line) => `      ${safe(line)}`)]), '',
  ])
}

export async function policyExplain(paths: readonly string[], options: SqlOptions & { readonly interaction: string }): Promise<number> {
  const config = configOf(options)
  const interaction = await archivedOne(options.interaction, options)
  if (interaction === undefined) throw new Failure('rejected', 'policy.interaction', 'There is no interaction of that id.')
  const policies = paths.length === 0 ? await inForceFor(interaction, options) : (await usable(paths, config)).filter(({ tenants }) => tenants.includes('*') || tenants.includes(interaction.tenant))
  const explained = policies.map((policy) => explain(policy, interaction))
  if (options.json === true) console.log(JSON.stringify(explained))
  else say(explained.length === 0 ? ['No policy was in force for it.'] : explainPage(explained))
  return 0
}
