/** docs/detections.md: what every rule tells, made from the rules themselves, and what nothing tells yet. */
import type { Rule } from './detector.ts'
import { REGISTRY } from './registry.ts'
import { RULES_ELSEWHERE } from './rules-elsewhere.ts'

/** What is known to be worth telling and is told by no rule. */
const NOT_BUILT: readonly (readonly [what: string, why: string])[] = [
  ['Something is packed or encoded, then sent', 'high entropy alone is what pictures, signed addresses and tokens look like; *new-destination* tells where it goes'],
  ['Use after revocation', 'needs the feed of revocations of an identity provider; *overdue-credential* tells of uses after the end that a token says itself'],
  ['Approvals given in haste', 'clients do not report how long a person looked'],
  ['Escape from a sandbox or host', 'needs telemetry of the host'],
  ['What a user means against what a call does, judged by a model', 'verdicts here are deterministic; *unrequested-action* compares words and effects'],
  ['Results that belong to another user', 'results do not say whose they are'],
  ['Servers that answer elsewhere and are silent here', 'needs logs of the gateway or identity provider to compare with'],
  ['Abuse of the protocol: headers that differ from bodies, downgrades, replayed state', 'telemetry carries neither headers nor bodies'],
]

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

function row({ id, version, title, severity, needs, wants = [], maps }: Rule<unknown>): string {
  const frameworks = [...maps.owaspMcp2025, ...maps.atlas5, ...maps.attack19].join(', ')
  const more = wants.length === 0 ? '' : `; more with ${code(wants)}`
  return `| [${id}](../detectors/${id}) ${version} | ${cell(title)} | ${severity} | ${code(needs)}${more} | ${frameworks} |`
}

function section({ id, title, description, blindSpots, benign }: Rule<unknown>): string {
  const list = (head: string, items: readonly string[]): string => (items.length === 0 ? '' : `\n${head}\n${items.map((item) => `- ${item}`).join('\n')}\n`)
  return `### ${id}\n${title}. ${description}\n${list('Blind to:', blindSpots)}${list('Looks the same and is harmless:', benign)}`
}

const byId = (one: Rule<unknown>, other: Rule<unknown>): number => (one.id < other.id ? -1 : 1)

export function rulePage(): string {
  const rules = [...Object.values(REGISTRY).map((arming) => arming({}).rule), ...RULES_ELSEWHERE as readonly Rule<unknown>[]].toSorted(byId)
  return [
    '# Detections', '',
    'Made from the rules in `detectors/` by `npm run docs`; a test compares. How each works, what it costs and what to do at 3 a.m. stands in the README of its folder. Parameters: `detectors.NAME` in the configuration.',
    'Frameworks: OWASP MCP Top 10 (2025), MITRE ATLAS 5, ATT&CK 19. The severity is the usual one; *low* is a weak sign that is kept and sends no message, and feeds *composite-risk*.', '',
    '| rule and version | tells | severity | needs | frameworks |', '| --- | --- | --- | --- | --- |', ...rules.map(row), '',
    '## Rule by rule', '', ...rules.map(section),
    '## Not built', '', '| what | why |', '| --- | --- |', ...NOT_BUILT.map(([what, why]) => `| ${what} | ${why} |`), '',
  ].join('\n')
}
