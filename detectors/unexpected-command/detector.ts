/** Judges shell text in tool calls: rules at once on every observation, first use of a program on the history of actor and server. */
import type { AuditEvent } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { sharesOf } from '../shares.ts'
import type { Script } from '../shell/command.ts'
import { parseShell } from '../shell/parse.ts'
import { fileAccess } from './file-access.ts'
import { judgeScript, type Verdict } from './judge.ts'
import { blankMemory, dayOf, learn, type Memory, unknownTo } from './memory.ts'
import { type Params, rule } from './rule.ts'
import { isHeavy, shapesOf } from './shape.ts'
import { mayRun, shellTexts } from '../shell/where.ts'

/** The fields that events and interactions share. */
type Call = Pick<AuditEvent, 'method' | 'tool' | 'arguments' | 'server_internal' | 'trace_id' | 'conversation'>

/** An agent's own span of a tool may carry no MCP method; its tool name says enough. */
const isCall = (call: Call): boolean => call.arguments !== '' && (call.method === 'tools/call' || (call.method === '' && call.tool !== ''))
  && !call.server_internal

/** The same for every observation of a call, so that all of them make one finding. */
const about = (call: Call, id: string, offending: string): readonly string[] => [call.trace_id || call.conversation || id, call.tool, offending]

function judge(call: Call, id: string, params: Params, tools: Tools): readonly Draft[] {
  if (!isCall(call)) return []
  const drafts: Draft[] = []
  for (const { text } of shellTexts(call.tool, call.arguments)) {
    const verdict = allowed(judgeScript(parseShell(text)), params)
    if (verdict !== undefined) drafts.push({ about: about(call, id, tools.hash(text)), ...commandDraft(verdict) })
  }
  const file = fileAccess(call.tool, call.arguments)
  if (file !== undefined && !isLeftOut(file.rule.id, params)) {
    drafts.push({ about: about(call, id, tools.hash(file.path)), ...commandDraft({ severity: file.rule.severity, rules: [file.rule] }) })
  }
  return drafts
}

/** Configuration of agents is told by *changed-configuration*, which knows who usually changes it. */
const ELSEWHERE: ReadonlySet<string> = new Set(['agent-config-written', 'agent-guard-off', 'agent-server-added', 'file-agent-config'])
const isLeftOut = (id: string, { ignore }: Params): boolean => ELSEWHERE.has(id) || ignore.includes(id)

function allowed(verdict: Verdict | undefined, params: Params): Verdict | undefined {
  if (verdict === undefined || !verdict.rules.some(({ id }) => isLeftOut(id, params))) return verdict
  const rules = verdict.rules.filter(({ id }) => !isLeftOut(id, params))
  return rules[0] === undefined ? undefined : { severity: rules[0].severity, rules }
}

const REASONS = 8

function commandDraft({ severity, rules }: Verdict): Omit<Draft, 'about'> {
  const worst = rules[0]?.reason ?? ''
  return {
    severity,
    title: `A command ${worst}`,
    observed: rules.length === 1 ? worst : `${worst}, and ${rules.length - 1} more of this kind`,
    expected: 'commands that read and build, and nothing that ordinary work does not need',
    reasons: rules.slice(0, REASONS).map(({ id, reason, attack }) => `${id}: ${reason} (${attack})`),
    features: sharesOf(rules.map(({ id, reason, severity: grave }) => ({ name: id, observed: reason, points: 2 ** SEVERITY_ORDER.indexOf(grave) }))),
  }
}

/** Share of kinds among calls from which a new kind is nothing rare: by the rule of succession the next call brings one as often as that. */
const VARIED = 0.2

function firstUse(interaction: Interaction, key: string, shape: string, memory: Memory): Draft {
  return {
    about: [key, shape],
    severity: isHeavy(shape) && memory.shapes.length <= memory.seen * VARIED ? 'medium' : 'low',
    title: `First use of ${shape} by this actor on ${interaction.server || 'this server'}`,
    observed: `${shape}, not among the ${memory.shapes.length - 1} kinds of command of ${memory.seen - 1} calls before`,
    expected: 'programs that this actor has run here before',
    reasons: [`first-use: ${shape} was never seen for this actor and server`],
    features: [{ name: 'first use', observed: shape, expected: `one of ${memory.shapes.length - 1} kinds of command`, weight: 1 }],
    baselines: { self: `${memory.shapes.length - 1} kinds of command in ${memory.seen - 1} calls` },
  }
}

const scriptsOf = (interaction: Interaction): readonly Script[] => shellTexts(interaction.tool, interaction.arguments).map(({ text }) =>
  parseShell(text))

export const unexpectedCommand: Detector<Params, Memory> = {
  rule,
  observe: (event, params, tools) => judge(event, event.event_id, params, tools),
  review: (interaction, params, tools) => judge(interaction, interaction.interaction_id, params, tools),
  keysOf: (interaction) => (isCall(interaction) && mayRun(interaction.tool, interaction.arguments) ? [`${interaction.actor}|${interaction.server}`]
    : []),
  begin: blankMemory,
  step: (memory, interaction, key, params, tools) => {
    const shapes = new Set(scriptsOf(interaction).flatMap(shapesOf))
    if (shapes.size === 0) return []
    const fresh = tools.disputed?.() === true ? unknownTo(memory, [...shapes], params) : learn(memory, [...shapes], dayOf(interaction.started_at), params)
    return fresh.map((shape) => firstUse(interaction, key, shape, memory))
  },
  forget: (memory, watermark, params) => dayOf(watermark) - memory.lastDay > params.keepDays,
}
