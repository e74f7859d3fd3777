/** Opens the engine, answers a query and a second one, and then does what a crash does. */
import { writeSync } from 'node:fs'
import { openEngine } from '../../infra/clickhouse/engine.ts'

const [directory, signal] = process.argv.slice(2)
if (directory === undefined || signal === undefined) throw new Error('usage: crashing-engine DIRECTORY SIGNAL')
const engine = openEngine({ directory, readers: 1 })
for (const query of ['SELECT 1', 'SELECT 2']) writeSync(1, await engine.read(query))
process.kill(process.pid, signal)
