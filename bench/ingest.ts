/** `npm run bench`: pushes pre-encoded OTLP at a Watchkeeper of its own, all in one process, first as fast as it takes it, then at half of that. */
import { ask, cpuSeconds, peakMemory, removeData, startServer, stopServer } from './server-process.ts'
import { bench, planFromArguments } from './steady-load.ts'

const plan = planFromArguments('ingest')
const server = await startServer()
try {
  await bench({
    otlpHttp: server.otlpHttp,
    ask: (sql) => ask(server, sql),
    metrics: async () => await (await fetch(`${server.api}/metrics`)).text(),
    cpuSeconds: () => new Map([['', cpuSeconds(server)]]),
    peakMib: () => new Map([['', peakMemory(server)]]),
  }, plan)
} finally {
  await stopServer(server)
  removeData(server)
}
