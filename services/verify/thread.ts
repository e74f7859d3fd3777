/** A thread of the verifier: see lanes.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FromThread, PiecePlaces, ToThread } from './lanes.ts'
import { RunningTask } from './task.ts'

const places = workerData as PiecePlaces
let task: RunningTask | undefined
const say = (message: FromThread): void => parentPort?.postMessage(message)

parentPort?.on('message', (message: ToThread) => {
  try {
    if ('job' in message) task = new RunningTask(message.job)
    else if ('place' in message) {
      const piece = places[message.place]?.subarray(0, message.length)
      if (piece !== undefined) task?.take(piece)
      say({ taken: message.place })
    } else if (task !== undefined) say({ result: task.end() })
  } catch (error) {
    task = undefined
    say({ failed: error instanceof Error ? error.message : String(error) })
  }
})
