/** Says when a value of a call breaks out of its place. Stateless, on observations and interactions alike. */
import type { EventFacts } from '../../schemas/event-head.ts'
import { leavesOf, type Leaf } from '../arguments/values.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { nameWords } from '../request-fit/words.ts'
import { mayRun } from '../shell/where.ts'
import { type Params, rule } from './rule.ts'
import { VALUE_RULES, type ValueRule } from './value-rules.ts'

type Call = Pick<EventFacts, 'method' | 'tool' | 'arguments' | 'server_internal' | 'trace_id' | 'conversation'>

/** What every call pays: each rule needs one of these characters or words. A tenth of what the look behind it costs. */
const SIGNS = /[|;&`$%\\#'(]|\.\.|:\/\/|\{\{|<[%!]|!!|\)\(/
const WORDS = /union\s|proto|rO0AB|java\.lang/i
export const mayHold = (args: string): boolean => SIGNS.test(args) || WORDS.test(args)

/** One look at the whole text: a value worth judging holds one of these. */
const MARKS = /\.\.[\\/%]|%2e|%25|%c0|%00|\\u0000|169\.254\.|metadata|100\.100\.|fd00:|:\/\/(?:0|\d{8})|(?:gopher|dict|ldap|jar|netdoc|php|expect|phar|file):|\bunion\b|\bor\b.{0,24}[=<>]|--|\bdrop\b|\bsleep|xp_cmd|pg_|waitfor|[|;&`]|\$\(|\{\{|\$\{|<%|#\{|__proto__|prototype|rO0AB|!!python|<!ENTITY|\)\(|\$(?:ne|gt|lt|where|regex|nin|exists|expr)|\\n\w{2,20}:/i
const LOOKED_AT = 16_384
/** Parameters that hold texts, code or queries. */
const PROSE = new Set(('content contents body text message messages description prompt note notes comment comments title markdown html code source script snippet diff patch summary html_body caption ' +
  'sql query statement command cmd commands shell regex pattern search expression formula template input old_string new_string old_str new_str replacement data value thought q instructions ' +
  'question answer context system reason rationale goal task argv args arguments yaml json xml css javascript function').split(' '))
const QUERIES = new Set(['sql', 'query', 'db', 'database', 'mongo', 'execute', 'eval', 'scan', 'pentest', 'fuzz', 'regex'])

const isProse = ({ key, text }: Leaf): boolean => PROSE.has(key.toLowerCase()) || nameWords(key).some((word) => PROSE.has(word)) || text.split(/\s/, 40).length >= 30

function found({ tool, arguments: sent }: Call, params: Params): { readonly rule: ValueRule; readonly leaf: Leaf } | undefined {
  const head = sent.length > LOOKED_AT ? sent.slice(0, LOOKED_AT) : sent
  if (!mayHold(head) || !MARKS.test(head) || params.ignoreTools.includes(tool)) return undefined
  if (nameWords(tool).some((word) => QUERIES.has(word))) return undefined
  const commands = mayRun(tool, sent)
  for (const leaf of leavesOf(sent)) {
    if (leaf.path === '$' || leaf.text === '') continue
    const prose = isProse(leaf)
    for (const one of VALUE_RULES) {
      // Addresses and paths are what they are in any short value; the rest is normal in texts.
      const place = one.id === 'path-climb' || one.id === 'host-only-address'
      if ((prose && !(place && leaf.text.length < 300 && !/\s/.test(leaf.text))) || (commands && !place) || params.ignore.includes(one.id)) continue
      if (one.test(leaf)) return { rule: one, leaf }
    }
  }
  return undefined
}

function judge(call: Call, id: string, params: Params, tools: Tools): readonly Draft[] {
  if (call.arguments.length < 3 || call.server_internal || !(call.method === 'tools/call' || (call.method === '' && call.tool !== ''))) return []
  const hit = found(call, params)
  if (hit === undefined) return []
  const { rule: { id: name, severity, reason, attack }, leaf } = hit
  return [{
    about: [call.trace_id || call.conversation || id, call.tool, tools.hash(leaf.text)],
    severity,
    title: `A parameter's value ${reason}`,
    observed: `the value at ${leaf.path.slice(0, 80)} ${reason}`,
    expected: 'a value that stays in its place',
    reasons: [`${name}: ${reason} (${attack})`],
    features: [{ name, observed: reason, expected: 'a value that stays in its place', weight: 1 }],
  }]
}

export const injectedParameter: Detector<Params, never> = {
  rule,
  observe: (event, params, tools) => judge(event, event.event_id, params, tools),
  review: (interaction, params, tools) => judge(interaction, interaction.interaction_id, params, tools),
}
