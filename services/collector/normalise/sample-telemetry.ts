/** Telemetry for tests: recorded bodies decoded, and records written by hand with everything but their point left blank. */
import { readdirSync, readFileSync } from 'node:fs'
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import type { Arrival, Normalised, Normaliser } from '../contracts.ts'
import { type Decoded, decode } from '../otlp/decode.ts'
import { AttributeList } from '../otlp/attribute-list.ts'
import { type AnyValue, DECODE_LIMITS, type KeyValues, type LogRecord, type Scoped, type Signal, type Span } from '../otlp/model.ts'
import { createNormaliser } from './normaliser.ts'

export const ARRIVAL: Arrival = { tenant: 'default', transport: 'otlp/http+protobuf', peer: '198.51.100.1', receivedAt: 1_795_300_000_000_000_000n }

/** Every body of one recording, in the order it was sent. */
export function recording(folder: string): readonly Decoded[] {
  const path = new URL(`../../../test/fixtures/otlp/${folder}/`, import.meta.url)
  return readdirSync(path)
    .filter((file) => file.endsWith('.bin'))
    .sort()
    .map((file) => {
      const bytes = readFileSync(new URL(file, path))
      const signal = /_v1_(\w+)\.bin$/.exec(file)?.[1] as Signal
      return decode({ signal, encoding: bytes[0] === 0x7b ? 'json' : 'protobuf', bytes }, DECODE_LIMITS)
    })
}

/** All events of a recording. */
export function recordedEvents(folder: string, mcpPaths: readonly string[] = []): readonly AuditEventFields[] {
  const normaliser = createNormaliser({ mcpPaths })
  return recording(folder).flatMap((body) => {
    if (body.signal === 'metrics') return []
    return body.signal === 'traces' ? normaliser.traces(body.data, ARRIVAL).events : normaliser.logs(body.data, ARRIVAL).events
  })
}

/** `test/fixtures/otlp/<folder>/<name>.json`, with the signal first in its name. */
function builtBody(folder: string, name: string): Decoded {
  const bytes = readFileSync(new URL(`../../../test/fixtures/otlp/${folder}/${name}.json`, import.meta.url))
  const body = decode({ signal: name.split('-', 1)[0] as Signal, encoding: 'json', bytes }, DECODE_LIMITS)
  if (body.warning !== '') throw new Error(`${folder}/${name}: ${body.warning}`)
  return body
}

/** What a body of metrics becomes that was written from an emitter's documentation. */
export function builtPoints(folder: string, name: string): ReturnType<Normaliser['metrics']> {
  const body = builtBody(folder, name)
  if (body.signal !== 'metrics') throw new Error(`${folder}/${name} has no metrics`)
  return createNormaliser({ mcpPaths: [] }).metrics(body.data, ARRIVAL)
}

/** What a body of spans or logs becomes that was written from an emitter's documentation. */
export function built(folder: string, name: string): Normalised {
  const body = builtBody(folder, name)
  const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })
  if (body.signal === 'metrics') throw new Error('metrics have no events')
  return body.signal === 'traces' ? normaliser.traces(body.data, ARRIVAL) : normaliser.logs(body.data, ARRIVAL)
}

export type Values = Readonly<Record<string, AnyValue>>
const mapOf = (values: Values): KeyValues => AttributeList.of(Object.entries(values))

export interface Around {
  readonly scope?: string
  readonly resource?: Values
  readonly mcpPaths?: readonly string[]
}

const within = <T>(items: readonly T[], { scope = 'my-scope', resource = { 'service.name': 'shop' } }: Around): Scoped<T>[] => [
  { resource: { attributes: mapOf(resource) }, scope: { name: scope, version: '', attributes: new Map() }, items },
]

export type SpanLike = Partial<Omit<Span, 'attributes'>> & { readonly attributes?: Values }

export const spanOf = (like: SpanLike): Span => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '',
  traceState: '',
  name: 'something',
  kind: 0,
  startedAt: 1_000_000_000n,
  endedAt: 1_500_000_000n,
  events: [],
  links: [],
  statusCode: 0,
  statusMessage: '',
  ...like,
  attributes: mapOf(like.attributes ?? {}),
})

