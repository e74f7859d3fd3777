/** What the API needs of those who make reports. */

/** Times are ISO 8601. */
export interface ReportWish {
  readonly tenant: string
  readonly controls: readonly string[]
  readonly title?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly as_of?: string | undefined
}

/** What comes out is JSON, as the routes describe it. `tenant` undefined: of all tenants. */
export interface ReportsPort {
  run(wish: ReportWish, by: string): Promise<object>
  again(wish: ReportWish): Promise<object>
  list(listing: { readonly tenant: string | undefined; readonly limit: number }): Promise<readonly object[]>
  files(listing: { readonly tenant: string | undefined; readonly id: string }): Promise<{ readonly files: ReadonlyMap<string, string> } | undefined>
  schedules(tenant: string | undefined): Promise<readonly object[]>
}

export interface PackWish {
  readonly alertId: string
  /** Undefined: whoever's it is. */
  readonly tenant: string | undefined
  readonly beforeMinutes: number
  readonly afterMinutes: number
}

/** What the API needs of those who pack incidents. */
export interface IncidentsPort {
  /** Pieces of files; undefined where there is no such alert. */
  pack(wish: PackWish, signal: AbortSignal | undefined): Promise<AsyncIterable<{ readonly path: string; readonly text: string }> | undefined>
}
