/** Coverage as lines for a terminal of a given width. Pure. */
import type { Coverage, SourceCoverage } from '../api/coverage.ts'
import { count, duration } from './amounts.ts'
import type { PageOptions } from './status-page.ts'
import { safe, tableLines } from './terminal-table.ts'
import { wrapped } from './wrapped.ts'

const nameOf = ({ source, emitter, service_version: version }: SourceCoverage): string => `${source || '(unnamed)'}${version === '' ? '' : ` ${version}`} (${emitter})`

function sampled({ sampling_probability: share }: SourceCoverage): string {
  if (share === null) return ''
  return share === 1 ? 'all' : `${Number((share * 100).toPrecision(2))} %`
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

function headline({ complete, looked_at: looked, sources }: Coverage, { colors }: PageOptions): string {
  if (looked === '') return colors.yellow('Nobody has looked yet: the scheduler does, each minute, where it reaches the tables.')
  if (complete) return colors.green(`Everything is covered: ${count(sources.length)} source${sources.length === 1 ? '' : 's'}.`)
  const parts = [
    [sources.filter(({ blind_detectors: blind }) => blind.length > 0).length, 'with blind detectors'], [sources.filter(({ silent }) => silent).length, 'silent'],
    [sources.filter(({ sequence_gaps: gaps }) => gaps > 0).length, 'with lost records'], [sources.filter(({ sampling_probability: share }) => share !== null && share < 1).length, 'sampled'],
  ] as const
  return colors.yellow(`Not everything is covered: of ${count(sources.length)} source${sources.length === 1 ? '' : 's'} ${parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`).join(', ')}.`)
}

function table(sources: readonly SourceCoverage[], { width, colors }: PageOptions): string[] {
  const [titles = '', ...lines] = tableLines(sources, [
    { title: 'source', cell: nameOf, flexible: true }, { title: 'tenant', cell: ({ tenant }) => tenant, flexible: true },
    { title: 'events', cell: ({ events }) => count(events), right: true }, { title: 'calls', cell: ({ calls }) => count(calls), right: true },
    { title: 'last', cell: ({ quiet_seconds: quiet }) => duration(quiet), right: true },
    { title: 'silent', cell: ({ silent }) => (silent ? 'yes' : ''), paint: (text, { silent }) => (silent ? colors.red(text) : text) },
    { title: 'gaps', cell: ({ sequence_gaps: gaps, sequence_sessions: sessions }) => (sessions === 0 ? '' : count(gaps)), right: true, paint: (text, { sequence_gaps: gaps }) => (gaps > 0 ? colors.red(text) : text) },
    { title: 'sampled', cell: sampled, right: true },
    { title: 'blind', cell: ({ blind_detectors: blind }) => blind.join(', '), flexible: true, paint: (text) => colors.yellow(text) },
  ], width)
  return [colors.dim(titles), ...lines]
}

/** `unexpected-command is blind: nobody sends arguments`. */
function lacks({ missing, detectors }: SourceCoverage): string[] {
  const columns = new Map<string, string[]>()
  for (const [detector = '', column = ''] of missing.map((what) => what.split(':'))) columns.set(detector, [...(columns.get(detector) ?? []), column])
  return [...columns].map(([detector, own]) => {
    const share = detectors[detector] ?? 0
    return `${detector} ${share === 0 ? 'is blind' : `judges ${percent(share)} of the calls`}: ${share === 0 ? 'nobody sends' : 'the others lack'} ${own.join(', ')}`
  })
}

/** What is missing at one source, and what to do. */
function advice(source: SourceCoverage, { width, colors }: PageOptions): string[] {
  const facts = [...lacks(source), ...source.sampling.map((what) => `says that it sends ${what}`)]
  if (facts.length + source.switches.length === 0) return []
  const unread = source.unmapped.length === 0 ? [] : [`not read: ${source.unmapped.slice(0, 8).join(', ')}${source.unmapped.length > 8 ? ` and ${source.unmapped.length - 8} more` : ''}`]
  const lines = [...[...facts, ...unread].map((fact) => wrapped('  - ', safe(fact), width)), ...source.switches.map((set) => wrapped('  > ', safe(set), width).map((line) => colors.cyan(line)))]
  return ['', colors.bold(safe(nameOf(source))), ...lines.flat()]
}

export function coveragePage(coverage: Coverage, options: PageOptions): string[] {
  const shown = coverage.sources.slice(0, options.most)
  const rest = coverage.sources.length - shown.length
  return [
    headline(coverage, options), ...(shown.length === 0 ? [] : ['', ...table(shown, options)]), ...(rest > 0 ? [options.colors.dim(`and ${count(rest)} more: --json shows all`)] : []),
    ...shown.flatMap((source) => advice(source, options)),
  ]
}
