/**
 * Ordinary traffic of a company, made from a seed: people with office hours in three zones, service agents by day and by night, and a job
 * at the end of the month. No detector may say a word about it. Deterministic: the same seed gives the same interactions in order of time.
 */
import { blankInteraction, type Interaction, type InteractionFields } from '../schemas/interaction.ts'

export interface Company {
  readonly seed: number
  readonly people: number
  readonly services: number
  /** First day (UTC), in days since 1970. */
  readonly firstDay: number
  readonly days: number
}

/** Uniform numbers in [0, 1): mulberry32. */
export type Dice = () => number
export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Seconds since 1970 and what happened. */
interface Happening {
  readonly at: number
  readonly fields: Partial<InteractionFields>
}

const HOUR = 3600
const DAY = 86_400
/** Hours east of UTC of the three offices. */
const OFFICES = [-5, 1, 8] as const
const COMMANDS = ['git status', 'ls -la', 'npm test', 'git diff --stat'] as const
const READS = ['search', 'read_file', 'get_ticket', 'list_items'] as const

const pick = <T>(dice: Dice, list: readonly T[]): T => list[Math.floor(dice() * list.length)] as T
/** 1970-01-01 was a Thursday. */
const isWeekend = (day: number): boolean => (day + 3) % 7 >= 5
const isMonthEnd = (day: number): boolean => new Date((day + 1) * DAY * 1000).getUTCDate() === 1

function workOf(dice: Dice, person: number): Partial<InteractionFields> {
  const actor = `person-${person}@acme.example`
  const common = {
    actor, actor_kind: 'principal' as const, principal: actor, agent: 'assistant', token_fingerprint: `token-of-${person}`,
    requested_by: 'user_turn' as const,
    method: 'tools/call', server: `server-${person % 7}`, result_bytes: BigInt(Math.floor(200 + dice() * dice() * 40_000)),
  }
  if (person % 3 === 0 && dice() < 0.3) {
    const command = pick(dice, COMMANDS)
    const text = JSON.stringify({ command })
    return { ...common, tool: 'run_command', effect: 'execute', request_fit: 'asked', argument_sources: new Map([['$.command', 'user']]),
      arguments: text, arguments_bytes: BigInt(text.length) }
  }
  const resource = `file:///srv/${person % 20}/${Math.floor(dice() * 300)}`
  return { ...common, tool: pick(dice, READS), effect: 'read', request_fit: 'plausible', resource, arguments_bytes: 40n }
}

/** Comes within half an hour of nine, leaves at five or works on for a while, and is away at times. */
function* personsDay(dice: Dice, person: number, day: number): Generator<Happening> {
  if (isWeekend(day) || dice() < 0.08) return
  const zone = pick(() => (person * 0.618) % 1, OFFICES)
  const begins = day * DAY + (9 - zone) * HOUR + (dice() - 0.5) * HOUR
  const length = (8 + (dice() < 0.15 ? dice() * 1.5 : 0)) * HOUR
  const calls = 15 + Math.floor(dice() * 25)
  for (let i = 0; i < calls; i++) yield { at: begins + dice() * length, fields: workOf(dice, person) }
}

/** Two in three run by the hour around the clock, the third in one hour of the night; each in its own measure. */
function* servicesDay(dice: Dice, service: number, day: number): Generator<Happening> {
  const fields = {
    actor: `service-${service}`, actor_kind: 'client' as const, client: `service-${service}`, token_fingerprint: `token-of-service-${service}`,
    requested_by: 'scheduled' as const,
    request_fit: 'asked' as const, method: 'tools/call', tool: service % 3 === 0 ? 'export_rows' : 'list_items', effect: 'read' as const,
    server: `server-${service % 7}`, arguments_bytes: 60n,
  }
  const nightly = service % 3 === 0
  const [first, last] = nightly ? [1 + (service % 4), 1 + (service % 4)] : [0, 23]
  const measure = nightly ? 120 + service : 4 + (service % 9)
  for (let hour = first; hour <= last; hour++) {
    const calls = Math.round(measure * (0.8 + dice() * 0.4))
    for (let i = 0; i < calls; i++) {
      const resource = `table://rows/${Math.floor(dice() * 80)}`
      yield { at: day * DAY + (hour + dice()) * HOUR, fields: { ...fields, resource, result_bytes: BigInt(Math.floor(5_000 + dice() * 20_000)) } }
    }
  }
}

/** Books are closed by an agent of its own, four hours from eight in the evening, on the last of the month only. */
function* monthEnd(dice: Dice, day: number): Generator<Happening> {
  if (!isMonthEnd(day)) return
  const fields = {
    actor: 'month-end-close', actor_kind: 'client' as const, client: 'month-end-close', requested_by: 'scheduled' as const,
    request_fit: 'asked' as const,
    method: 'tools/call', tool: 'post_entry', effect: 'write' as const, server: 'ledger', arguments_bytes: 300n, result_bytes: 200n,
  }
  for (let i = 0; i < 1_600; i++) yield { at: day * DAY + (20 + dice() * 4) * HOUR, fields: { ...fields, resource: `ledger://accounts/${i % 250}` } }
}

/** All interactions in order of time. Arrival is five seconds after the end. */
export function* quietDays({ seed, people, services, firstDay, days }: Company): Generator<Interaction> {
  const dice = diceOf(seed)
  let number = 0
  for (let day = firstDay; day < firstDay + days; day++) {
    const happenings: Happening[] = [...monthEnd(dice, day)]
    for (let person = 0; person < people; person++) happenings.push(...personsDay(dice, person, day))
    for (let service = 0; service < services; service++) happenings.push(...servicesDay(dice, service, day))
    happenings.sort((one, other) => one.at - other.at)
    for (const happening of happenings) yield interactionOf(happening, number++)
  }
}

function interactionOf({ at, fields }: Happening, number: number): Interaction {
  const ended_at = BigInt(Math.round(at * 1000)) * 1_000_000n
  const id = number.toString(16).padStart(32, '0')
  const started_at = ended_at - 20_000_000n
  return { ...blankInteraction(), interaction_id: id, tenant: 'acme', trace_id: id, event_ids: [id], started_at, ended_at, sort_at: started_at,
    duration_ns: 20_000_000n, received_at: ended_at + 5_000_000_000n, outcome: 'ok', ...fields }
}
