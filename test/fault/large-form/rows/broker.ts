/** The broker stalls for longer than requests and sessions last, and is killed, in turn, under load. */
import { setTimeout as wait } from 'node:timers/promises'
import { type LargeForm, startLargeForm } from '../large-form.ts'
import { judged, settled } from '../oracle.ts'
import { Findings, type Row, type Setting } from '../row.ts'
import { Traffic } from '../traffic.ts'

const STALL_MS = 9_000
const BETWEEN_MS = 4_000
/** Longer than a request may take, shorter than a session. */
const LAST_STALL_MS = 7_000

const trouble: Readonly<Record<string, (form: LargeForm) => Promise<void>>> = {
  async stall({ broker }) {
    broker.pause()
    await wait(STALL_MS)
    broker.resume()
  },
  async kill({ broker }) {
    await broker.kill()
    await broker.restart()
  },
}

/** Right behind a stall, when requests and connections have just been given up, each still ends in order and in time. */
async function endedBehindStall({ broker, services }: LargeForm, short: boolean, said: Findings): Promise<void> {
  broker.pause()
  await wait(LAST_STALL_MS)
  broker.resume()
  const began = performance.now()
  const ends = await Promise.all(services.map(async (service) => ({ name: service.name, code: await service.stop(), ms: performance.now() - began })))
  said.figure(`asked to end behind a stall of ${LAST_STALL_MS / 1_000} s: ${ends.map(({ name, code, ms }) => `${name} ${code} after ${Math.round(ms)} ms`).join(', ')}`)
  // 3 says that the time was over: on a slow machine that may be.
  for (const { name, code } of ends) said.expect(code === 0 || (short && code === 3), `${name} ended with ${code} behind a stall`)
}

async function run({ short, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const form = await startLargeForm({ folder, processes: { collector: 1, assembler: 2, worker: 1, archiver: 1, alerter: 1 } })
  try {
    const traffic = new Traffic({ urls: form.otlp, senders: 8, spansPerSecond: 800 })
    const back: string[] = []
    for (let round = 0; round < (times ?? (short ? 1 : 3)); round++) {
      for (const [what, happen] of Object.entries(trouble)) {
        await wait(BETWEEN_MS)
        await happen(form)
        back.push(`${what} ${Math.round(await traffic.acknowledgedAgain())} ms`)
        say(back.at(-1) ?? '')
      }
    }
    await wait(BETWEEN_MS)
    await traffic.stop()
    const { figure, failures } = judged(await settled(form.ask, traffic))
    said.figure(`acknowledges again after ${back.join(', ')}; ${traffic.told}, slowest answer ${Math.round(traffic.slowestMs)} ms: ${figure}`)
    said.failures.push(...failures)
    said.expect(traffic.others(200, 429, 503) === '', `answers other than 200, 429, 503: ${traffic.others(200, 429, 503)}`)
    for (const { name, ends } of form.services) said.expect(ends.length === 0, `${name} ended by itself: ${ends.join(', ')}`)
    await endedBehindStall(form, short, said)
  } finally {
    await form.stop()
  }
  return said
}

export const broker: Row = { name: 'broker', promise: 'a broker that is stalled for 9 s and killed loses and doubles nothing', needsBroker: true, run }
