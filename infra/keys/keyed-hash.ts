/**
 * Keyed hashes: HMAC-SHA-256 (RFC 2104) under a key per tenant and purpose that is itself derived by HMAC-SHA-256 from the secret
 * of this installation, so that equal values match within a tenant and purpose and nowhere else.
 */
import { createHmac, hash } from 'node:crypto'
import type { KeyedHash } from '../../schemas/ports.ts'

const BLOCK = 64
const DIGEST = 32
const HEX_DIGITS = 32
const KEY_LIMIT = 10_000
/** Texts in the memory of recent answers: one call is seen by several observers with the same arguments. */
const RECENT_LIMIT = 512
const LONGEST_RECENT = 1024

type Purpose = Parameters<KeyedHash['of']>[1]

/** HMAC with one key. The padded keys stand in front of reused buffers, because two one-shot hashes cost half of a `createHmac`. */
class Mac {
  #inner = Buffer.alloc(BLOCK + 4096)
  readonly #outer = Buffer.alloc(BLOCK + DIGEST)
  #recent = new Map<string, string>()

  constructor(key: Buffer) {
    for (let i = 0; i < BLOCK; i++) {
      this.#inner[i] = (key[i] ?? 0) ^ 0x36
      this.#outer[i] = (key[i] ?? 0) ^ 0x5c
    }
  }

  of(text: string): string {
    const known = text.length <= LONGEST_RECENT ? this.#recent.get(text) : undefined
    return known ?? this.#compute(text)
  }

  #compute(text: string): string {
    if (text.length * 3 > this.#inner.length - BLOCK) this.#grow(text.length * 3)
    const length = BLOCK + this.#inner.write(text, BLOCK)
    this.#outer.write(hash('sha256', this.#inner.subarray(0, length), 'binary'), BLOCK, 'latin1')
    const answer = hash('sha256', this.#outer, 'hex').slice(0, HEX_DIGITS)
    if (text.length <= LONGEST_RECENT) this.#remember(text, answer)
    return answer
  }

  #grow(bytes: number): void {
    const grown = Buffer.alloc(BLOCK + bytes)
    this.#inner.copy(grown, 0, 0, BLOCK)
    this.#inner = grown
  }

  #remember(text: string, answer: string): void {
    if (this.#recent.size >= RECENT_LIMIT) this.#recent = new Map()
    this.#recent.set(text, answer)
  }
}

/** Keyed hashes under `secret` (32 bytes or more). Keys are kept for the 10,000 latest pairs of tenant and purpose. */
export function createKeyedHash(secret: Buffer): KeyedHash {
  const tenants = new Map<string, Map<Purpose, Mac>>()
  const derive = (tenant: string, purpose: Purpose): Mac => {
    if (tenants.size >= KEY_LIMIT) tenants.clear()
    const mac = new Mac(createHmac('sha256', secret).update(`watchkeeper 1\0${purpose}\0${tenant}`).digest())
    const purposes = tenants.get(tenant) ?? new Map<Purpose, Mac>()
    tenants.set(tenant, purposes.set(purpose, mac))
    return mac
  }
  return { of: (tenant, purpose, text) => (tenants.get(tenant)?.get(purpose) ?? derive(tenant, purpose)).of(text) }
}
