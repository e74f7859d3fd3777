/** What reports need of the process that makes them, and what they tell. */
import type { AdminAudit } from '../../schemas/admin-action.ts'
import type { NoteSigner } from '../../schemas/note.ts'
import type { Clock, Log, PartitionLag, Store } from '../../schemas/ports.ts'

/** Where finished reports lie. */
export interface ReportFiles {
  /**
   * All files or none, under `name` (lower-case words, digits, `-` and `/`). The same files again are the same place; others under a name that is taken are put beside it.
   * The answer is the directory.
   */
  keep(name: string, files: ReadonlyMap<string, string>): Promise<string>
  /** By path within the directory; undefined where it is not there. */
  read(directory: string): Promise<ReadonlyMap<string, string> | undefined>
}

export interface ReportPorts {
  readonly store: Pick<Store, 'query' | 'insertRows'>
  readonly clock: Clock
  readonly audit: AdminAudit
  readonly files: ReportFiles
  lag(): Promise<readonly PartitionLag[]>
  /** The notary's key. */
  signer(): Promise<NoteSigner>
  readonly host: string
  readonly log: Log
}

/** A row of table `reports`, as the API and the command line show it; times are ISO 8601. */
export interface ReportRow {
  readonly report_id: string
  readonly run_id: string
  readonly tenant: string
  readonly title: string
  readonly schedule: string
  readonly controls: readonly string[]
  readonly from: string
  readonly to: string
  readonly as_of: string
  readonly made_at: string
  readonly made_by: string
  readonly host: string
  readonly directory: string
  readonly outcome: 'done' | 'failed'
  readonly reason: string
  readonly report_hash: string
  readonly page_hash: string
  readonly note: string
  readonly result_rows: number
}
