/**
 * What the actors of a tenant tell each other: that one of a group came to know a term, or uses it still. A telling is one number, so that every
 * partition hears it; what nobody used for long is forgotten. Plain JSON, bounded.
 */

export interface Company {
  ids: number[]
  /** Beside each id: latest 8-day period in which it was told. */
  periods: number[]
  /** How many actors came to know it, to 255. */
  users: number[]
  /** Up to four groups of them, ten bits each. */
  groups: number[]
  /** Tellings so far, and periods of the first and the latest: how much of a company there is. */
  told: number
  since: number
  latest: number
}

export const noCompany = (): Company => ({ ids: [], periods: [], users: [], groups: [], told: 0, since: 0, latest: 0 })

const GROUPS = 1024
const PERIODS = 4096
export const PERIOD_DAYS = 8
const periodOf = (day: number): number => Math.max(0, Math.floor(day / PERIOD_DAYS)) % PERIODS
const groupOf = (term: number): number => term % GROUPS || 1

export interface Telling {
  /** Terms as `termOf` makes them. */
  readonly id: number
  readonly group: number
  readonly day: number
  /** The same actor told it before. */
  readonly again: boolean
}

/** As one number below 2^53, never 0. */
export const lessonOf = ({ id, group, day, again }: Telling): number => ((id * 2 + (again ? 1 : 0)) * GROUPS + groupOf(group)) * PERIODS + periodOf(day)

export function hear(company: Company, lesson: number, most: number): void {
  const period = lesson % PERIODS
  const group = Math.floor(lesson / PERIODS) % GROUPS
  const rest = Math.floor(lesson / PERIODS / GROUPS)
  const id = Math.floor(rest / 2)
  const at = company.ids.indexOf(id)
  if (company.told === 0) company.since = period
  company.told++
  company.latest = Math.max(company.latest, period)
  if (at < 0) return add(company, { id, period, group }, most)
  company.periods[at] = Math.max(company.periods[at] as number, period)
  if (rest % 2 === 0) company.users[at] = Math.min(255, (company.users[at] as number) + 1)
  company.groups[at] = withGroup(company.groups[at] as number, group)
}

function add(company: Company, { id, period, group }: { readonly id: number; readonly period: number; readonly group: number }, most: number): void {
  if (company.ids.length >= most) for (const list of [company.ids, company.periods, company.users, company.groups]) list.shift()
  company.ids.push(id)
  company.periods.push(period)
  company.users.push(1)
  company.groups.push(group)
}

const SLOTS = [1, GROUPS, GROUPS ** 2, GROUPS ** 3] as const
const holds = (groups: number, group: number): boolean => SLOTS.some((slot) => Math.floor(groups / slot) % GROUPS === group)

function withGroup(groups: number, group: number): number {
  if (holds(groups, group)) return groups
  const free = SLOTS.find((slot) => Math.floor(groups / slot) % GROUPS === 0)
  return free === undefined ? groups : groups + group * free
}

export interface Use {
  /** How many actors of the tenant know it. */
  readonly users: number
  /** Whether one of the group does. */
  readonly byGroup: boolean
}

/** What the tenant knows of a term; nobody where it was not used for `keepDays`. */
export function useOf(company: Company | undefined, { id, group, day, keepDays }: Omit<Telling, 'again'> & { readonly keepDays: number }): Use {
  const at = company === undefined ? -1 : company.ids.indexOf(id)
  if (company === undefined || at < 0 || (company.periods[at] as number) < periodOf(day) - keepDays / PERIOD_DAYS) return { users: 0, byGroup: false }
  return { users: company.users[at] as number, byGroup: holds(company.groups[at] as number, groupOf(group)) }
}

/** Whether enough was told, for long enough, that what nobody told is rare. */
export const isGrown = (company: Company | undefined, { day, tellings, days }: { readonly day: number; readonly tellings: number; readonly days: number }): company is Company =>
  company !== undefined && company.told >= tellings && (periodOf(day) - company.since) * PERIOD_DAYS >= days
