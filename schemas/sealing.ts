/** Keys under which the log is sealed: what is sealed under a key that was destroyed is gone, wherever copies of it lie. */

/** Whoever keeps the key of keys: a file on this machine, or a key management service. */
export interface KeyWrapper {
  wrap(key: Buffer): Promise<Buffer>
  /** Throws Failure `misconfigured` for what was not wrapped by it. */
  unwrap(wrapped: Buffer): Promise<Buffer>
}

/** Seals and opens envelopes. Neither waits: keys are in memory. */
export interface Sealer {
  /** `about` is bound to it and must be the same at opening. */
  seal(plain: Buffer, about: string): Buffer
  /** Throws RangeError where the key was destroyed, or the bytes are not what was sealed. */
  open(sealed: Buffer, about: string): Buffer
}
