/** Where the keys of an interaction live on a bus of several partitions. */
import type { Armed } from '../../detectors/detector.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { partitionOf } from '../../schemas/partition-of.ts'
import type { Keyed } from '../../schemas/ports.ts'
import { type Step, type StepKey, writeOnce } from '../../schemas/step.ts'

/** A key, and whose it is. */
export interface OwnedKey {
  readonly detector: Armed
  readonly key: string
}

/** By this it is known in which partition a key of the detector lives. */
export const homeOf = (tenant: string, { detector, key }: OwnedKey): string => `${tenant}\u0000${detector.homeOf(key)}`

/** The steps of one interaction, one a partition that keys of it live in. */
export function stepsOf(interaction: Interaction, keys: readonly OwnedKey[], partitions: number): Keyed<Step>[] {
  const byPartition = new Map<number, { readonly key: string; readonly keys: StepKey[] }>()
  for (const owned of keys) {
    const home = homeOf(interaction.tenant, owned)
    const partition = partitionOf(home, partitions)
    const own = { detector: owned.detector.rule.id, key: owned.key }
    const known = byPartition.get(partition)
    if (known === undefined) byPartition.set(partition, { key: home, keys: [own] })
    else known.keys.push(own)
  }
  if (byPartition.size > 1) writeOnce(interaction)
  return [...byPartition.values()].map(({ key, keys: own }) => ({ key, record: { interaction, keys: own, lessons: [], notices: [] } }))
}
