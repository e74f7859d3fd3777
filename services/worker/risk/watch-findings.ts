/** Findings once more: topic `findings` → what detectors say of several of them together. The topic lies by tenant, so all of one actor or lineage are in one place. */
import type { Subscription } from '../../../schemas/ports.ts'
import { findings } from '../../../schemas/topics.ts'
import type { WorkerParts } from '../contracts.ts'
import { watchKept } from '../watch-kept.ts'
import { Tally } from './tally.ts'

export const watchFindings = (parts: WorkerParts): Promise<Subscription> => watchKept(findings, parts, (partition) => Tally.open(partition, parts))
