/** Keys under which the log is sealed: what is sealed under a key that was destroyed is gone, wherever copies of it lie. */

/** Whoever keeps the key of keys: a file on this machine, or a key management service. */
export interface KeyWrapper {
  /** Which key of keys it is; no secret. */
  readonly id: string
  wrap(key: Buffer): Promise<Buffer>
  /** Throws Failure `misconfigured` for what was not wrapped by it. */
  unwrap(wrapped: Buffer): Promise<Buffer>
}

/** Seals and opens envelopes. Neither waits: keys are in memory. */
export interface Sealer {
  /** `about` is bound to it and must be the same at opening. Throws Failure `unavailable` while it is not known which key is in use. */
  seal(plain: Buffer, about: string): Buffer
  /** The same in pieces to be put behind each other. None shares memory with `plain`. */
  sealPieces(plain: Buffer, about: string): readonly Buffer[]
  /**
   * Throws RangeError where the key was destroyed, or the bytes are not what was sealed; Failure `unavailable` where the key is another process's and is asked
   * for, `misconfigured` where nobody has it although it was never destroyed.
   */
  open(sealed: Buffer, about: string): Buffer
}

/** A data key as it is kept. */
export interface KeyRow {
  /** 16 hex digits. */
  readonly id: string
  /** Milliseconds since 1970; of all keys the one made last is used. */
  readonly madeAt: number
  readonly wrapped: Buffer
}

/** Where a partition of a topic ended. */
export interface End {
  readonly topic: string
  readonly partition: number
  readonly end: number
}

/** Keys that are to be destroyed: not before `at` (milliseconds since 1970), and not before every reader is past the ends. */
export interface Retirement {
  readonly id: string
  readonly at: number
  readonly keys: readonly string[]
  /** Undefined while another process may still write under them. */
  readonly ends: readonly End[] | undefined
  /** When none does any more. */
  readonly settledAt?: number
  /** From when on nothing that they sealed is kept, so nobody is waited for. */
  readonly latest?: number
  /** Nobody opens with them any more; the store may still have them somewhere. */
  readonly destroyed?: boolean
}

export interface KeyState {
  readonly keys: readonly KeyRow[]
  /** Ids of those that were destroyed, where that is remembered. */
  readonly destroyed: ReadonlySet<string>
  readonly retiring: readonly Retirement[]
}

/** Where data keys are kept, wrapped. What one process wrote is in what another loads afterwards. */
export interface KeyStore {
  load(): Promise<KeyState>
  add(key: KeyRow): Promise<void>
  /** Writes down what is to be destroyed later, in place of what stands under its id. */
  retire(retirement: Retirement): Promise<void>
  /** Forgets a retirement. */
  end(id: string): Promise<void>
  /** From now on nobody is given these keys. Safe to repeat. */
  destroy(ids: readonly string[]): Promise<void>
  /** Whether nothing of these keys can be read from it any more. */
  isGone(ids: readonly string[]): Promise<boolean>
}
