/** The official OpenTelemetry Collector as a process: for the bench beside ours, and for tests in front of ours and against it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './server-process.ts'

const run = promisify(execFile)
const FINDER = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../infra/dev/otelcol.mjs' : '../../infra/dev/otelcol.mjs', import.meta.url))
const READY = 'Everything is ready'
const START_MS = 30_000
const STOP_MS = 20_000

export interface OtelcolPrograms {
  readonly otelcol: string
  readonly telemetrygen: string
}

/** Where the programs are, or a sentence that says what is missing. Builds nothing. */
export async function otelcolPrograms(): Promise<OtelcolPrograms | string> {
  return run(process.execPath, [FINDER, '--find']).then(
    ({ stdout }) => JSON.parse(stdout) as OtelcolPrograms,
    ({ stderr }: { stderr?: string }) => `the official Collector is not tried: ${(stderr ?? '').trim()}`,
  )
}

export interface Otelcol {
  readonly child: ChildProcess
  /** `http://127.0.0.1:PORT` */
  readonly http: string
  /** `127.0.0.1:PORT` */
  readonly grpc: string
  /** What it has said so far, one JSON text a line. */
  said(): string
}

/** A configuration without its receivers; see the Collector's documentation. `pipelines`: signal → its processors and exporters. */
export interface OtelcolConfig {
  readonly processors?: object
  readonly exporters: object
  readonly extensions?: object
  readonly pipelines: Readonly<Record<string, { readonly processors?: readonly string[]; readonly exporters: readonly string[] }>>
  /** Of one request, both protocols. */
  readonly maxRequestMib?: number
  /** Ports to listen on, HTTP and gRPC: those of a Collector that was ended. Default: free ones. */
  readonly ports?: readonly [number, number]
}

/** What it says where a port is another's by the time it listens. */
const TAKEN = 'address already in use'
const TRIES = 3

/** Starts it and waits until it says that it is ready. Throws with its own words when it ends before. */
export async function startOtelcol(program: string, config: OtelcolConfig, tries = TRIES): Promise<Otelcol> {
  const ports = config.ports ?? ([await freePort(), await freePort()] as const)
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-otelcol-'))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, JSON.stringify(fileOf(config, ports)))
  const child = spawn(program, ['--config', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines: string[] = []
  const ready = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lines.push(line)
      if (line.includes(READY)) resolve(true)
    }).on('close', () => resolve(false))
  })
  child.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  if (!(await Promise.race([ready, wait(START_MS, false, { ref: false })]))) {
    child.kill('SIGKILL')
    const said = lines.slice(-10).join('\n')
    if (said.includes(TAKEN) && config.ports === undefined && tries > 1) return await startOtelcol(program, config, tries - 1)
    throw new Error(`the Collector is not ready: ${said}`)
  }
  return { child, http: `http://127.0.0.1:${ports[0]}`, grpc: `127.0.0.1:${ports[1]}`, said: () => lines.join('\n') }
}

function fileOf({ processors = {}, exporters, extensions = {}, pipelines, maxRequestMib = 64 }: OtelcolConfig, [http, grpc]: readonly [number, number]): object {
  return {
    receivers: { otlp: { protocols: {
      http: { endpoint: `127.0.0.1:${http}`, max_request_body_size: maxRequestMib * 1024 * 1024 },
      grpc: { endpoint: `127.0.0.1:${grpc}`, max_recv_msg_size_mib: maxRequestMib },
    } } },
    processors, exporters, extensions,
    service: {
      extensions: Object.keys(extensions),
      pipelines: Object.fromEntries(Object.entries(pipelines).map(([signal, one]) => [signal, { receivers: ['otlp'], ...one }])),
      telemetry: { metrics: { level: 'none' }, logs: { encoding: 'json' } },
    },
  }
}

/** Ends it, by force where it does not end by itself. Safe twice. */
export async function stopOtelcol({ child }: Otelcol, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill(signal)
  await once(child, 'exit')
  clearTimeout(force)
}
