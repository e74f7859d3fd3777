/** A thread of the verifier: see lanes.ts. */
import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './lanes.ts'
import { RunningTask } from './task.ts'

let task: RunningTask | undefined
const say = (message: FromThread): void => parentPort?.postMessage(message)

parentPort?.on('message', (message: ToThread) => {
  try {
    if ('job' in message) task = new RunningTask(message.job)
    else if ('chunk' in message) {
      const { buffer, byteOffset, length } = message.chunk
      task?.take(Buffer.from(buffer, byteOffset, length))
      say({ read: true })
    } else if (task !== undefined) say({ result: task.end() })
  } catch (error) {
    task = undefined
    say({ failed: error instanceof Error ? error.message : String(error) })
  }
})
