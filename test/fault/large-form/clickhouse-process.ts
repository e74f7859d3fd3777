/** A ClickHouse to kill: the shim over the engine, in a process of its own. Arguments: data directory, port of loopback. */
import { openEngine } from '../../../infra/clickhouse/engine.ts'
import { startShim } from '../../clickhouse-shim/shim.ts'

const [directory, port] = process.argv.slice(2)
if (directory === undefined || port === undefined) throw new Error('usage: clickhouse-process DIRECTORY PORT')
const engine = openEngine({ directory, readers: 8 })
const shim = await startShim({ engine, port: Number(port), forgets: true })
process.once('SIGTERM', () => {
  void shim.stop().then(() => engine.close()).then(() => process.exit(0))
})
