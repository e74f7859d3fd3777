/** `watchkeeper evidence export|proof|check`: evidence to take along, and proofs for single events. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { leafHash } from '../../schemas/merkle.ts'
import { parseCheckpoint, verifierOf } from '../../schemas/note.ts'
import { bodyOf } from '../../schemas/checkpoint.ts'
import { evidenceSigner } from '../wiring/evidence-signer.ts'
import { parseProof, whyNotProved } from '../../schemas/tlog-proof.ts'
import { writeFolder } from '../verify/folder-writer.ts'
import { proveEvent } from '../verify/prove.ts'
import { openEvidence } from '../wiring/evidence.ts'
import { VERSION } from '../version.ts'
import { count } from './amounts.ts'
import { configOf } from './common.ts'
import { makeFolderFor } from './folder-for.ts'
import { noted } from './noted.ts'
import { ProgressBar } from './progress-bar.ts'
import { keysOf, textOf } from './trust.ts'
import { type EvidenceOptions, placeOf } from './verify.ts'

/** Lines of `keys/notary.pub` of the data directory, for the folder; none where it is elsewhere. */
function publicKeysOf(options: EvidenceOptions, given: readonly string[] | undefined): string[] {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
  const files = given ?? [join(configOf(options).data_dir, 'keys', 'notary.pub')]
  return files.flatMap((file) => (existsSync(file) ? lines(readFileSync(file, 'utf8')) : given === undefined ? [] : [file]))
}

/** `watchkeeper evidence export FOLDER` */
export async function evidenceExport(folder: string, options: EvidenceOptions & { readonly key?: string[]; readonly from?: string }): Promise<number> {
  return await taken('evidence.export', folder, options, () => exported(folder, options))
}

/** What is copied from a folder was taken before. */
async function taken(action: string, object: string, options: EvidenceOptions & { readonly from?: string }, work: () => Promise<number>): Promise<number> {
  if (options.from !== undefined) return await work()
  return await noted({ action, object, dataDir: configOf(options).data_dir, details: { tenants: (options.tenant ?? ['*']).join(' '), url: options.url ?? '' } }, work)
}

async function exported(folder: string, options: EvidenceOptions & { readonly key?: string[]; readonly from?: string }): Promise<number> {
  const keys = publicKeysOf(options, options.key)
  const log = (keysOf(keys)[0]?.name ?? '').replace(/\/log$/, '')
  makeFolderFor('the evidence', folder)
  const source = await openEvidence(placeOf(options.from, options), () => configOf(options))
  const bar = new ProgressBar()
  try {
    const signer = evidenceSigner(configOf(options), keysOf(keys))
    const manifest = await writeFolder(folder, {
      source, log, keys, signer, madeBy: `watchkeeper ${VERSION}`, madeAt: new Date().toISOString(), told: (done, of) => bar.show({ what: 'rows', done, of }),
    })
    bar.end()
    const [leaves, rows] = [manifest.partitions.reduce((sum, one) => sum + one.leaves, 0), manifest.rows.reduce((sum, one) => sum + one.rows, 0)]
    if (options.json === true) console.log(JSON.stringify({ folder, leaves, rows, files: manifest.files.length + (signer === undefined ? 1 : 2), signed: signer !== undefined }))
    else console.log(`${count(leaves)} leaves and ${count(rows)} rows in ${folder}${signer === undefined ? ', not signed: the key of the log is not here' : ''}: watchkeeper verify ${folder} --key KEY --anchor FILE`)
    return 0
  } finally {
    bar.end()
    await source.close()
  }
}

/** `watchkeeper evidence proof EVENT_ID`: two files, of which the second leads to what is anchored. */
export async function evidenceProof(eventId: string, options: EvidenceOptions & { readonly out?: string; readonly from?: string }): Promise<number> {
  return await taken('evidence.proof', eventId, options, () => proved(eventId, options))
}

async function proved(eventId: string, options: EvidenceOptions & { readonly out?: string; readonly from?: string }): Promise<number> {
  const source = await openEvidence(placeOf(options.from, options), () => configOf(options))
  try {
    const proof = await proveEvent(source, eventId)
    const out = options.out ?? '.'
    makeFolderFor('proofs', out, 0o777)
    const files = [[`${eventId}.tlog-proof`, proof.event], ...(proof.log === '' ? [] : [[`${eventId}.log.tlog-proof`, proof.log]])].map(([name = '', text = '']) => {
      writeFileSync(join(out, name), text, { mode: 0o600 })
      return join(out, name)
    })
    if (options.json === true) console.log(JSON.stringify({ partition: proof.partition, index: proof.index, files }))
    else console.log(`Event ${eventId} is leaf ${proof.index} of partition ${proof.partition}: ${files.join(', ')}`)
    return 0
  } finally {
    await source.close()
  }
}

/** `watchkeeper evidence check FILE`: 0 it holds, 1 it does not, 3 it cannot be read. The leaf is made of the proof's extra data. */
export async function evidenceCheck(file: string, options: { readonly key: string[]; readonly json?: boolean }): Promise<number> {
  const keys = keysOf(options.key)
  const text = textOf(file, 'the proof')
  const proof = parseProof(text)
  const checkpoint = proof === undefined ? undefined : parseCheckpoint(bodyOf(proof.note))
  const origin = checkpoint?.origin ?? ''
  const verifiers = keys.flatMap((key) => (origin === '' || /[\s+]/.test(origin) || key.name === origin ? [key] : [key, verifierOf(origin, key.publicKey, key.type)]))
  const why = proof === undefined ? 'it is no proof of C2SP tlog-proof' : whyNotProved({ text, leaf: leafHash(proof.extra), origin, verifiers })
  const said = { holds: why === '', why, log: origin, index: proof?.index ?? -1, size: checkpoint?.size ?? 0, leaf_data: proof?.extra.toString('hex') ?? '' }
  if (options.json === true) console.log(JSON.stringify(said))
  else console.log(why === '' ? `It holds: leaf ${said.index} of ${said.size} in ${origin}, made of ${said.leaf_data}` : `It does not hold: ${why}`)
  return proof === undefined ? 3 : why === '' ? 0 : 1
}
