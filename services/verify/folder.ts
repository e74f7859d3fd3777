/** What an evidence folder is made of (docs/evidence.md). */
import { z } from 'zod'

export const FORMAT = 'watchkeeper-evidence/1'
export const MANIFEST = 'manifest.json'
/** Signed note over the manifest (seal.ts). */
export const SEAL = 'manifest.note'
export const KEYS = 'keys.txt'
export const ANCHORS = 'anchors.txt'
export const REMOVALS = 'removals.json'
export const GAPS = 'gaps.json'
export const DROPPED = 'dropped.bin'
export const CHECKPOINTS = { log: 'checkpoints/log.jsonl', partitions: 'checkpoints/partitions.jsonl' } as const
export const leavesFile = (partition: number, from: number): string => `leaves/${partition}-${String(from).padStart(12, '0')}.bin`
export const rowsFile = (number: number): string => `rows/${String(number).padStart(6, '0')}.bin`

/** Leaves in one file. */
export const LEAVES_A_FILE = 500_000

const size = z.number().int().min(0)
/** Names as this program writes them: no way out of the folder. */
const path = z.string().regex(/^(?:[a-z]+\/)?[a-z0-9-]{1,60}\.[a-z]{2,5}$/)

export const Manifest = z.object({
  format: z.literal(FORMAT),
  /** Of the logs: NAME/log, NAME/events/PARTITION. */
  log: z.string(),
  made_at: z.string(),
  made_by: z.string(),
  source: z.string(),
  /** null: rows of all. */
  tenants: z.array(z.string()).nullable(),
  partitions: z.array(z.object({ partition: size, leaves: size })),
  rows: z.array(z.object({ path, rows: size })),
  files: z.array(z.object({ path, bytes: size, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
})
export type Manifest = z.infer<typeof Manifest>

export const CheckpointLine = z.object({ partition: z.number().int().min(-1), size, log_index: z.number().int().min(-1), note: z.string(), made_at: z.string().regex(/^\d{1,20}$/).optional() })
export const RemovalList = z.array(z.object({ id: z.string(), kind: z.string(), detail: z.string(), at: z.number().optional() }))
export const GapList = z.array(z.object({ partition: z.number().int(), first: z.number(), next: z.number(), detail: z.string(), explained: z.string() }))
