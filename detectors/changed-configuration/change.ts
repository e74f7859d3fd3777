/** What a call changes of the configuration of agents, servers, guards, records and access; read only of calls that may. */
import type { Interaction } from '../../schemas/interaction.ts'
import { type Leaf, leavesOf } from '../arguments/values.ts'
import { effectOf } from '../request-fit/effect.ts'
import { onlyLooks } from '../shell/looking.ts'
import { parseShell } from '../shell/parse.ts'
import { shellTexts } from '../shell/where.ts'
import { PATH_KEY, NOTES } from '../unexpected-command/file-access.ts'
import { judgeScript } from '../unexpected-command/judge.ts'
import { AGENT_CONFIG_PATH } from '../unexpected-command/rules/paths.ts'
import { isForOutsider } from './grantee.ts'
import { ADDS_SERVER, ADMINISTERS, AGENT_UNRECORDED, type Area, FORWARDS, HOOKED, OF_MAIL, opensToAll, SILENCING, SWITCHED_OFF, toolArea, UNASKING, UNGUARDED, UNRECORDED } from './words.ts'

/** What makes a change matter, worst first. */
export type Sign = 'unguarded' | 'unrecorded' | 'opened' | 'adds-server' | 'hooks' | 'silences' | 'unasking' | 'forwards' | 'outsider' | 'administers' | 'quieter' | 'changed'

export interface Change {
  readonly area: Area
  readonly sign: Sign
  readonly by: 'file' | 'command' | 'tool'
}

const LOOKED_AT = 4096
/** Each path or command worth naming holds one of these; a look that costs little. */
const MARKS = ['claude', 'cursor', 'mcp', 'codex', 'gemini', 'codeium', 'windsurf', 'copilot', 'vscode', 'goose', 'cline', 'continue', '.roo', 'aider', 'otel', 'OTEL', 'elemetry', 'TELEMETRY', 'fluent', 'vector',
  'opencode', 'qwen', 'promtail', 'CLAUDE', 'AGENTS', 'agents.md', 'GEMINI']
const isMarked = (sent: string): boolean => {
  const head = sent.length > LOOKED_AT ? sent.slice(0, LOOKED_AT) : sent
  return MARKS.some((mark) => head.includes(mark))
}

/** Notes to agents, beside those that NOTES knows. */
const RULES_PATH = /\.(?:cursor|windsurf|cline|roo|goose)(?:rules|hints)$|(?:^|[/\\])gemini\.md$/
/** Files that say what is recorded and where it is sent. */
const RECORD_PATH = /otel[-_]?(?:col|collector|config|agent)\S{0,40}\.ya?ml|fluent-?(?:bit|d)\S{0,40}\.(?:conf|ya?ml)|(?:^|[/\\])vector\.(?:toml|ya?ml)|promtail\S{0,20}\.ya?ml/
/** Programs that send records away, and commands that stop them. */
const RECORDERS = /otel|opentelemetry|fluent-?(?:bit|d)\b|promtail|\bvector\b|logstash|filebeat/
/** Behind the options of `kubectl`, such as a namespace. */
const STOPS = /^(?:-[\w-]{1,21}[= ][\w.-]{1,60} ){0,3}(?:stop|kill|rm|delete|disable|mask|uninstall|scale .{0,80}--replicas[= ]0|compose (?:stop|rm|kill|down))\b/
const STOPPERS: ReadonlySet<string> = new Set(['systemctl', 'docker', 'podman', 'kubectl', 'helm', 'service', 'pkill', 'killall'])

/** Programs that change what all later commands of a session see. */
const SETTERS: ReadonlySet<string> = new Set(['export', 'unset', 'setx', 'set', 'declare'])

const BY_RULE: Readonly<Record<string, Sign>> = { 'agent-guard-off': 'unguarded', 'agent-server-added': 'adds-server', 'agent-config-written': 'changed' }

function inText(text: string): Sign | undefined {
  if (UNGUARDED.test(text)) return 'unguarded'
  if (UNRECORDED.test(text)) return 'unrecorded'
  return HOOKED.test(text) ? 'hooks' : ADDS_SERVER.test(text) ? 'adds-server' : undefined
}

const inNotes = (text: string): Sign | undefined => (SILENCING.test(text) ? 'silences' : UNASKING.test(text) ? 'unasking' : undefined)

const ORDER: readonly Sign[] = ['unguarded', 'unrecorded', 'opened', 'hooks', 'adds-server', 'silences', 'unasking', 'forwards', 'outsider', 'administers', 'quieter', 'changed']
const worse = (one: Sign | undefined, other: Sign | undefined): Sign | undefined =>
  (one === undefined ? other : other === undefined || ORDER.indexOf(one) <= ORDER.indexOf(other) ? one : other)

