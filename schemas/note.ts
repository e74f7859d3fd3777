/**
 * Signed notes, checkpoints and cosignatures as C2SP says them (signed-note, tlog-checkpoint, tlog-cosignature): what others' tools read. A note is
 * its text, an empty line, and lines `— name base64(key id ‖ signature)`; key id = SHA-256(name ‖ '\n' ‖ type ‖ public key)[:4].
 */
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'
import { HASH_BYTES } from './merkle.ts'

/** First byte of a key: Ed25519 over the text, or Ed25519 over time and text, as witnesses sign. */
const ED25519 = 1
export const COSIGNATURE = 4
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const MOST_SIGNATURES = 100
/** What a note may weigh, in characters: text from outside is read with it. */
const LONGEST_NOTE = 1024 * 1024

export interface Verifier {
  readonly name: string
  /** Eight hex digits. */
  readonly keyId: string
  readonly type: typeof ED25519 | typeof COSIGNATURE
  /** 32 bytes. */
  readonly publicKey: Buffer
}

export interface NoteSigner {
  readonly name: string
  /** Ed25519. */
  readonly privateKey: KeyObject
}

/** DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410). */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')
const keyObjects = new WeakMap<Buffer, KeyObject>()

/** Of the same bytes it is made once: thousands of checkpoints are verified with one key. */
function keyObjectOf(raw: Buffer): KeyObject {
  const known = keyObjects.get(raw) ?? createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' })
  keyObjects.set(raw, known)
  return known
}

/** The 32 bytes of a public key, or of the public half of a private one. Throws TypeError when it is not Ed25519. */
export function rawPublicKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('the key of a note must be Ed25519')
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return Buffer.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD.length))
}

/** A name that can stand in a signature line: not empty, no spaces, no plus, no control characters. */
export const isKeyName = (name: string): boolean => name !== '' && !/[\s+\u0000-\u001f\u007f\u0085\ufffd]/u.test(name)

/** Who verifies signatures made with this key under this name. Throws RangeError for a name that no note can carry. */
export function verifierOf(name: string, publicKey: KeyObject | Buffer, type: Verifier['type'] = ED25519): Verifier {
  if (!isKeyName(name)) throw new RangeError('the name of a key must not be empty, nor hold spaces or plus signs')
  const raw = Buffer.isBuffer(publicKey) ? publicKey : rawPublicKey(publicKey)
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), raw]), 'hex').slice(0, 8)
  return { name, keyId, type, publicKey: raw }
}

/** The line by which others know a key: `name+key id+base64(type ‖ public key)`. */
export function verifierKey(name: string, publicKey: KeyObject | Buffer, type: Verifier['type'] = ED25519): string {
  const { keyId, publicKey: raw } = verifierOf(name, publicKey, type)
  return `${name}+${keyId}+${Buffer.concat([Buffer.from([type]), raw]).toString('base64')}`
}

/** Strict base64: what is not written the one canonical way is undefined. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

/** The verifier in such a line; undefined when it is none, or its key id does not fit. */
export function parseVerifierKey(line: string): Verifier | undefined {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(line)
  const material = match === null ? undefined : fromBase64(match[3]!)
  if (match === null || material === undefined || material.length !== 1 + KEY_BYTES || !isKeyName(match[1]!)) return undefined
  const type = material[0]
  if (type !== ED25519 && type !== COSIGNATURE) return undefined
  const verifier = verifierOf(match[1]!, material.subarray(1), type)
  return verifier.keyId === match[2] ? verifier : undefined
}

export interface Checkpoint {
  /** Which log. */
  readonly origin: string
  /** Number of leaves. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Buffer
  /** When it was made, nanoseconds since 1970, as an extension line; earlier versions did not say. */
  readonly madeAt?: bigint
}

const MADE_AT = /^made_at ([0-9]{1,19})$/

