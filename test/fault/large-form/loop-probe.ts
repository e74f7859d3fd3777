/**
 * Loaded into a server before it starts (`--import`): how long its event loop did not turn. FAULT_LOOP_FILE names the file that it writes, a
 * line of JSON, whenever there is a new longest turn. Linux: /proc/self/schedstat is the time that the main thread had a core. On SIGUSR2 it
 * collects garbage, so that what is held can be told from what only waits to be collected, and makes the file `FAULT_LOOP_FILE.collected`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/** Milliseconds. A turn longer than this is noted. */
const EVERY_MS = 10

export interface LongestTurn {
  /** By the clock, with waits for a core in it. */
  readonly wallMs: number
  /** What the thread itself ran meanwhile: the part that other load on the machine cannot add to. */
  readonly ranMs: number
}

const ranMs = (): number => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6

function watch(file: string): void {
  let [longestWall, longestRan] = [0, 0]
  let [at, ran] = [performance.now(), ranMs()]
  setInterval(() => {
    const [now, hasRun] = [performance.now(), ranMs()]
    const [wall, used] = [now - at - EVERY_MS, Math.min(hasRun - ran, now - at)]
    at = now
    ran = hasRun
    if (wall <= longestWall && used <= longestRan) return
    longestWall = Math.max(longestWall, wall)
    longestRan = Math.max(longestRan, used)
    writeFileSync(file, JSON.stringify({ wallMs: longestWall, ranMs: longestRan } satisfies LongestTurn))
  }, EVERY_MS).unref()
  // Whoever measures empties the file to begin anew.
  setInterval(() => {
    if (readFileSync(file, 'utf8') === '') [longestWall, longestRan] = [0, 0]
  }, 200).unref()
}

function collectOnDemand(file: string): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  process.on('SIGUSR2', () => {
    collect()
    writeFileSync(`${file}.collected`, '')
  })
}

const file = process.env['FAULT_LOOP_FILE']
if (file !== undefined && isMainThread) {
  watch(file)
  collectOnDemand(file)
}
