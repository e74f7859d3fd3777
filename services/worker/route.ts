/** Where the keys of an interaction live on a bus of several partitions. */
import type { Armed } from '../../detectors/detector.ts'
import type { WrittenInteraction } from '../../schemas/interaction-codec.ts'
import { partitionOf } from '../../schemas/partition-of.ts'
import type { Keyed } from '../../schemas/ports.ts'
import { type Step, type StepKey, written } from '../../schemas/step.ts'

/** A key, and whose it is. */
export interface OwnedKey {
  readonly detector: Armed
  readonly key: string
}

const named = (tenant: string, home: string): string => `${tenant}\u0000${home}`

/** By this it is known in which partition a key of the detector lives. */
export const homeOf = (tenant: string, { detector, key }: OwnedKey): string => named(tenant, detector.homeOf(key))

interface Parcel {
  readonly key: string
  readonly keys: StepKey[]
}

/** The steps of one interaction, one a partition that keys of it live in. */
export function stepsOf({ interaction, bytes = written(interaction) }: WrittenInteraction, keys: readonly OwnedKey[], partitions: number): Keyed<Step>[] {
  const parcels = new Map<number, Parcel>()
  // Most keys are at home with others: what partition that is is worked out once.
  const byHome = new Map<string, Parcel>()
  for (const { detector, key } of keys) {
    const home = detector.homeOf(key)
    const parcel = byHome.get(home) ?? parcelFor(named(interaction.tenant, home), parcels, partitions)
    byHome.set(home, parcel)
    parcel.keys.push({ detector: detector.rule.id, key })
  }
  return Array.from(parcels.values(), ({ key, keys: own }) => ({ key, record: { interaction, bytes, keys: own, lessons: [], notices: [] } }))
}

function parcelFor(home: string, parcels: Map<number, Parcel>, partitions: number): Parcel {
  const partition = partitionOf(home, partitions)
  const parcel = parcels.get(partition) ?? { key: home, keys: [] }
  parcels.set(partition, parcel)
  return parcel
}