/** A collapsed copy, so that patterns meet configuration whatever its layout. */
const flat = (text: string): string => text.slice(0, LOOKED_AT).replaceAll(/\s+/g, ' ')

function byFile(leaves: readonly Leaf[]): Change | undefined {
  const paths = leaves.filter(({ key }) => PATH_KEY.test(key)).map(({ text }) => text.toLowerCase())
  const agent = paths.some((path) => AGENT_CONFIG_PATH.test(path) && !NOTES.test(path))
  if (!agent && paths.some((path) => NOTES.test(path) || RULES_PATH.test(path))) {
    const sign = leaves.filter(({ key }) => !PATH_KEY.test(key)).map(({ text }) => inNotes(flat(text))).reduce(worse, undefined)
    return sign === undefined ? undefined : { area: 'agent', sign, by: 'file' }
  }
  if (!agent && !paths.some((path) => RECORD_PATH.test(path))) return undefined
  const found = leaves.filter(({ key }) => !PATH_KEY.test(key)).map(({ text }) => inText(flat(text)) ?? inNotes(flat(text))).reduce(worse, undefined)
  return { area: agent ? 'agent' : 'record', sign: found ?? 'changed', by: 'file' }
}

function byCommand(tool: string, sent: string): Change | undefined {
  let sign: Sign | undefined
  let area: Area = 'agent'
  for (const { text } of shellTexts(tool, sent)) {
    const script = parseShell(text)
    for (const { id } of judgeScript(script)?.rules ?? []) sign = worse(sign, BY_RULE[id] === 'changed' ? (inText(flat(text)) ?? 'changed') : BY_RULE[id])
    if (script.commands.some(({ program, line }) => STOPPERS.has(program) && RECORDERS.test(line) && (program.endsWith('kill') || program === 'killall' || STOPS.test(line)))) {
      [sign, area] = [worse(sign, 'unrecorded'), 'record']
    }
    if (sign === undefined && AGENT_UNRECORDED.test(text)) [sign, area] = ['unrecorded', 'record']
    if (sign === undefined && UNRECORDED.test(flat(text)) && script.commands.some(({ assignments, program }) => assignments.length > 0 || SETTERS.has(program))) {
      // A test run may go unrecorded; what all later commands see may not.
      const stays = script.commands.every(({ program }) => SETTERS.has(program))
      if (stays || !script.commands.every(onlyLooks)) [sign, area] = [stays ? 'unrecorded' : 'quieter', 'record']
    }
  }
  return sign === undefined ? undefined : { area, sign, by: 'command' }
}

function byTool(interaction: Interaction): Change | undefined {
  const { tool, arguments: sent } = interaction
  const { area, off, adds } = toolArea(tool)
  if (area === '') return undefined
  const text = flat(sent)
  if (area === 'mail') return FORWARDS.test(text) && OF_MAIL.test(`${tool} ${text}`) ? { area, sign: 'forwards', by: 'tool' } : undefined
  if (area === 'access') return { area, sign: off || !ADMINISTERS.test(text) ? 'changed' : isForOutsider(interaction, leavesOf(sent)) ? 'outsider' : 'administers', by: 'tool' }
  if (area === 'network') return opensToAll(text) ? { area, sign: 'opened', by: 'tool' } : undefined
  const isOff = off || SWITCHED_OFF.test(text)
  if (area === 'record') return { area, sign: isOff || UNRECORDED.test(text) ? 'unrecorded' : 'changed', by: 'tool' }
  if (area === 'guard') return { area, sign: isOff || UNGUARDED.test(text) ? 'unguarded' : opensToAll(text) ? 'opened' : 'changed', by: 'tool' }
  return { area, sign: UNGUARDED.test(text) ? 'unguarded' : adds ? 'adds-server' : 'changed', by: 'tool' }
}

/** Undefined where nothing of the kind is changed, or where it failed. */
export function changeOf(interaction: Interaction): Change | undefined {
  const { method, tool, effect: named, outcome, arguments: sent } = interaction
  if (named === 'read' || tool === '' || (method !== 'tools/call' && method !== '') || (outcome !== 'ok' && outcome !== 'unknown')) return undefined
  if (toolArea(tool).area !== '') return byTool(interaction)
  if (!isMarked(sent)) return undefined
  const effect = named === 'unknown' ? effectOf({ tool, argumentNames: [] }) : named
  if (effect === 'execute') return byCommand(tool, sent)
  return effect === 'write' ? byFile(leavesOf(sent)) : undefined
}
