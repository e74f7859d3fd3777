/** Says what was walked along, or how wide a day was. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { plainName } from '../arguments/plain-name.ts'
import type { Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { DayLimit, Measure } from './days.ts'
import type { Walkable } from './subject.ts'
import type { Trail } from './trail.ts'

const BENIGN = 'benign where an agent indexes, synchronises or backs up, or a whole list was asked for'
const THINGS: Readonly<Record<Walkable, string>> = { id: 'ids in a row', page: 'pages in a row', cursor: 'pages in a row' }
const figure = (value: number): string => Math.round(value).toLocaleString('en-US')

export interface WalkTold {
  readonly key: string
  readonly kind: Walkable
  /** Things in a row; of ids about. */
  readonly length: number
  readonly severity: Severity
  /** Longest walk before, and days on record. */
  readonly longest: number
  readonly days: number
  /** Words about who asked, '' where that is not known. */
  readonly asked: string
}

export function walkDraft({ tool, method, server }: Interaction, trail: Trail, { key, kind, length, severity, longest, days, asked }: WalkTold): Draft {
  const [, , , , since, at, told] = trail
  const name = `${plainName(tool || method)} of ${plainName(server)}`
  const words = `${kind === 'id' ? 'about ' : ''}${figure(length)}`
  const usual = days === 0 ? 'nothing is known of this actor' : `at most ${figure(longest)} in a row on ${days} days`
  return {
    about: [key, 'walk', String(trail[0]), String(since), String(told)], severity,
    title: `${key} walks along ${words} ${THINGS[kind]} with ${plainName(tool || method)}`,
    observed: `${words} ${THINGS[kind]} within ${Math.max(1, Math.ceil((at - since) / 60))} min, ${name}`,
    expected: usual,
    reasons: [...(asked === '' ? [] : [asked]), ...(days === 0 ? ['cold start: no history of its own'] : []), BENIGN],
    features: [{ name: 'calls in a row', observed: words, expected: usual, weight: 1 }],
    baselines: { self: usual },
    windowStart: nanosOf(since), windowEnd: nanosOf(at),
  }
}

const NOUN: Readonly<Record<Measure, string>> = { things: 'different things', tables: 'different tables' }
const BASIS: Readonly<Record<DayLimit['basis'], string>> = { own: 'its own days', peers: 'the days of its peers (cold start: too few of its own)', none: 'no history yet: a fixed limit' }

export interface BreadthTold {
  readonly key: string
  readonly measure: Measure
  readonly value: number
  readonly limit: DayLimit
  readonly day: number
  readonly severity: Severity
}

export function breadthDraft({ key, measure, value, limit, day, severity }: BreadthTold): Draft {
  const usual = limit.basis === 'none' ? `at most ${figure(limit.value)} a day` : `about ${figure(limit.usual)} a day, at most ${figure(limit.value)}`
  return {
    about: [key, measure, String(day), severity], severity,
    title: `${key} touches about ${figure(value)} ${NOUN[measure]} in a day`,
    observed: `about ${figure(value)} ${NOUN[measure]} since midnight (UTC)`, expected: usual,
    reasons: [`measured by ${limit.days} of ${BASIS[limit.basis]}`, BENIGN],
    features: [{ name: NOUN[measure], observed: figure(value), expected: usual, weight: 1 }],
    baselines: limit.basis === 'none' ? {} : { [limit.basis === 'own' ? 'self' : 'peers']: usual },
    windowStart: nanosOf(day * 86_400), windowEnd: nanosOf((day + 1) * 86_400),
  }
}