/** Text of a checkpoint, to be signed: `origin\nsize\nbase64 of the root\n`, and `made_at nanoseconds\n` where the time is given. */
export const checkpointBody = ({ origin, size, root, madeAt }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n${madeAt === undefined ? '' : `made_at ${madeAt}\n`}`

/** The checkpoint in the text of a note (other extension lines are passed over), or undefined when it is none. */
export function parseCheckpoint(body: string): Checkpoint | undefined {
  const lines = body.split('\n')
  const [origin = '', digits = '', base64 = ''] = lines
  const root = fromBase64(base64)
  if (lines.length < 4 || lines.pop() !== '' || lines.includes('') || !/^(?:0|[1-9][0-9]{0,15})$/.test(digits)) return undefined
  const size = Number(digits)
  const made = MADE_AT.exec(lines[3] ?? '')?.[1]
  return root?.length === HASH_BYTES && Number.isSafeInteger(size) ? { origin, size, root, ...(made === undefined ? {} : { madeAt: BigInt(made) }) } : undefined
}

/** Ends in a newline; no control characters, no lone surrogates. */
const isText = (text: string): boolean => text.endsWith('\n') && !/[\u0000-\u0009\u000b-\u001f\ud800-\udfff]/u.test(text)

const signatureLine = ({ name, keyId }: Verifier, signature: Buffer): string =>
  `— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`

/** The whole note: text and one signature line. Throws RangeError when the text cannot be a note's. More lines may be put behind it. */
export function signNote(body: string, { name, privateKey }: NoteSigner): string {
  if (!isText(body)) throw new RangeError('the text of a note must end in a newline and hold no control characters')
  return `${body}\n${signatureLine(verifierOf(name, privateKey), sign(null, Buffer.from(body), privateKey))}`
}

const cosigned = (body: string, seconds: bigint): Buffer => Buffer.from(`cosignature/v1\ntime ${seconds}\n${body}`)

/** A witness's line under the checkpoint `body`: it saw this, and nothing that contradicts it, at `time` (seconds since 1970). */
export function cosignatureLine(body: string, { name, privateKey }: NoteSigner, time: number): string {
  const stamp = Buffer.alloc(8)
  stamp.writeBigUInt64BE(BigInt(time))
  const signature = Buffer.concat([stamp, sign(null, cosigned(body, BigInt(time)), privateKey)])
  return signatureLine(verifierOf(name, privateKey, COSIGNATURE), signature)
}

export interface NoteSignature {
  readonly verifier: Verifier
  /** When a witness says it saw the text, seconds since 1970; 0 for signatures without a time. */
  readonly time: number
}

export type OpenedNote =
  | { readonly body: string; readonly signatures: readonly NoteSignature[] }
  | { readonly refused: 'malformed' | 'no known signature' | 'false signature' }

interface SignatureLine {
  readonly name: string
  readonly keyId: string
  readonly signature: Buffer
}

function linesOf(text: string): readonly SignatureLine[] | undefined {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length === 0 || lines.length > MOST_SIGNATURES) return undefined
  const read = lines.map((line): SignatureLine | undefined => {
    const [dash, name = '', base64 = '', rest] = line.split(' ')
    const bytes = fromBase64(base64)
    if (dash !== '—' || rest !== undefined || !isKeyName(name) || bytes === undefined || bytes.length < 5) return undefined
    return { name, keyId: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) }
  })
  return read.some((line) => line === undefined) ? undefined : (read as SignatureLine[])
}

/** A signature that was cut off is none: whoever copies a file while it is written has such a one. */
const isWhole = ({ type }: Verifier, signature: Buffer): boolean => signature.length === (type === COSIGNATURE ? 8 : 0) + SIGNATURE_BYTES

/** The time the signature states, 0 without one; undefined when the signature is false. */
function timeOf(body: string, { type, publicKey }: Verifier, signature: Buffer): number | undefined {
  const stamped = type === COSIGNATURE ? 8 : 0
  const time = stamped === 0 ? 0n : signature.readBigUInt64BE(0)
  const message = stamped === 0 ? Buffer.from(body) : cosigned(body, time)
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  return verify(null, message, keyObjectOf(publicKey), signature.subarray(stamped)) ? Number(time) : undefined
}

/** Where text and signatures part: behind the last empty line. undefined for what is no note. */
function partsOf(note: string): { readonly body: string; readonly lines: readonly SignatureLine[] } | undefined {
  const split = note.length > LONGEST_NOTE || !isText(note) ? -1 : note.lastIndexOf('\n\n')
  const lines = split < 1 ? undefined : linesOf(note.slice(split + 2))
  return lines === undefined ? undefined : { body: note.slice(0, split + 1), lines }
}

/**
 * The text of a note and who of `verifiers` signed it. Signatures of others are passed over; a false one under a known name and key id refuses
 * the whole note, and so does none at all. Never throws for what the note is.
 */
export function openNote(note: string, verifiers: readonly Verifier[]): OpenedNote {
  const parts = partsOf(note)
  if (parts === undefined) return { refused: 'malformed' }
  const signatures = new Map<Verifier, NoteSignature>()
  for (const { name, keyId, signature } of parts.lines) {
    const verifier = verifiers.find((known) => known.name === name && known.keyId === keyId)
    if (verifier === undefined || signatures.has(verifier)) continue
    if (!isWhole(verifier, signature)) return { refused: 'malformed' }
    const time = timeOf(parts.body, verifier, signature)
    if (time === undefined) return { refused: 'false signature' }
    signatures.set(verifier, { verifier, time })
  }
  return signatures.size === 0 ? { refused: 'no known signature' } : { body: parts.body, signatures: [...signatures.values()] }
}
