/** Says when what comes back from a tool gives orders, or a user's turn fights the instructions. Stateless: judged from the interaction alone. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { sharesOf } from '../shares.ts'
import { featuresOf } from '../text-signs/features.ts'
import { judge, REPORTED, type Verdict } from '../text-signs/judge.ts'
import type { Sign } from '../text-signs/signs.ts'
import { contentOf } from './content.ts'
import { pageReasons } from './page.ts'
import { type Params, rule } from './rule.ts'

/** Lists of tools are judged as definitions. */
const LISTS: ReadonlySet<string> = new Set(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'initialize', 'server/discover'])
/** What a server asks of a model or a person is in the arguments. */
const ASKED: ReadonlySet<string> = new Set(['sampling/createMessage', 'elicitation/create'])
/** An order about the answer alone does no harm by itself. */
const ABOUT_ANSWERS: ReadonlySet<Sign> = new Set<Sign>(['replyOrder', 'replyShape', 'stranded'])
const GRAVE = 1.6

const sourceOf = ({ tool, prompt, resource, method }: Interaction): string => tool || prompt || resource || method

function severityOf({ score, signs }: Verdict): Severity {
  if (signs.includes('encodedOrder') || signs.includes('hidden') || score >= GRAVE + 0.6) return 'high'
  return signs.every((sign) => ABOUT_ANSWERS.has(sign)) || score < REPORTED + 0.05 && signs.some((sign) => ABOUT_ANSWERS.has(sign)) ? 'low' : 'medium'
}

interface Heard {
  readonly text: string
  readonly verdict: Verdict
}

function ofContent(interaction: Interaction, { text, verdict }: Heard, tools: Tools): Draft {
  const what = interaction.prompt !== '' ? 'A prompt' : interaction.resource !== '' && interaction.tool === '' ? 'A resource' : ASKED.has(interaction.method) ? 'A server\'s request' : 'A tool\'s result'
  return {
    about: ['content', interaction.server, sourceOf(interaction), tools.hash(text)],
    severity: severityOf(verdict),
    title: `${what} gives orders to the model`,
    observed: `${what.toLowerCase()} that ${verdict.reasons[0] ?? 'gives orders'}`,
    expected: 'information, and no orders to whoever reads it',
    reasons: [...verdict.reasons, `weighs ${verdict.score.toFixed(1)}, told from 1.0`],
    features: featuresOf(verdict, 'result'),
  }
}

function ofTurn(interaction: Interaction, { text, verdict }: Heard, tools: Tools): Draft {
  return {
    about: ['turn', interaction.trace_id || interaction.conversation, tools.hash(text)],
    severity: verdict.score >= GRAVE ? 'medium' : 'low',
    title: 'A user\'s turn works against the model\'s instructions',
    observed: `the turn that the call ran under ${verdict.reasons[0] ?? 'sets instructions aside'}`,
    expected: 'a task for the agent',
    reasons: [...verdict.reasons, `weighs ${verdict.score.toFixed(1)}, told from 1.0`],
    features: featuresOf(verdict, 'user'),
  }
}

/** Pages that a server lets a client show to the user (MCP Apps). */
const PAGE = 'ui://'

function ofPage(interaction: Interaction, content: string, tools: Tools): readonly Draft[] {
  const reasons = interaction.resource.startsWith(PAGE) ? pageReasons(content) : []
  if (reasons.length === 0) return []
  return [{
    about: ['page', interaction.server, interaction.resource, tools.hash(content)],
    severity: 'high',
    title: 'A page that a server shows to the user hands out what they enter or hold',
    observed: `a page that ${reasons[0] ?? ''}`,
    expected: 'a page that speaks with its own server through the client',
    reasons,
    features: sharesOf(reasons.map((reason) => ({ name: 'page', observed: reason, points: 1 }))),
  }]
}

/** Turns stand in every call that ran under them, results in each version of their call. Remembered as a pure function's answers, and bounded. */
const REMEMBERED = 256
const LONGEST = 8_192
type Kind = Parameters<typeof judge>[1]
const answers = (kind: Kind): ((text: string) => Verdict) => {
  const remembered = new Map<string, Verdict>()
  return (text) => {
    const known = remembered.get(text)
    if (known !== undefined) return known
    const verdict = judge(text, kind)
    if (text.length > LONGEST) return verdict
    if (remembered.size >= REMEMBERED) remembered.clear()
    remembered.set(text, verdict)
    return verdict
  }
}
const verdictOnTurn = answers('user')
const verdictOnResult = answers('result')

const contentIn = ({ method, result, arguments: sent }: Interaction): string => (LISTS.has(method) ? '' : contentOf(ASKED.has(method) ? sent : result))

export const injectedInstruction: Detector<Params, never> = {
  rule,
  review(interaction, params, tools) {
    const drafts: Draft[] = []
    const content = params.ignoreTools.includes(interaction.tool) ? '' : contentIn(interaction)
    if (content !== '') {
      const verdict = verdictOnResult(content)
      if (verdict.score >= REPORTED) drafts.push(ofContent(interaction, { text: content, verdict }, tools))
      drafts.push(...ofPage(interaction, content, tools))
    }
    if (params.turns && interaction.request_text !== '') {
      const verdict = verdictOnTurn(interaction.request_text)
      if (verdict.score >= REPORTED) drafts.push(ofTurn(interaction, { text: interaction.request_text, verdict }, tools))
    }
    return drafts
  },
}
