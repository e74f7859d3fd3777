/** C2SP tlog-proof: that a leaf is in a signed log, as a file that needs nothing else but the log's key. */
import { HASH_BYTES, verifyInclusion } from './merkle.ts'
import { fromBase64, openNote, parseCheckpoint, type Verifier } from './note.ts'

const HEAD = 'c2sp.org/tlog-proof@v1'
/** A path in a tree of 2^53 leaves. */
const MOST_HASHES = 64

export interface TlogProof {
  /** Not authenticated: what a verifier may make the leaf of. Empty for none. */
  readonly extra: Buffer
  readonly index: number
  /** From the leaf's sibling up, 32 bytes each. */
  readonly hashes: readonly Buffer[]
  /** The signed checkpoint. */
  readonly note: string
}

export function formatProof({ extra, index, hashes, note }: TlogProof): string {
  const lines = [HEAD, ...(extra.length === 0 ? [] : [`extra ${extra.toString('base64')}`]), `index ${index}`, ...hashes.map((hash) => hash.toString('base64'))]
  return `${lines.join('\n')}\n\n${note}`
}

/** The proof in `text`, or undefined when it is none. Says nothing on whether it holds. */
export function parseProof(text: string): TlogProof | undefined {
  const end = text.indexOf('\n\n')
  if (end < 0) return undefined
  const lines = text.slice(0, end).split('\n')
  if (lines.shift() !== HEAD) return undefined
  const extra = lines[0]?.startsWith('extra ') === true ? fromBase64((lines.shift() as string).slice(6)) : Buffer.alloc(0)
  const digits = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '')?.[1]
  const hashes = lines.map(fromBase64)
  if (extra === undefined || digits === undefined || hashes.length > MOST_HASHES || !hashes.every((hash) => hash?.length === HASH_BYTES)) return undefined
  return { extra, index: Number(digits), hashes: hashes as Buffer[], note: text.slice(end + 2) }
}

export interface ProofClaim {
  readonly text: string
  /** Hash of the leaf that is to be in the log. */
  readonly leaf: Buffer
  /** Origin line of the log. */
  readonly origin: string
  readonly verifiers: readonly Verifier[]
}

/** '' when the proof holds, else why it does not. Never throws for what the text is. */
export function whyNotProved({ text, leaf, origin, verifiers }: ProofClaim): string {
  const proof = parseProof(text)
  if (proof === undefined) return 'it is no proof of C2SP tlog-proof'
  const opened = openNote(proof.note, verifiers)
  if ('refused' in opened) return `its checkpoint is not signed by a known key: ${opened.refused}`
  const checkpoint = parseCheckpoint(opened.body)
  if (checkpoint === undefined) return 'its note is no checkpoint'
  if (checkpoint.origin !== origin) return `its checkpoint is of another log: ${JSON.stringify(checkpoint.origin)}`
  const holds = verifyInclusion({ index: proof.index, size: checkpoint.size, leaf, proof: proof.hashes, root: checkpoint.root })
  return holds ? '' : 'the leaf does not lead to the root that was signed'
}
