/** Records of traces that were let go: told from new ones by asking the store, which alone remembers everything. */
import { maybeSeen } from '../../detectors/stats/seen.ts'
import type { EventHead } from '../../schemas/event-head.ts'
import type { Envelope, Store } from '../../schemas/ports.ts'
import type { EventRecord } from '../../schemas/topics.ts'
import type { AssemblerState } from './fold.ts'

export type EventPlaces = Pick<Store, 'places'>

interface Doubt {
  readonly head: EventHead
  readonly partition: number
  readonly offset: number
  readonly index: number
}

function doubtsOf(state: AssemblerState, envelopes: readonly Envelope<EventRecord>[]): Doubt[] {
  const doubts: Doubt[] = []
  for (const { partition, offset, records } of envelopes) {
    let last = ''
    let doubtful = false
    for (let index = 0; index < records.length; index++) {
      const head = records[index]?.head
      if (head === undefined) continue
      const key = state.keys.of(head)
      // Records of one trace mostly come together.
      if (key !== last) doubtful = !state.traces.has(key) && maybeSeen(state.gone, key)
      last = key
      if (doubtful) doubts.push({ head, partition, offset, index })
    }
  }
  return doubts
}

/** Event ids in `envelopes` that are stored already, under another place on the bus than the one they have here. */
export async function repeatsIn(
  state: AssemblerState, envelopes: readonly Envelope<EventRecord>[], store: EventPlaces,
): Promise<ReadonlySet<string>> {
  const repeats = new Set<string>()
  const all = doubtsOf(state, envelopes)
  for (const tenant of new Set(all.map((doubt) => doubt.head.tenant))) {
    const doubts = all.filter((doubt) => doubt.head.tenant === tenant)
    const places = await store.places(tenant, [...new Set(doubts.map((doubt) => doubt.head.event_id))])
    for (const { head, partition, offset, index } of doubts) {
      const place = places.get(head.event_id)
      if (place === undefined) continue
      const itself = place.partition === partition && place.offset === offset && place.offset_index === index
      if (!itself) repeats.add(head.event_id)
    }
  }
  return repeats
}
