import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'
import { type Neighbour, StartWait } from './start-wait.ts'

const kafka: Neighbour = { name: 'Kafka', limitSeconds: 60, setting: 'bus.kafka.start_wait_seconds' }
const away = (code = 'kafka.unreachable'): Failure => new Failure('unavailable', code, 'Kafka: no broker answers at k:1: start it, or correct the address')

function rig({ passMs = 0 }: { readonly passMs?: number } = {}) {
  const said: string[] = []
  const asked = new AbortController()
  const say = (_facts: object, message?: string): void => void said.push(message ?? '')
  const log = { debug: say, info: say, warn: say, error: say } as Log
  let now = 0
  return { said, asked, wait: new StartWait({ log, asked: asked.signal, now: () => (now += passMs) }) }
}

describe('a start whose neighbour is away', () => {
  it('waits until it is there, tells whoever asks for whom, and says so once', async () => {
    const { said, wait } = rig()
    const reasons: string[] = []
    let tries = 0
    const opened = await wait.until(kafka, async () => {
      if (tries++ === 0) setTimeout(() => reasons.push(wait.reason), 10)
      if (tries < 3) throw away()
      return 'open'
    })
    expect([opened, tries, wait.reason]).toEqual(['open', 3, ''])
    expect(reasons).toEqual(['Kafka: no broker answers at k:1: start it, or correct the address'])
    expect(said).toEqual(['Kafka is away: the start waits for it', 'Kafka is there'])
  })

  it('gives up when its limit is over, with what to look at', async () => {
    const { wait } = rig({ passMs: 40_000 })
    const message = 'Kafka: no broker answers at k:1: start it, or correct the address (waited 60 s: bus.kafka.start_wait_seconds)'
    await expect(wait.until(kafka, () => Promise.reject(away()))).rejects.toMatchObject({ kind: 'unavailable', code: 'kafka.unreachable', message })
  })

  it('takes a name that nobody knows for a mistake, after the whole wait only', async () => {
    const { said, wait } = rig({ passMs: 40_000 })
    await expect(wait.until(kafka, () => Promise.reject(away('kafka.unknown_host')))).rejects.toMatchObject({ kind: 'misconfigured', code: 'kafka.unknown_host' })
    expect(said).toHaveLength(1)
  })

  it('does not wait for what waiting does not change', async () => {
    const { said, wait } = rig()
    const wrong = new Failure('misconfigured', 'kafka.tls', 'Kafka: k:1 speaks TLS')
    await expect(wait.until(kafka, () => Promise.reject(wrong))).rejects.toBe(wrong)
    await expect(wait.until(undefined, () => Promise.reject(away()))).rejects.toMatchObject({ code: 'kafka.unreachable' })
    expect(said).toEqual([])
  })

  it('waits no longer when the process is asked to end', async () => {
    const { asked, wait } = rig()
    const waiting = wait.until(kafka, () => Promise.reject(away()))
    setTimeout(() => asked.abort(), 20)
    await expect(waiting).rejects.toMatchObject({ kind: 'unavailable', code: 'start.ended' })
  })
})
