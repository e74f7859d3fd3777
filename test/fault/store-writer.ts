/** Inserts batch after batch from FROM on until it is killed. Prints each batch's number after its insert was answered. */
import { writeSync } from 'node:fs'
import { openStore } from '../../infra/clickhouse/store.ts'
import { batchOf } from './store-batches.ts'

const [directory, from] = process.argv.slice(2)
if (directory === undefined || from === undefined) throw new Error('usage: store-writer DIRECTORY FROM')

const store = openStore({ directory, readers: 1 })
await store.migrate()
for (let number = Number(from); ; number++) {
  const { events, token } = batchOf(number)
  await store.insertEvents(events, token)
  writeSync(1, `${number}\n`)
}
