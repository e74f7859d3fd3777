/** Says who failed, from where, and what came of it. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import { distinctIn, type Source, type Wave } from './source.ts'

export interface Case {
  readonly key: string
  readonly source: Source
  readonly wave: Wave
  readonly severity: Severity
  /** Of those that fail, how many are at home here. */
  readonly known: number
  readonly basis: string
}

const minutesOf = ({ from, to }: Wave): number => Math.max(1, Math.ceil((to - from) / 60))
const whoOf = ({ principals, tokens }: Wave): string =>
  [...(principals.length > 0 ? [`${principals.length} principals`] : []), ...(tokens.length > 0 ? [`${tokens.length} tokens of nobody known`] : [])].join(' and ')
const during = (wave: Wave) => ({ windowStart: nanosOf(wave.from), windowEnd: nanosOf(wave.to) })
const usualOf = ({ usual, okDays, known }: Source): string =>
  `at most ${Math.round(usual)} that fail within the hour; ${known.length} at home here, successes on ${okDays} days`

export const sprayDraft = ({ key, source, wave, severity, known, basis }: Case): Draft => ({
  about: [key, 'spray', severity, String(wave.from)],
  severity,
  title: `${whoOf(wave)} failed to authenticate from ${key}`,
  observed: `${wave.failures} failures by ${whoOf(wave)} within ${minutesOf(wave)} min; ${known} of them are at home here`,
  expected: usualOf(source),
  reasons: [basis, 'benign if an office lost its identity provider, or its tokens expired together'],
  features: [
    { name: 'who fails', observed: `${distinctIn(wave)} within ${minutesOf(wave)} min`, expected: `at most ${Math.round(source.usual)}`, weight: 0.6 },
    { name: 'at home here', observed: `${known} of ${distinctIn(wave)}`, weight: 0.4 },
  ],
  baselines: { self: usualOf(source) },
  ...during(wave),
  evidence: wave.evidence,
})

export const enteredDraft = ({ key, source, wave }: Omit<Case, 'severity' | 'known' | 'basis'>, interaction: Interaction, failedBefore: boolean): Draft => ({
  about: [key, 'entered', String(wave.from)],
  severity: 'high',
  title: `One got in after ${whoOf(wave)} failed from ${key}`,
  observed: `${interaction.actor === '' ? 'somebody' : interaction.actor} succeeded, ${wave.failures} failures by ${whoOf(wave)} before`,
  expected: usualOf(source),
  reasons: [failedBefore ? 'the one that succeeded had failed in the same wave' : 'the one that succeeded was never seen here before',
    'benign if the failures were an outage that has just ended'],
  features: [
    { name: 'who failed', observed: `${distinctIn(wave)} within ${minutesOf(wave)} min`, expected: `at most ${Math.round(source.usual)}`, weight: 0.5 },
    { name: 'success of a stranger', observed: failedBefore ? 'one of those that failed' : 'one never seen here', weight: 0.5 },
  ],
  ...during(wave),
  evidence: [...wave.evidence, ...interaction.event_ids],
})

export const guessedDraft = ({ key, wave, severity }: Pick<Case, 'key' | 'wave' | 'severity'>, { actor, client_hosting: hosting, event_ids: events }: Interaction): Draft => ({
  about: [key, 'guessed', actor, String(wave.from)],
  severity,
  title: `${actor} got in after ${wave.failures} failures, from an address where it is not at home`,
  observed: `${wave.failures} failures within ${minutesOf(wave)} min, then a success, from ${key}${hosting === 'yes' ? ', a hosting provider\'s' : ''}`,
  expected: 'a success at the first or second attempt, or failures where it is at home',
  reasons: ['so it looks when somebody guesses', 'benign if somebody sets up a new machine, or travels with an expired token'],
  features: [
    { name: 'failures before the success', observed: String(wave.failures), expected: 'none or one', weight: 0.5 },
    { name: 'address', observed: 'never a success before', weight: hosting === 'yes' ? 0.3 : 0.5 },
    ...(hosting === 'yes' ? [{ name: 'provider', observed: 'rents out machines', weight: 0.2 }] : []),
  ],
  ...during(wave),
  evidence: [...wave.evidence, ...events],
})

export const scatteredDraft = ({ key, wave }: Pick<Case, 'key' | 'wave'>, actor: string): Draft => ({
  about: [key, 'scattered', String(wave.from)],
  severity: 'medium',
  title: `${actor} failed to authenticate from ${wave.networks.length} networks`,
  observed: `${wave.failures} failures with ${wave.tokens.length} tokens from ${wave.networks.length} networks within ${minutesOf(wave)} min`,
  expected: 'failures with one token, or from one place: an agent that was not told of a new token',
  reasons: ['many attempts from many places at one account', 'benign if the account is a service with many replicas: then configure it as one'],
  ...during(wave),
  evidence: wave.evidence,
})

export const repeatsDraft = ({ key, wave }: Pick<Case, 'key' | 'wave'>, day: number): Draft => ({
  about: [key, 'repeats', String(day)],
  severity: 'low',
  title: `${wave.failures} failures of one cause at ${key}`,
  observed: `${wave.failures} failed attempts within ${minutesOf(wave)} min${distinctIn(wave) === 0 ? ', none with a principal or token' : ` by ${whoOf(wave)}`}`,
  expected: 'an agent that gets a new token, or stops',
  reasons: ['one cause: most likely an agent with an expired or wrong token'],
  ...during(wave),
  evidence: wave.evidence,
})
