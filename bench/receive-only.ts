/** Our OTLP/HTTP door as a process of its own that decodes and forgets: `node dist/bench/receive-only.js PORT`. Says `ready` when it listens. */
import { startHttpServer } from '../infra/http/server.ts'
import { authenticator } from '../services/collector/authenticate.ts'
import { InFlight } from '../services/collector/in-flight.ts'
import type { IngestResult } from '../services/collector/ingest-port.ts'
import { DECODE_LIMITS } from '../services/collector/otlp/model.ts'
import { createReceiver } from '../services/collector/receive.ts'

const MAX_BYTES = 64 * 1024 * 1024
const taken: IngestResult = { accepted: 1, own: false, rejected: 0, message: '' }
const forget = (): Promise<IngestResult> => Promise.resolve(taken)
const now = (): bigint => BigInt(Date.now()) * 1_000_000n

const { admit, handle, dress } = createReceiver({
  ingest: { traces: forget, logs: forget, metrics: forget }, authenticate: authenticator({ tokens: () => [], now }), inFlight: new InFlight(4 * MAX_BYTES),
  clock: { now }, limits: DECODE_LIMITS, maxBodyBytes: MAX_BYTES, untaken: () => {},
})
const port = Number(process.argv[2])
const server = await startHttpServer({ name: 'OTLP/HTTP', host: '127.0.0.1', port, maxBodyBytes: MAX_BYTES, lendBodies: true, admit, handle, dress })
process.once('SIGTERM', () => void server.stop())
process.stdout.write('ready\n')
