/** The state on disk: msgpack, deflated. States of the version before are brought to this one. */
import { promisify } from 'node:util'
import { deflateRaw, inflateRawSync } from 'node:zlib'
import { Packr } from 'msgpackr'
import type { Snapshot } from '../../schemas/ports.ts'
import { migrated, type StateBefore } from './state-before.ts'
import { type AlerterState, emptyKept, type Kept, stateOf } from './state.ts'

export const STATE_VERSION = 2
const VERSION_BEFORE = 1

const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })
const deflated = promisify(deflateRaw)

/** 16 bytes of finding id, 4 of version, 4 of the alert's place in the list: a fifth of what msgpack takes. */
const ENTRY = 24
interface Known {
  readonly alerts: readonly string[]
  readonly entries: Buffer
}

function packKnown(known: Kept['known']): Known {
  const places = new Map<string, number>()
  const entries = Buffer.alloc(known.size * ENTRY)
  let at = 0
  for (const [id, { version, alertId }] of known) {
    let place = places.get(alertId)
    if (place === undefined) {
      place = places.size
      places.set(alertId, place)
    }
    entries.write(id, at, 16, 'hex')
    entries.writeUInt32LE(version >>> 0, at + 16)
    entries.writeUInt32LE(place, at + 20)
    at += ENTRY
  }
  return { alerts: [...places.keys()], entries }
}

function unpackKnown({ alerts, entries }: Known): Kept['known'] {
  const known: Kept['known'] = new Map()
  for (let at = 0; at + ENTRY <= entries.length; at += ENTRY) {
    known.set(entries.toString('hex', at, at + 16), { version: entries.readUInt32LE(at + 16), alertId: alerts[entries.readUInt32LE(at + 20)] ?? '' })
  }
  return known
}

type Stored = Omit<Kept, 'known'> & { readonly known: Known }

/** The state as it is at the call; what changes meanwhile is not in it. */
export function encodeState(state: AlerterState): Promise<Buffer> {
  const { groups, resolved, recent, known, orders, silences, spent, lines, storms, pending, dead, closed, events, deliveries, saidSilences, raised } = state
  const stored: Stored = {
    groups, resolved, recent, known: packKnown(known), orders, silences, spent, lines, storms, pending, dead, closed, events, deliveries, saidSilences, raised,
  }
  return deflated(packr.pack(stored), { level: 1 })
}

function keptOf({ version, state }: Pick<Snapshot, 'version' | 'state'>): Kept {
  if (version === VERSION_BEFORE) return migrated(packr.unpack(state) as StateBefore)
  if (version !== STATE_VERSION) throw new RangeError(`state of version ${version}`)
  const stored = packr.unpack(inflateRawSync(state)) as Stored
  return { ...emptyKept(), ...stored, known: unpackKnown(stored.known) }
}

/** Throws when it is no such state, or one of a version that is not known. */
export const decodeState = (snapshot: Snapshot): AlerterState => stateOf(keptOf(snapshot), snapshot.nextOffset)

