/** What the notary tells: signed states of the logs, and what of them was put outside. */

/** A row of table `checkpoints`. */
export interface CheckpointRow {
  /** Origin line: NAME/events/PARTITION, or NAME/log. */
  readonly log: string
  /** -1 for the log over all partitions. */
  readonly partition: number
  readonly size: number
  /** 64 hex digits. */
  readonly root: string
  /** Signed note (C2SP tlog-checkpoint). */
  readonly note: string
  /** Of a partition's checkpoint: which leaf of the log over all partitions its body is; else -1. */
  readonly log_index: number
  /** Nanoseconds. */
  readonly made_at: bigint
}

/** A row of table `anchors`: one attempt. */
export interface AnchorRow {
  /** 32 hex digits. */
  readonly anchor_id: string
  readonly anchor: string
  readonly kind: 'file' | 'webhook' | 'witness'
  readonly log: string
  readonly size: number
  readonly root: string
  readonly ok: boolean
  readonly detail: string
  /** As anchored, with a witness's cosignature. */
  readonly note: string
  readonly anchored_at: bigint
}

/** Origin of the log of a partition's events, and of the log whose leaves are the bodies of all their checkpoints. */
export const partitionOrigin = (name: string, partition: number): string => `${name}/events/${partition}`
export const logOrigin = (name: string): string => `${name}/log`

/** The text that a note's signatures are over. */
export const bodyOf = (note: string): string => note.slice(0, note.lastIndexOf('\n\n') + 1)
