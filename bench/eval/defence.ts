/**
 * Fixtures of attacks on MCP beside near-identical harmless ones. What telemetry shows of a fixture goes through every detector; what no telemetry shows (whether a
 * signature holds, what a registry resolves to) is told apart and found by nobody.
 */
import { z } from 'zod'
import type { Interaction } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { type Evaluation, readSet, setsIn } from './evaluation.ts'
import { type Said, Watched } from './poisoning/offers.ts'
import { type Item, scoreTable } from './score-table.ts'

const Tool = z.looseObject({ name: z.string() })
const Call = z.object({ name: z.string(), arguments: z.unknown().optional(), result: z.unknown().optional(), server: z.string().optional() })
const Fixture = z.looseObject({
  tool: Tool.optional(), call: Call.optional(), result: z.unknown().optional(), calls: z.array(Call).optional(), action: Call.optional(),
  before: z.unknown().optional(), after: z.unknown().optional(), servers: z.array(z.object({ server: z.string(), tools: z.array(z.unknown()) })).optional(),
  requestedScopes: z.array(z.string()).optional(), uri: z.string().optional(), html: z.string().optional(),
})
type Fixture = z.infer<typeof Fixture>
const Line = z.object({ id: z.string(), type: z.string(), label: z.union([z.literal(0), z.literal(1)]), fixture: Fixture })

const textOf = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value))
const callOf = ({ name, arguments: sent, result, server }: z.infer<typeof Call>): Partial<Interaction> =>
  ({ tool: name, arguments: textOf(sent), result: textOf(result), ...(server === undefined ? {} : { server }) })

type Play = (watched: Watched, fixture: Fixture) => readonly Said[]
const offered = (watched: Watched, { tool }: Fixture): readonly Said[] => (tool === undefined ? [] : watched.offer([tool]))
const called = (watched: Watched, { calls, call, action }: Fixture): readonly Said[] => [...(calls ?? []), call, action].flatMap((one) => (one === undefined ? [] : watched.call(callOf(one))))

/** What telemetry shows of each type. */
const PLAYS: Readonly<Record<string, Play>> = {
  'tool-definition': offered,
  'tool-result': (watched, fixture) => [...offered(watched, fixture), ...watched.call({ tool: fixture.tool?.name ?? 'tool', result: textOf(fixture.result) })],
  'tool-call': (watched, fixture) => [...offered(watched, fixture), ...called(watched, fixture)],
  'tool-call-sequence': called,
  'scenario': called,
  'multi-server-registry': (watched, { servers }) => (servers ?? []).flatMap(({ server, tools }) => watched.offer(tools, server)),
  'definition-change': (watched, { before, after }) => [...watched.offer([before]), ...watched.offer([after])],
  'list-result': (watched, { result }) => watched.offer(z.object({ tools: z.array(z.unknown()) }).safeParse(result).data?.tools ?? []),
  'capability-grant': (watched, fixture) => [...offered(watched, fixture), ...watched.call({ tool: fixture.tool?.name ?? 'tool', scopes: fixture.requestedScopes ?? [] })],
  'ui-resource': (watched, { uri, html }) => watched.call({ method: 'resources/read', resource: uri ?? 'ui://', result: textOf({ contents: [{ uri, mimeType: 'text/html', text: html }] }) }),
}

/** Weak signals are kept and call nobody: an actor without a history makes some of them. */
const calls = ({ severity }: Said): boolean => SEVERITY_ORDER.indexOf(severity) >= SEVERITY_ORDER.indexOf('medium')

export const DEFENCE: Evaluation = {
  about: 'fixtures of attacks on MCP and their harmless twins, through every detector',
  async run(data, print, { json, split }) {
    for (const set of setsIn(data, 'mcp-defense-bench', split).map((name) => `mcp-defense-bench/${name}`)) {
      const items: readonly Item[] = readSet(data, set, (line) => Line.parse(line)).map(({ id, type, label, fixture }) => {
        const play = PLAYS[type]
        return { id, label, group: type, found: play !== undefined && play(new Watched(), fixture).some(calls) }
      })
      const goal = '≥ 70 % of what a log can show, controls ≤ 1 %'
      for (const row of scoreTable(set, items, { json, goal })) print(row)
      if (!json) print((scoreTable(set, items.filter(({ group }) => PLAYS[group] !== undefined), { json, goal }).at(-1) ?? '').replace(/^all {23}/, 'what a log can show'.padEnd(26)))
    }
  },
}
