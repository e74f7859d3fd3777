/**
 * Sessions of intruders by the hour alone, and with the place: an event is a call of a principal, its zone's offset stands for the country
 * in which most people have that offset. A session is found when a finding is made in it; falsely flagged are events, not sessions.
 */
import { z } from 'zod'
import { REGISTRY } from '../../detectors/registry.ts'
import { rehearsal } from '../../detectors/rehearse.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { type Evaluation, readSet, setsIn } from './evaluation.ts'
import { type Item, scoreTable } from './score-table.ts'

const Event = z.object({ utc: z.number(), offset_min: z.number() })
const Principal = z.object({
  id: z.string(), history: z.array(Event).default([]),
  test: z.array(Event.extend({ label: z.union([z.literal(0), z.literal(1)]), session: z.union([z.string(), z.number()]).nullable() })),
})
export type Principal = z.infer<typeof Principal>

/** First offset, in minutes, at which somebody is rather in the next country; summer time is in the same one. */
const COUNTRIES: readonly (readonly [number, string])[] = [[-570, 'US'], [-210, 'BR'], [-60, 'GB'], [60, 'DE'], [150, 'RU'], [240, 'AE'], [300, 'PK'], [330, 'IN'],
  [360, 'BD'], [420, 'TH'], [480, 'CN'], [540, 'JP'], [570, 'AU'], [720, 'NZ']]
const countryAt = (offset: number): string => COUNTRIES.reduce((found, [from, country]) => (offset >= from ? country : found), 'US')

function callOf(id: string, { utc }: z.infer<typeof Event>, at: number): Interaction {
  const time = BigInt(utc) * 1_000_000_000n
  return { ...blankInteraction(), interaction_id: `${id}-${at}`, tenant: 'acme', started_at: time, ended_at: time, received_at: time, sort_at: time,
    method: 'tools/call', tool: 'commit', actor: id, actor_kind: 'principal', outcome: 'ok' }
}

/** Items of one principal: sessions that are an intruder's, and all other events. */
function judgePrincipal({ id, history, test }: Principal, group: string, { detectors, place }: Pick<Form, 'detectors' | 'place'>): readonly Item[] {
  const plays = detectors.map((name) => rehearsal((REGISTRY[name] as NonNullable<(typeof REGISTRY)[string]>)({})))
  const said = [...history, ...test].map((event, at) => plays.map((play) => play({ ...callOf(id, event, at), client_country: place ? countryAt(event.offset_min) : '' }).length > 0).includes(true)).slice(history.length)
  const sessions = new Map<string, Item>()
  const own: Item[] = []
  for (const [at, { label, session }] of test.entries()) {
    const name = `${id}/${label === 1 ? `session ${session ?? at}` : at}`
    const found = said[at] === true
    if (label === 0) own.push({ id: name, label, group, found })
    else sessions.set(name, { id: name, label, group, found: found || sessions.get(name)?.found === true })
  }
  return [...sessions.values(), ...own]
}

interface Form {
  readonly group: string
  readonly detectors: readonly string[]
  /** Whether the country is known, too. */
  readonly place: boolean
  readonly goal: string
}

const FORMS: readonly Form[] = [{ group: 'by time', detectors: ['off-hours-token'], place: false, goal: 'by time 60 % of sessions at 1 % of events' },
  { group: 'by place', detectors: ['unknown-place'], place: true, goal: 'with place 95 % of sessions at 1 % of events' },
  { group: 'by time or place', detectors: ['off-hours-token', 'unknown-place'], place: true, goal: 'none of its own, two detectors' }]

export const OFFHOURS: Evaluation = {
  about: 'sessions of intruders by time, and by time and place',
  async run(data, print, { json, split }) {
    for (const set of setsIn(data, 'offhours', split).map((name) => `offhours/${name}`)) {
      const principals = readSet(data, set, (line) => Principal.parse(line))
      for (const { group, goal, ...form } of FORMS) {
        for (const row of scoreTable(set, principals.flatMap((one) => judgePrincipal(one, group, form)), { json, goal })) print(row)
      }
    }
  },
}
