/** The signature over an evidence folder's manifest: what the folder is to hold, and of whom, is said by who has the notary's key. */
import { hash } from 'node:crypto'
import type { Fault, Sealed } from '../../schemas/evidence.ts'
import { COSIGNATURE, type NoteSigner, openNote, signNote, type Verifier } from '../../schemas/note.ts'

const bodyOf = (name: string, sha256: string): string => `${name}/evidence\nmanifest.json sha256:${sha256}\n`
const sha256Of = (text: string | Buffer): string => hash('sha256', text, 'hex')

/** A C2SP signed note over the bytes of manifest.json. */
export const signManifest = (manifest: string, signer: NoteSigner): string => signNote(bodyOf(signer.name, sha256Of(manifest)), signer)

export interface SealJudged {
  readonly faults: readonly Fault[]
  /** Sentences: why integrity cannot be said, and what is to be known otherwise. */
  readonly unverifiable: readonly string[]
  readonly notes: readonly string[]
}

const NOTHING: SealJudged = { faults: [], unverifiable: [], notes: [] }
export const UNSIGNED = 'manifest.json is not signed: an earlier version made the folder, or somebody without the key, or its signature was taken away. What the tree proves is proved; ' +
  'that no gap and no tenant was left out of the folder is not.'

const changed = (why: string): SealJudged =>
  ({ ...NOTHING, faults: [{ question: 'integrity', kind: 'manifest-changed', partition: -1, index: -1, detail: `manifest.json is not what was signed: ${why}` }] })

/** What the signature says of a source that has one to show; nothing of others. */
export function judgeSeal(sealed: Sealed | undefined, verifiers: readonly Verifier[]): SealJudged {
  if (sealed === undefined) return NOTHING
  const { note, manifest } = sealed
  if (note === undefined) return { ...NOTHING, notes: [UNSIGNED] }
  // A witness vouches for states of the log and for nothing else.
  const keys = verifiers.filter(({ type }) => type !== COSIGNATURE)
  if (keys.length === 0) return NOTHING
  const opened = openNote(note, keys)
  if ('refused' in opened) return opened.refused === 'no known signature' ? { ...NOTHING, unverifiable: ['manifest.json is signed by none of the keys that were given.'] } : changed(opened.refused)
  const names = opened.signatures.map(({ verifier }) => verifier.name)
  return names.some((name) => opened.body === bodyOf(name, sha256Of(manifest))) ? NOTHING : changed('its bytes are others')
}