export const normaliseSpans = (spans: readonly SpanLike[], around: Around = {}): Normalised =>
  createNormaliser({ mcpPaths: around.mcpPaths ?? [] }).traces(within(spans.map(spanOf), around), ARRIVAL)

/** The one event that one span becomes. */
export function eventOf(span: SpanLike, around: Around = {}): AuditEventFields {
  const [event, ...rest] = normaliseSpans([span], around).events
  if (event === undefined || rest.length > 0) throw new Error('expected exactly one event')
  return event
}

export type LogLike = Partial<Omit<LogRecord, 'attributes'>> & { readonly attributes?: Values }

export const normaliseLogs = (logs: readonly LogLike[], around: Around = {}): Normalised =>
  createNormaliser({ mcpPaths: around.mcpPaths ?? [] }).logs(
    within(
      logs.map((like) => ({
        at: 5_000_000_000n,
        observedAt: 5_000_000_100n,
        severityNumber: 0,
        severityText: '',
        body: null,
        eventName: '',
        traceId: '',
        spanId: '',
        ...like,
        attributes: mapOf(like.attributes ?? {}),
      })),
      around,
    ),
    ARRIVAL,
  )

/** Events of the bodies `<name>.logs.json` and `<name>.traces.json` of an emitter's folder, whichever there are, logs first. */
export function goldenEvents(emitter: string, name: string, mcpPaths: readonly string[] = []): readonly AuditEventFields[] {
  const folder = new URL(`../../../test/fixtures/otlp/${emitter}/`, import.meta.url)
  const normaliser = createNormaliser({ mcpPaths })
  const files = readdirSync(folder)
  return (['logs', 'traces'] as const).flatMap((signal) => {
    const file = `${name}.${signal}.json`
    if (!files.includes(file)) return []
    const body = decode({ signal, encoding: 'json', bytes: readFileSync(new URL(file, folder)) }, DECODE_LIMITS)
    if (body.warning !== '') throw new Error(`${file}: ${body.warning}`)
    const { events } = body.signal === 'logs' ? normaliser.logs(body.data, ARRIVAL) : body.signal === 'traces' ? normaliser.traces(body.data, ARRIVAL) : { events: [] }
    return [...events]
  })
}

const FIXTURES = new URL('../../../test/fixtures/otlp/', import.meta.url)
const FILE = /^(?!.*\.headers\.json$).*(traces|logs).*\.(?:bin|json)$/

/** A body of spans or log records. */
export type Observed = Exclude<Decoded, { readonly signal: 'metrics' }>

/** All bodies of spans and log records in an emitter's folder, recorded or built, as they were sent. */
export function everyBody(folder: string): readonly { readonly signal: Signal; readonly encoding: 'json' | 'protobuf'; readonly bytes: Buffer }[] {
  const path = new URL(`${folder}/`, FIXTURES)
  return readdirSync(path).sort().flatMap((file) => {
    const signal = FILE.exec(file)?.[1] as Signal | undefined
    if (signal === undefined) return []
    const bytes = readFileSync(new URL(file, path))
    return [{ signal, encoding: bytes[0] === 0x7b ? 'json' as const : 'protobuf' as const, bytes }]
  })
}

const everyDecoded = (folder: string): readonly Observed[] =>
  everyBody(folder).map((body) => decode(body, DECODE_LIMITS)).filter((body) => body.signal !== 'metrics')

/** Folders of emitters that send spans or log records, with what they sent. */
export const observedFolders = (): readonly { readonly folder: string; readonly bodies: readonly Observed[] }[] =>
  readdirSync(FIXTURES).sort().map((folder) => ({ folder, bodies: everyDecoded(folder) })).filter(({ bodies }) => bodies.length > 0)

/** Events of all bodies of an emitter's folder. */
export function everyEvent(folder: string, mcpPaths: readonly string[] = []): readonly AuditEventFields[] {
  const normaliser = createNormaliser({ mcpPaths })
  return everyDecoded(folder).flatMap((body) => [...normalised(normaliser, body).events])
}

/** What a body of spans or log records becomes. */
export const normalised = (normaliser: Normaliser, body: Observed): Normalised =>
  body.signal === 'traces' ? normaliser.traces(body.data, ARRIVAL) : normaliser.logs(body.data, ARRIVAL)
