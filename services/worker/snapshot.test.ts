import { Packr } from 'msgpackr'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { arm, type Detector } from '../../detectors/detector.ts'
import { emptyFold } from './fold.ts'
import { KeyStates } from './key-states.ts'
import { decodeFold, encodeFold } from './snapshot.ts'

const RULE = {
  version: 1, title: '', description: '', severity: 'high', params: z.strictObject({}), needs: [], blindSpots: [], benign: [], runbook: [],
  maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
} as const
const staying: Detector<object, object> = { rule: { ...RULE, id: 'staying' }, begin: () => ({}) }
const moving: Detector<object, object> = { ...staying, rule: { ...RULE, id: 'moving' }, homeOf: () => 'elsewhere' }
const armed = [arm(staying, {}), arm(moving, {})]
const NOTHING = { findings: [], interactions: [] }
const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })

async function saved(): Promise<Buffer> {
  const state = emptyFold()
  for (const { rule: { id } } of armed) state.keys.set(id, new KeyStates(10, [['acme', 'k', {}]]))
  return await encodeFold(state, NOTHING, armed)
}

/** As it was written before states lived beside other keys. */
function older(bytes: Buffer): Buffer {
  const end = 4 + bytes.readUInt32LE()
  const { detectors, ...rest } = packr.unpack(bytes.subarray(4, end)) as { readonly detectors: readonly { readonly homed?: boolean }[] }
  const head = packr.pack({ ...rest, detectors: detectors.map(({ homed: _, ...detector }) => detector) })
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  return Buffer.concat([length, head, bytes.subarray(end)])
}

it('gives back what was saved, however many partitions there are', async () => {
  for (const partitions of [1, 4]) {
    const { state, ignored } = decodeFold(await saved(), armed, { maxKeys: 10, partitions })
    expect([[...state.keys.keys()], ignored]).toEqual([['staying', 'moving'], []])
  }
})

it('begins anew with what lies in other partitions since', async () => {
  const before = older(await saved())
  expect(decodeFold(before, armed, { maxKeys: 10, partitions: 4 }).ignored).toEqual(['moving'])
  expect(decodeFold(before, armed, { maxKeys: 10, partitions: 1 }).ignored).toEqual([])
})
