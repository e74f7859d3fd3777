/** Where a simulation goes: into a folder, or to a running collector. */
import { once } from 'node:events'
import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../schemas/failure.ts'
import { DAY, isoDay } from './calendar.ts'
import type { Places } from './places.ts'
import type { Happening, Simulation } from './simulate.ts'

type Request = Extract<Happening, { is: 'request' }>
export interface Sent {
  readonly requests: number
  readonly bytes: number
  readonly attacks: number
}

/** Takes requests in the order of their arrival. */
export interface Sink {
  take(request: Request): Promise<void>
  end(): Promise<void>
}

const PATHS = { traces: '/v1/traces', logs: '/v1/logs' } as const

async function write(stream: WriteStream, bytes: Buffer | string): Promise<void> {
  if (!stream.write(bytes)) await once(stream, 'drain')
}

async function finish(stream: WriteStream | undefined): Promise<void> {
  if (stream === undefined) return
  stream.end()
  await once(stream, 'finish')
}

/**
 * A file a day (`2026-03-02.otlp`): for each request a line of JSON (`received_at`, `path`, `bytes`), then the body of so many bytes and a line feed. The
 * line of the file says all that is needed to send it again.
 */
export function folderSink(folder: string): Sink {
  let day = ''
  let stream: WriteStream | undefined
  return {
    async take({ signal, at, body }) {
      const today = isoDay(Math.floor(at / DAY))
      if (today !== day || stream === undefined) {
        await finish(stream)
        day = today
        stream = createWriteStream(join(folder, `${day}.otlp`))
      }
      await write(stream, `${JSON.stringify({ received_at: new Date(at).toISOString(), path: PATHS[signal], bytes: body.length })}\n`)
      await write(stream, body)
      await write(stream, '\n')
    },
    end: () => finish(stream),
  }
}

const TRIES = 20

/** To a collector's OTLP/HTTP, one request after the other. Throws Failure `unavailable` where nothing answers or it stays busy, `rejected` where it refuses. */
export function collectorSink(url: string, token: string | undefined): Sink {
  const headers = { 'content-type': 'application/x-protobuf', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  return {
    async take({ signal, body }) {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const response = await fetch(`${url.replace(/\/$/, '')}${PATHS[signal]}`, { method: 'POST', body, headers }).catch((cause: unknown) => {
          throw new Failure('unavailable', 'simulate.server', `Nothing answers at ${url}.`, { cause })
        })
        await response.arrayBuffer()
        if (response.ok) return
        if (response.status !== 429 && response.status !== 503) throw new Failure('rejected', 'simulate.refused', `${url} answered ${response.status}.`)
        await wait(Math.min(30, Number(response.headers.get('retry-after') ?? 1) || 1) * 1000)
      }
      throw new Failure('unavailable', 'simulate.busy', `${url} was busy ${TRIES} times in a row.`)
    },
    end: () => Promise.resolve(),
  }
}

/** Networks of the simulation as CSV, for whoever makes a database of places of them. */
const networksOf = ({ networks }: Places): string =>
  ['network,country,asn,organisation,hosting', ...networks.map(({ prefix, country, asn, organisation, hosting }) => `${prefix}.0.0/16,${country},${asn},${organisation},${hosting}`)].join('\n')

/** Sends everything; labels and networks go to `folder` (`labels.jsonl`, `networks.csv`). */
export async function sendAll(simulation: Simulation, sink: Sink, folder: string): Promise<Sent> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'networks.csv'), `${networksOf(simulation.company.places)}\n`)
  const labels = createWriteStream(join(folder, 'labels.jsonl'))
  let [requests, bytes, attacks] = [0, 0, 0]
  for (const happening of simulation.happenings()) {
    if (happening.is === 'label') {
      attacks++
      await write(labels, `${JSON.stringify(happening.label)}\n`)
      continue
    }
    requests++
    bytes += happening.body.length
    await sink.take(happening)
  }
  await sink.end()
  await finish(labels)
  return { requests, bytes, attacks }
}
