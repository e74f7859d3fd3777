/** What can go wrong between a client and a server, one request at a time. */

export type Fault =
  /** The connection is reset: before the body is read, before the statement runs, or when it has run and nothing is answered. */
  | { readonly kind: 'reset'; readonly when: 'reading' | 'before' | 'after' }
  /** The statement runs; of the answer's body only so many bytes come. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** Something in between answers, before or after the statement ran. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly when: 'before' | 'after' }
  /** The server's own error, without running anything. */
  | { readonly kind: 'exception'; readonly code: number; readonly symbol: string }
  /** The statement runs when `until` resolves, or at once, and nothing is ever answered. */
  | { readonly kind: 'silence'; readonly until?: Promise<void> }
  /** The answer's body comes a byte at a time. */
  | { readonly kind: 'drip'; readonly everyMs: number }

interface Planned {
  readonly match: RegExp
  readonly fault: Fault
  left: number
}

export class Faults {
  readonly #planned: Planned[] = []
  /** Faults that happened. */
  readonly done: Fault[] = []
  /** Last change of every statement before it runs: what another server would have answered. */
  rewrite: (sql: string) => string = (sql) => sql

  /** The next `times` requests whose statement matches. */
  plan(match: RegExp, fault: Fault, times = 1): void {
    this.#planned.push({ match, fault, left: times })
  }

  take(sql: string): Fault | undefined {
    const planned = this.#planned.find(({ match, left }) => left > 0 && match.test(sql))
    if (planned === undefined) return undefined
    planned.left--
    this.done.push(planned.fault)
    return planned.fault
  }

  clear(): void {
    this.#planned.length = 0
    this.done.length = 0
    this.rewrite = (sql) => sql
  }
}
