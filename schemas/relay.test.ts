import { describe, expect, it } from 'vitest'
import { blankInteraction } from './interaction.ts'
import { decodePart, decodeRelays, encodePart, encodeRelays, HOMES, type Part, type Relay } from './relay.ts'

const part: Part = {
  interaction: { ...blankInteraction(), interaction_id: 'a'.repeat(32), tenant: 'acme', tool: 'refund' }, trace: 'acme\u0000t1', conversation: 'c', rooted: true, bridged: false,
  asked: 'asked', answered: 'answered', turns: ['refund it'], results: [{ id: 'r', text: 'done' }],
}

describe('relays', () => {
  it('are read as they were written, whatever the home', () => {
    const relays = HOMES.map((home): Relay => ({ kind: 'part', key: `acme\u0000${home}`, at: 7n, home, part }))
    expect(decodeRelays(encodeRelays(relays))).toEqual(relays)
  })

  it('that were read are sent on as they are, and their copies with what was changed', () => {
    const sent = (of: Part, home: (typeof HOMES)[number]): Buffer => encodeRelays([{ kind: 'part', key: 'k', at: 7n, home, part: of }])
    const [read] = decodeRelays(sent(part, 'call'))
    if (read?.kind !== 'part') throw new Error('no part')
    expect(sent(read.part, 'conversation')).toEqual(sent(part, 'conversation'))
    expect(decodePart(encodePart(read.part))).toEqual(part)
    const moved = { ...read.part, bridged: true, interaction: { ...read.part.interaction, version: 2 } }
    expect(decodeRelays(sent(moved, 'actor'))).toEqual([{ kind: 'part', key: 'k', at: 7n, home: 'actor', part: moved }])
    expect(decodePart(encodePart(moved))).toEqual({ ...part, bridged: true, interaction: { ...part.interaction, version: 2 } })
  })

  it('of the format before know no states', () => {
    const relays: readonly Relay[] = [{ kind: 'part', key: 'k', at: 7n, home: 'conversation', part }]
    const bytes = encodeRelays(relays)
    const from = bytes.indexOf('asked') - 1
    const older = Buffer.concat([bytes.subarray(0, from), bytes.subarray(bytes.indexOf('answered') + 'answered'.length)])
    older[0] = 2
    expect(decodeRelays(older)).toEqual([{ ...relays[0], part: { ...part, asked: '', answered: '' } }])
    older[0] = 4
    expect(() => decodeRelays(older)).toThrow('format 4')
  })
})
