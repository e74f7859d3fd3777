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
