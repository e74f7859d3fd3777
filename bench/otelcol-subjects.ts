/** The receivers that `bench/otelcol.ts` puts side by side, each a process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { patchClient } from '../infra/kafka/client-patches.ts'
import { VENDOR_TOKENS, type VendorToken } from '../services/collector/redact/vendor-tokens.ts'
import { startOtelcol, stopOtelcol } from './otelcol-process.ts'
import type { OtelcolConfig } from './otelcol-process.ts'
import { freePort, HEAP_FLAGS } from './server-process.ts'

const CLI = fileURLToPath(new URL('../services/cli.js', import.meta.url))
const RECEIVE_ONLY = fileURLToPath(new URL('./receive-only.js', import.meta.url))
const TOPIC = 'otelcol-bench'
const PARTITIONS = 4
/** Of what we look for, a few kinds: cards, keys of model vendors, AWS, GitHub and Slack, JSON web tokens, private keys, bearer tokens. */
const FEW_KINDS = [
  '4[0-9]{12}(?:[0-9]{3})?', '5[1-5][0-9]{14}', 'sk-[A-Za-z0-9_-]{20,}', '(AKIA|ASIA)[0-9A-Z]{16}', 'gh[pousr]_[A-Za-z0-9]{36}', 'xox[abprs]-[A-Za-z0-9-]{10,}',
  'eyJ[A-Za-z0-9_-]{10,}[.][A-Za-z0-9_-]{10,}[.][A-Za-z0-9_-]{10,}', '-----BEGIN [A-Z ]*PRIVATE KEY-----', '(?i)bearer [A-Za-z0-9._~+/-]{16,}',
]

const BODY: Readonly<Record<Extract<VendorToken['body'], string>, string>> = {
  alphanumeric: '[A-Za-z0-9]', upper: '[A-Z0-9]', hex: '[0-9a-f]', word: '[A-Za-z0-9_-]', base64: '[A-Za-z0-9+/_=-]', parts: '[A-Za-z0-9._-]', dotted: '[A-Za-z0-9._/-]',
}

const literally = (prefix: string): string => prefix.replaceAll(/[.+*?|()[\]{}^$~/]/g, (sign) => `[${sign === '^' ? '\\^' : sign}]`)

/** An expression a kind for all that our vendors' tokens and the few above say; what Go's expressions cannot look ahead for is left out. */
function allKinds(): readonly string[] {
  const byKind = new Map<string, string[]>()
  for (const { kind, prefixes, body, least, most } of VENDOR_TOKENS) {
    if (typeof body !== 'string') continue
    const form = `(?:${prefixes.map(literally).join('|')})${BODY[body]}{${least},${most ?? ''}}`
    byKind.set(kind, [...(byKind.get(kind) ?? []), form])
  }
  return [...FEW_KINDS, ...[...byKind.values()].map((forms) => forms.join('|'))]
}

export interface Subject {
  readonly name: string
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly child: ChildProcess
  stop(): Promise<void>
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Ours, as far as decoding. */
export async function receiveOnly(): Promise<Subject> {
  const port = await freePort()
  const child = spawn(process.execPath, [...HEAP_FLAGS, RECEIVE_ONLY, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return { name: 'ours: receive, decode', url: `http://127.0.0.1:${port}`, child, stop: () => ended(child) }
}

/** `watchkeeper collector`: validation and redaction on, acknowledged when durable. `bootstrap`: of a broker, or '' for the embedded log. */
export async function ourCollector(bootstrap: string): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  const config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify(bootstrap === '' ? {} : { bus: { kafka: { brokers: [bootstrap], prefix: 'bench.', partitions: PARTITIONS } } }))
  const [http, grpc, api] = [await freePort(), await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`) as [string, string, string]
  const args = ['collector', '--config', config, '--data-dir', folder, '--otlp-http', http, '--otlp-grpc', grpc, '--api', api]
  const env = { UV_THREADPOOL_SIZE: '16', ...process.env, WATCHKEEPER_LOG_LEVEL: 'warn' }
  const child = spawn(process.execPath, [...HEAP_FLAGS, CLI, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env })
  for (let attempt = 0; (await fetch(`http://${api}/readyz`).catch(() => undefined))?.ok !== true; attempt++) {
    if (attempt > 600 || child.exitCode !== null) throw new Error('watchkeeper collector did not become ready; what it said is above')
    await wait(50)
  }
  const stop = async (): Promise<void> => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  return { name: `ours: validate, redact → ${bootstrap === '' ? 'log, fdatasync' : 'Kafka, acks=all'}`, url: `http://${http}`, child, stop }
}

async function theirs(program: string, name: string, config: OtelcolConfig): Promise<Subject> {
  const otelcol = await startOtelcol(program, config)
  return { name, url: otelcol.http, child: otelcol.child, stop: () => stopOtelcol(otelcol) }
}

export const collectorNop = (program: string): Promise<Subject> =>
  theirs(program, 'Collector: receive → nop', { exporters: { nop: {} }, pipelines: { traces: { exporters: ['nop'] } } })

/** Answers only when the broker has it: no queue, no batches. */
const kafkaExporter = (bootstrap: string) => ({ kafka: {
  brokers: [bootstrap], traces: { topic: TOPIC, encoding: 'otlp_proto' }, producer: { required_acks: -1, compression: 'none', max_message_bytes: 1_000_000 },
  sending_queue: { enabled: false }, retry_on_failure: { enabled: false },
} })

/** The topic must be there: the broker makes none by itself. */
export async function collectorKafka(program: string, bootstrap: string): Promise<Subject> {
  patchClient()
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1 }] })
  await admin.disconnect()
  return theirs(program, 'Collector: → Kafka, acks=all', { exporters: kafkaExporter(bootstrap), pipelines: { traces: { exporters: ['kafka'] } } })
}

const redaction = (blocked: readonly string[]) => ({ redaction: { allow_all_keys: true, blocked_values: [...blocked], summary: 'silent' } })

/** Redaction as most would set it up, by nine expressions. */
export const collectorRedactionKafka = (program: string, bootstrap: string): Promise<Subject> =>
  theirs(program, 'Collector: redaction → Kafka, acks=all', {
    processors: redaction(FEW_KINDS), exporters: kafkaExporter(bootstrap), pipelines: { traces: { processors: ['redaction'], exporters: ['kafka'] } },
  })

/** Redaction of as many kinds of tokens as ours looks for. */
export const collectorAllKindsKafka = (program: string, bootstrap: string): Promise<Subject> =>
  theirs(program, 'Collector: as many kinds → Kafka, acks=all', {
    processors: redaction(allKinds()), exporters: kafkaExporter(bootstrap), pipelines: { traces: { processors: ['redaction'], exporters: ['kafka'] } },
  })

export const collectorRedactionNop = (program: string): Promise<Subject> =>
  theirs(program, 'Collector: redaction → nop', {
    processors: redaction(FEW_KINDS), exporters: { nop: {} }, pipelines: { traces: { processors: ['redaction'], exporters: ['nop'] } },
  })
