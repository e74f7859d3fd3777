/** `watchkeeper silence add|list|end`: what nobody is told of until when. */
import { Failure } from '../../schemas/failure.ts'
import { SILENCE_FIELDS } from '../../schemas/silence.ts'
import { callApi } from './api-client.ts'
import type { CommonOptions } from './common.ts'
import { checkedId } from './alert.ts'
import { clock, filtersOf, type ListOptions, person, printDone, printList, queryOf } from './printing.ts'
import { lifetimeOf } from './token-records.ts'

export interface SilenceListOptions extends ListOptions {
  readonly state?: readonly string[]
}

export interface SilenceAddOptions extends CommonOptions {
  readonly match: readonly string[]
  readonly reason: string
  readonly for?: string
  readonly until?: string
  readonly owner?: string
  readonly tenant?: string
  readonly json?: boolean
}

interface Matcher {
  readonly field: string
  readonly operator: 'is' | 'is_not'
  readonly value: string
}

interface Shown {
  readonly silence_id: string
  readonly tenant: string
  readonly matchers: readonly Matcher[]
  readonly owner: string
  readonly reason: string
  readonly ends_at: string
  readonly state: string
}

const wrong = (message: string): Failure => new Failure('misconfigured', 'silence.option', message)

/** `detector=unusual-volume`, `server!=files`. Throws Failure `misconfigured`. */
function matcherOf(text: string): Matcher {
  const [, field = '', not = '', value = ''] = /^([a-z_]+)(!?)=(.+)$/s.exec(text) ?? []
  if (!(SILENCE_FIELDS as readonly string[]).includes(field)) throw wrong(`--match ${JSON.stringify(text)}: write FIELD=VALUE or FIELD!=VALUE; fields are ${SILENCE_FIELDS.join(', ')}.`)
  return { field, operator: not === '' ? 'is' : 'is_not', value }
}

export function endOf({ for: span, until }: Pick<SilenceAddOptions, 'for' | 'until'>): { readonly hours: number } | { readonly ends_at: string } {
  if ((span === undefined) === (until === undefined)) throw wrong('A silence needs an end: give --for (2h, 3d) or --until (a time), one of the two.')
  if (until !== undefined) {
    const at = Date.parse(until)
    if (!Number.isFinite(at)) throw wrong('--until: write a time such as 2026-11-21T08:00:00Z.')
    return { ends_at: new Date(at).toISOString() }
  }
  try {
    const milliseconds = lifetimeOf(span ?? '')
    if (milliseconds !== undefined) return { hours: milliseconds / 3_600_000 }
  } catch {
    // Said below, in the words of a silence.
  }
  throw wrong('--for: write a time such as 30m, 2h or 3d. A silence without an end is refused.')
}

const words = (matchers: readonly Matcher[]): string => matchers.map(({ field, operator, value }) => `${field}${operator === 'is' ? '=' : '!='}${value}`).join(' ')

export async function silenceAdd(options: SilenceAddOptions): Promise<number> {
  const { match, reason, owner, tenant } = options
  const body = { matchers: match.map(matcherOf), reason, by: person(), ...endOf(options), ...(owner === undefined ? {} : { owner }), ...(tenant === undefined ? {} : { tenant }) }
  return printDone<{ readonly silence: Shown }>(options, (config) => callApi(config, '/api/v1/silences', { method: 'POST', body }),
    ({ silence }) => `Silence ${silence.silence_id} counts until ${silence.ends_at}.`)
}

export async function silenceList(options: SilenceListOptions): Promise<number> {
  const state = options.state?.includes('all') === true ? undefined : (options.state ?? ['active', 'pending'])
  return printList<Shown>(options, {
    path: `/api/v1/silences${queryOf({ ...filtersOf(options), state })}`, name: 'silences', empty: 'No silence fits.', columns: [
      { title: 'id', cell: ({ silence_id: id }) => id }, { title: 'state', cell: ({ state: what }) => what }, { title: 'until', cell: ({ ends_at: at }) => clock(at) },
      { title: 'owner', cell: ({ owner }) => owner, flexible: true }, { title: 'what', cell: ({ matchers }) => words(matchers), flexible: true },
      { title: 'reason', cell: ({ reason }) => reason, flexible: true },
    ],
  })
}

export async function silenceEnd(id: string, options: CommonOptions & { readonly why?: string; readonly tenant?: string; readonly json?: boolean }): Promise<number> {
  const path = `/api/v1/silences/${checkedId(id, 'silence list')}${queryOf({ why: options.why, tenant: options.tenant, by: person() })}`
  return printDone(options, (config) => callApi(config, path, { method: 'DELETE' }), () => `Silence ${id} is over.`)
}
