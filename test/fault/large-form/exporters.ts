/** Real exporters in processes of their own, that make a span every 25 ms for a while and say how many they made. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { built } from './built.ts'

/** Where the Python packages are: what `.ci/run` says, or the folder that it makes. */
const PYTHON = [process.env['WATCHKEEPER_PYTHON'], '/tmp/watchkeeper-ci-python/bin/python'].find((path) => path !== undefined && existsSync(path))

export interface Exporter {
  readonly name: string
  /** `service.name` of its spans. */
  readonly source: string
  /** Resolves with how many spans it made, when it has shut down. */
  run(url: string, seconds: number): Promise<number>
}

const PROGRAM = `
import sys, time
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
tracing = TracerProvider(resource=Resource.create({'service.name': 'fault-python'}))
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=sys.argv[1] + '/v1/traces'), schedule_delay_millis=500))
tracer = tracing.get_tracer('mcp', '1')
end = time.time() + float(sys.argv[2])
made = 0
while time.time() < end:
    with tracer.start_as_current_span('tools/call read_file', attributes={'mcp.method.name': 'tools/call', 'number': made}):
        pass
    made += 1
    time.sleep(0.025)
tracing.shutdown()
print(made)
`

async function madeBy(command: string, args: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: 180_000 })
  return Number(stdout.trim().split('\n').at(-1))
}

const javaScript: Exporter = {
  name: 'OpenTelemetry JS', source: 'fault-js',
  run: (url, seconds) => madeBy(process.execPath, [built('test/fault/large-form/js-exporter.ts'), url, String(seconds)]),
}

/** Python is left out where it is not there; `missing` then says so. */
export function exporters(): { readonly all: readonly Exporter[]; readonly missing: string } {
  const python = PYTHON
  if (python === undefined) return { all: [javaScript], missing: 'the Python exporter was not run: WATCHKEEPER_PYTHON names no Python with its packages' }
  const pythons = { name: 'OpenTelemetry Python', source: 'fault-python', run: (url: string, seconds: number) => madeBy(python, ['-c', PROGRAM, url, String(seconds)]) }
  return { all: [javaScript, pythons], missing: '' }
}
