/** SIGKILL at random over all our processes and the broker, under load. */
import { setTimeout as wait } from 'node:timers/promises'
import { type LargeForm, startLargeForm } from '../large-form.ts'
import { judged, settled } from '../oracle.ts'
import { Patience } from '../patience.ts'
import { pick, type Random, seeded } from '../random.ts'
import { Findings, type Row, type Setting } from '../row.ts'
import { Traffic } from '../traffic.ts'

const KILLS = { short: 6, full: 50 }
/** Killing goes on until so many spans are acknowledged. */
const SPANS = { short: 0, full: 300_000 }
/** Between two kills; most of a restart falls into it, some do not. */
const GAP_MS = { least: 1_500, span: 4_000 }

async function killOne(form: LargeForm, random: Random): Promise<string> {
  const target = pick(['broker', ...form.services.map(({ name }) => name)], random)
  if (target !== 'broker') await form.service(target).kill()
  else {
    await form.broker.kill()
    await form.broker.restart()
  }
  return target
}

async function run({ short, seed, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const random = seeded(seed)
  const kills = times ?? (short ? KILLS.short : KILLS.full)
  const spans = short ? SPANS.short : SPANS.full
  const form = await startLargeForm({ folder, processes: { collector: short ? 1 : 2, assembler: 2, worker: short ? 1 : 2, archiver: 1, alerter: 1, scheduler: 1 } })
  try {
    const traffic = new Traffic({ urls: form.otlp, senders: 8, spansPerSecond: short ? 800 : 1_500 })
    const patience = new Patience()
    let done = 0
    for (; (done < kills || traffic.spans < spans) && !patience.isOver(traffic.spans); done++) {
      await wait(GAP_MS.least + random(GAP_MS.span))
      say(`kill ${done + 1} of ${kills}: ${await killOne(form, random)}, ${traffic.spans} of ${spans} acknowledged`)
    }
    await traffic.stop()
    const { figure, failures } = judged(await settled(form.ask, traffic))
    said.figure(`${done} kills, seed ${seed}, ${traffic.told}: ${figure}`)
    said.failures.push(...failures)
    said.expect(done >= kills && traffic.spans >= spans, `${done} of ${kills} kills, ${traffic.spans} of ${spans} acknowledged, and nothing moved any more`)
    said.expect(traffic.unsettled.length === 0, `${traffic.unsettled.length} bodies were never acknowledged`)
    for (const { name, ends } of form.services) said.expect(ends.length === 0, `${name} ended by itself: ${ends.join(', ')}`)
  } finally {
    await form.stop()
  }
  return said
}

export const kills: Row = { name: 'kills', promise: 'acknowledged survives random SIGKILLs over all processes and the broker', needsBroker: true, run }
