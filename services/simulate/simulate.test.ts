import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { hash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ATTACKS } from './attacks/list.ts'
import type { Label } from './plan.ts'
import { folderSink, sendAll } from './send.ts'
import { attacksNamed, type Happening, Simulation } from './simulate.ts'

const folder = mkdtempSync(join(tmpdir(), 'wk-simulate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** 2026-03-02, a Monday. */
const FIRST_DAY = 20_514
const company = (seed: number, attacks = 'all', days = 3): Simulation => new Simulation({ seed, days, history: 1, principals: 16, servers: 30, firstDay: FIRST_DAY, attacks: attacksNamed(attacks) })
const digestOf = (happenings: Iterable<Happening>): string => hash('sha256', [...happenings].map((one) => (one.is === 'request' ? `${one.at}${hash('sha256', one.body)}` : JSON.stringify(one.label))).join(), 'hex')

describe('simulated company', () => {
  it('is the same for the same seed and another for another', () => {
    expect(digestOf(company(5, 'beacon,rug-pull,token-shared', 1).happenings())).toBe(digestOf(company(5, 'beacon,rug-pull,token-shared', 1).happenings()))
    expect(digestOf(company(5, 'none', 1).happenings())).not.toBe(digestOf(company(6, 'none', 1).happenings()))
  })

  it('sends in the order of arrival, and tells of every attack once, after its last request was made', () => {
    const labels: Label[] = []
    let last = 0
    for (const happening of company(7).happenings()) {
      if (happening.is === 'label') labels.push(happening.label)
      else {
        expect(happening.at).toBeGreaterThanOrEqual(last)
        last = happening.at
      }
    }
    expect(new Set(labels.map(({ id }) => id)).size).toBe(labels.length)
    // A small company lacks somebody to do a few of them to.
    expect(labels.length).toBeGreaterThan(ATTACKS.length * 0.7)
    for (const label of labels) {
      expect(Date.parse(label.first_event)).toBeGreaterThanOrEqual(FIRST_DAY * 86_400_000)
      expect(label.first_event <= label.last_event && label.last_event <= label.last_arrival, label.id).toBe(true)
      expect(label.principals.length + label.servers.length, label.id).toBeGreaterThan(0)
    }
  })

  it('has no attack where none is asked for, and refuses names that it does not know', () => {
    expect([...company(7, 'none', 1).happenings()].some(({ is }) => is === 'label')).toBe(false)
    expect(() => attacksNamed('bulk-export,sorcery')).toThrow('sorcery')
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length)
    expect(ATTACKS.length).toBeGreaterThanOrEqual(40)
  })

  it('writes a file a day in which every body can be found again', async () => {
    const sent = await sendAll(company(8, 'beacon', 2), folderSink(folder), folder)
    let [requests, bytes] = [0, 0]
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.otlp'))) {
      const file = readFileSync(join(folder, name))
      for (let at = 0; at < file.length;) {
        const end = file.indexOf(10, at)
        const line = JSON.parse(file.toString('utf8', at, end)) as { path: string; bytes: number; received_at: string }
        expect(line.received_at.startsWith(name.slice(0, 10))).toBe(true)
        expect(file[end + 1]).toBe(10)
        at = end + 1 + line.bytes + 1
        expect(file[at - 1]).toBe(10)
        requests++
        bytes += line.bytes
      }
    }
    expect({ requests, bytes }).toEqual({ requests: sent.requests, bytes: sent.bytes })
    expect(readFileSync(join(folder, 'labels.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as Label).attack)).toEqual(['beacon'])
  })
})
