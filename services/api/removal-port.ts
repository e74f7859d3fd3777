/** What the API needs of those who erase, hold and remove by age. What comes out is JSON, as the routes describe it. */

export interface ErasureWish {
  readonly tenant: string
  readonly subject: string
  readonly aliases: readonly string[]
  readonly reason: string
  readonly mentions: boolean
}

export interface HoldWish {
  readonly tenant: string
  readonly kind: 'tenant' | 'principal' | 'case'
  readonly value: string
  readonly reason: string
}

/** `tenant` undefined: of all tenants. Throws Failure `rejected` for what a hold forbids. */
export interface RemovalsPort {
  plan(wish: ErasureWish): Promise<object>
  /** Begins, or goes on; the answer is the removal_id. */
  erase(wish: ErasureWish, by: string): Promise<string>
  list(tenant: string | undefined): Promise<readonly object[]>
  show(tenant: string | undefined, removalId: string): Promise<object | undefined>
  holds(tenant: string | undefined, released: boolean): Promise<readonly object[]>
  place(wish: HoldWish, by: string): Promise<object>
  release(holdId: string, release: { readonly tenant: string | undefined; readonly by: string; readonly why: string }): Promise<object | undefined>
  due(tenant: string | undefined): Promise<readonly object[]>
  /** Removal_ids of what was removed. */
  expire(by: string, signal: AbortSignal): Promise<readonly string[]>
}
