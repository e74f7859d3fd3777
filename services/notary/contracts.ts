/** What the notary needs, and what the places outside are to it. */
import type { KeyObject } from 'node:crypto'
import type { Bus, Clock, Log, Snapshots, Store } from '../../schemas/ports.ts'
import type { Verifier } from '../../schemas/note.ts'

/** A checkpoint of the log over all partitions, as it goes outside. */
export interface Anchorable {
  readonly origin: string
  readonly size: number
  /** 64 hex digits. */
  readonly root: string
  readonly note: string
}

interface Schedule {
  readonly name: string
  readonly everySeconds: number
}

/** Takes a checkpoint as it is. */
export interface PlainAnchor extends Schedule {
  readonly kind: 'file' | 'webhook'
  /** Resolves when the anchor has it for good. What it throws says why not. */
  put(checkpoint: Anchorable, signal: AbortSignal): Promise<void>
}

/** Checks that the log only grew, and signs that it saw it (C2SP tlog-witness). */
export interface WitnessAnchor extends Schedule {
  readonly kind: 'witness'
  /** Whose cosignature counts. */
  readonly verifier: Verifier
  /** `POST /add-checkpoint`. Status 0: no answer, and the text says why. */
  addCheckpoint(body: string, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }>
}

export type Anchor = PlainAnchor | WitnessAnchor

export interface NotaryConfig {
  /** undefined: `watchkeeper.local/` and the begin of the key's hash. */
  readonly name: string | undefined
  /** Verifier line of a key that may come in the place of the one that signed until now. */
  readonly acceptKey: string | undefined
  readonly checkpointSeconds: number
  readonly checkpointEvents: number
  readonly anchors: readonly Anchor[]
  /** How often the tables are looked at, milliseconds. */
  readonly lookMs?: number
}

export interface NotaryPorts {
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>
  readonly store: Pick<Store, 'query'>
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly log: Log
  /** Ed25519. */
  readonly privateKey: KeyObject
}
