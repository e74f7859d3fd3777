/** Follows credentials by the tokens that redaction left in their place, and says once where each was seen and where it went. */
import type { Interaction } from '../../schemas/interaction.ts'
import { plainName } from '../arguments/plain-name.ts'
import type { Detector, Draft } from '../detector.ts'
import { type Company, hear, lessonOf, noCompany, useOf } from '../stats/company.ts'
import { secondsOf } from '../stats/moment.ts'
import { termOf } from '../stats/terms.ts'
import { judge, leavesFor, type Secret, type Verdict } from './judge.ts'
import { isPersonal, type Mark, marksIn } from './marks.ts'
import { type Params, rule } from './rule.ts'

/** State of a secret, or of a tool with personal data (`places` are kinds then); of the tenant's only `ways` is used. */
export interface Followed extends Secret {
  readonly ways: Company
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []
const WAYS = 'ways'
const SECRET = 'secret:'
const PERSONAL = 'personal:'

const BENIGN = 'benign if it is a key for tests, or the tool has no other way to log in'

function draftOf(interaction: Interaction, mark: Mark, { severity, about, observed, expected, reasons }: Verdict): Draft {
  return {
    about: [SECRET + mark.token, about], severity, observed, expected,
    title: severity === 'high' ? `A credential leaves with ${plainName(interaction.tool)}` : `A credential stands in calls of ${plainName(interaction.tool)}`,
    reasons: [...reasons, `it is written as [redacted:${mark.kind}:${mark.token}] wherever it was seen`, BENIGN],
    features: [{ name: 'secret', observed, expected, weight: 1 }],
  }
}

function remember(followed: Followed, names: readonly string[], most: number): void {
  for (const name of names) {
    const term = termOf(name)
    if (name !== '' && !followed.places.includes(term)) followed.places = [...followed.places, term].slice(-most)
  }
}

interface Sight {
  readonly interaction: Interaction
  readonly day: number
  readonly ways: Company | undefined
}

function followSecret(secret: Followed, mark: Mark, { interaction, day, ways }: Sight, params: Params): readonly Draft[] {
  const verdict = judge(interaction, mark, secret, (name) => secret.places.includes(termOf(name)))
  const destination = mark.way === 'used' ? leavesFor(interaction) : undefined
  if (secret.kind === '') {
    Object.assign(secret, { kind: mark.kind, way: mark.way, server: interaction.server.slice(0, 80), tool: interaction.tool.slice(0, 80), actor: interaction.actor.slice(0, 120), firstDay: day })
  }
  remember(secret, [interaction.server, destination?.name ?? ''], params.maxPlaces)
  if (verdict === undefined) return NONE
  const id = termOf(verdict.passage)
  secret.lesson = lessonOf({ id, group: 1, day, again: false })
  const usual = useOf(ways, { id, group: 1, day, keepDays: params.keepDays }).users >= params.usualAfter
  return usual && verdict.severity !== 'high' ? NONE : [draftOf(interaction, mark, verdict)]
}

/** Once for each kind and way; what leaves, once for each destination. */
function followPersonal(tool: Followed, key: string, { interaction }: Sight, params: Params): readonly Draft[] {
  const drafts: Draft[] = []
  for (const mark of marksIn(interaction).filter(isPersonal)) {
    const destination = mark.way === 'used' && interaction.effect !== 'pay' ? leavesFor(interaction) : undefined
    const what = `${mark.kind} ${mark.way} ${destination?.name ?? ''}`
    if (tool.places.includes(termOf(what))) continue
    remember(tool, [what], params.maxPlaces)
    drafts.push(personalDraft(interaction, mark, { key, what, dubious: destination !== undefined && destination.trait !== '' && interaction.request_fit !== 'asked' }))
  }
  return drafts
}

function personalDraft({ tool, server }: Interaction, { kind, way }: Mark, { key, what, dubious }: { readonly key: string; readonly what: string; readonly dubious: boolean }): Draft {
  const observed = `personal data (${kind}) ${way === 'used' ? 'in the arguments of' : 'in what was returned by'} ${plainName(tool)} of ${plainName(server)}`
  return {
    about: [key, what], severity: dubious ? 'medium' : 'low', observed, expected: 'no such data of this kind from this tool before',
    title: `Personal data (${kind}) in calls of ${plainName(tool)}`,
    reasons: ['told once for each tool, kind and destination', ...(dubious ? ['it leaves for a place that anybody can set up'] : []), 'benign where the tool is there for such data'],
  }
}

export const travellingSecret: Detector<Params, Followed> = {
  rule,
  keysOf(interaction, params) {
    if (interaction.redacted.length === 0) return NONE
    const marks = marksIn(interaction)
    if (marks.length === 0) return NONE
    const secrets = marks.filter((mark) => !isPersonal(mark)).slice(0, params.maxSecrets).map(({ token }) => SECRET + token)
    return marks.some(isPersonal) ? [...secrets, `${PERSONAL}${interaction.server}/${interaction.tool}`] : secrets
  },
  lore: (key) => (key.startsWith(SECRET) ? WAYS : ''),
  lesson: ({ lesson }) => lesson,
  learn: ({ ways }, lesson, params) => hear(ways, lesson, params.maxWays),
  begin: () => ({ kind: '', way: 'used', server: '', tool: '', actor: '', firstDay: 0, lastDay: -1, places: [], ways: noCompany(), lesson: 0 }),
  step(followed, interaction, key, params, tools) {
    const day = Math.floor(secondsOf(interaction) / DAY)
    followed.lastDay = Math.max(followed.lastDay, day)
    followed.lesson = 0
    const sight = { interaction, day, ways: (tools.stateOf?.(WAYS) as Followed | undefined)?.ways }
    if (key.startsWith(PERSONAL)) return followPersonal(followed, key, sight, params)
    const mark = marksIn(interaction).find(({ token }) => key.endsWith(token))
    return mark === undefined ? NONE : followSecret(followed, mark, sight, params)
  },
  forget: ({ lastDay, ways }, watermark, params) => ways.told === 0 && (lastDay + params.keepDays) * DAY < Number(watermark) / 1e9,
}
