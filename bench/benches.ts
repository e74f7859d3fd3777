/** The benches by name, for `npm run bench -- NAME`. */
import { answerHelp, refuse } from './arguments.ts'

interface Bench {
  readonly measures: string
  /** Arguments by place, each of which may be left out with those behind it: a number in capitals, a text, or words; `|` between what may stand there. */
  readonly takes?: readonly string[]
  /** Options, which the bench itself reads. */
  readonly options?: string
}

const LOAD_OPTIONS = '[--seconds N] [--warm-up N] [--connections N] [--rate SPANS] [--json]'

export const BENCHES: ReadonlyMap<string, Bench> = new Map(Object.entries({
  'ingest': { measures: 'the whole product in one process, as fast as it takes it and at half of that', options: LOAD_OPTIONS },
  'large-form': { measures: 'the same on Kafka, ClickHouse over HTTP and a process for each service', options: LOAD_OPTIONS },
  'otelcol': { measures: 'our collector beside the official one', options: '[--rounds N] [--seconds N] [--warm-up N] [--connections N] [--json]' },
  'decode': { measures: 'reading OTLP' },
  'normalise': { measures: 'normalising a recording', takes: ['ROUNDS'] },
  'stages': { measures: 'each stage from bytes to interactions, on recorded traces', takes: ['EMITTER', 'RUNS'] },
  'redact': { measures: 'redacting ordinary events and hostile texts' },
  'log': { measures: 'the embedded log', takes: ['EVENTS'] },
  'sealing': { measures: 'Kafka sealed and in clear', takes: ['EVENTS', 'ROUNDS'] },
  'store': { measures: 'inserts into ClickHouse, and what an auditor asks', takes: ['EVENTS', 'INTERACTIONS', 'DIRECTORY'] },
  'clickhouse-wire': { measures: 'blocks on their way to a ClickHouse server', takes: ['ROUNDS'] },
  'detectors': { measures: 'all detectors in the worker\'s fold', takes: ['INTERACTIONS', 'DAYS', 'ACTORS|all', 'sessions'] },
  'leaves': { measures: 'what the proof costs an event', takes: ['ROUNDS', 'EVENTS'] },
  'verify': { measures: 'verifying a log in each of its forms', takes: ['EVENTS', 'THREADS', 'all|folder'] },
  'tamper': { measures: 'whether the verifier finds what was altered', takes: ['COUNT', 'SEED'] },
  'erase': { measures: 'erasing a person', takes: ['ROWS', 'EVENTS', 'DIRECTORY'] },
} satisfies Record<string, Bench>))

const nested = (takes: readonly string[]): string => takes.reduceRight((rest, one) => `[${one}${rest === '' ? '' : ` ${rest}`}]`, '')
const call = (name: string, { takes = [], options = '' }: Bench): string => `npm run bench -- ${[name, nested(takes), options].filter((part) => part !== '').join(' ')}`

/** Of what stands in capitals, what is no number. */
const TEXTS: ReadonlySet<string> = new Set(['DIRECTORY', 'EMITTER'])

function fits(given: string, place: string): boolean {
  return place.split('|').some((form) => (TEXTS.has(form) ? given !== '' : form === form.toUpperCase() ? /^\d{1,12}$/.test(given) : given === form))
}

/** How one bench is started, or what there is. */
export function usageOf(name?: string): string {
  const bench = BENCHES.get(name ?? '')
  if (name !== undefined && bench !== undefined) return `${call(name, bench)}\n  ${bench.measures}`
  const width = Math.max(...[...BENCHES.keys()].map(({ length }) => length))
  return ['npm run bench -- [NAME] [ARGUMENTS]; without a name ingest', ...[...BENCHES].map(([each, { measures }]) => `  ${each.padEnd(width)}  ${measures}`),
    'npm run bench -- NAME --help says what one takes.'].join('\n')
}

/** What is wrong with arguments by place; '' where they fit. */
export function misplaced(given: readonly string[], takes: readonly string[]): string {
  for (const [at, argument] of given.entries()) {
    const place = takes[at]
    if (place === undefined || argument.startsWith('-')) return `Not understood: ${JSON.stringify(argument)}.`
    if (!fits(argument, place)) return `${JSON.stringify(argument)} stands where ${place} is expected.`
  }
  return ''
}

/** Which bench is meant, and its own arguments. Ends the process where help is asked for, or nothing fits. */
export function benchOf(given: readonly string[]): { readonly name: string; readonly args: readonly string[] } {
  const [first] = given
  const named = first === undefined || first.startsWith('-') ? undefined : first
  const name = named ?? 'ingest'
  const bench = BENCHES.get(name)
  if (bench === undefined) refuse(`There is no bench named ${JSON.stringify(name)}.`, usageOf())
  answerHelp(given, usageOf(named))
  const args = named === undefined ? given : given.slice(1)
  const wrong = bench.options === undefined ? misplaced(args, bench.takes ?? []) : ''
  if (wrong !== '') refuse(wrong, usageOf(name))
  return { name, args }
}
