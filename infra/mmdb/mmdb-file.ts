/** One MMDB file, read whole and looked through before anybody relies on it. */
import { open } from 'node:fs/promises'
import { Reader, type Response } from 'mmdb-lib'
import type { Whereabouts } from '../../schemas/address-book.ts'
import { Failure } from '../../schemas/failure.ts'
import { listsHosting, whereaboutsIn } from './records.ts'
import { networksIn } from './tree.ts'

/** GeoIP2 Enterprise has about 500 MB. */
const LARGEST_BYTES = 1_073_741_824

export interface MmdbFile {
  readonly path: string
  /** `database_type` as its maker wrote it. */
  readonly type: string
  readonly builtAt: Date
  /** What its records tell. */
  readonly facts: readonly string[]
  lookUp(address: string): Whereabouts
}

const refused = (path: string, why: string, cause?: unknown): Failure =>
  new Failure('misconfigured', 'place.mmdb', `${path} is not used for places: ${why}`, { cause })

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error')

async function contentOf(path: string): Promise<Buffer> {
  const handle = await open(path).catch((error: unknown) => {
    throw refused(path, codeOf(error) === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${codeOf(error)})`, error)
  })
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw refused(path, 'it is no ordinary file')
    if (found.size > LARGEST_BYTES) throw refused(path, `it is larger than ${LARGEST_BYTES} bytes`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

function readerOf(path: string, content: Buffer): Reader<Response> {
  try {
    return new Reader<Response>(content)
  } catch (error) {
    throw refused(path, 'it is no MMDB file, or only a part of one', error)
  }
}

/** Text and numbers of the metadata are what the file says: nothing about them is certain. */
function checkMetadata(path: string, { databaseType, buildEpoch, ipVersion }: Reader<Response>['metadata']): void {
  const isBuilt = buildEpoch instanceof Date && !Number.isNaN(buildEpoch.getTime())
  if (typeof databaseType !== 'string' || !isBuilt || (ipVersion !== 4 && ipVersion !== 6)) throw refused(path, 'its metadata cannot be read')
}

/** What the records that were looked at tell. */
function factsIn(path: string, reader: Reader<Response>, content: Buffer): readonly string[] {
  const facts = new Set<string>(listsHosting(reader.metadata.databaseType) ? ['hosting'] : [])
  try {
    for (const address of networksIn(content, reader.metadata)) {
      const { country, asn, hosting } = whereaboutsIn(reader.get(address))
      if (country !== '') facts.add('country')
      if (asn !== 0) facts.add('asn')
      if (hosting !== '') facts.add('hosting')
    }
  } catch (error) {
    throw refused(path, `it is damaged${error instanceof Error ? ` (${error.message.slice(0, 80)})` : ''}`, error)
  }
  if (facts.size === 0) throw refused(path, `${JSON.stringify(reader.metadata.databaseType.slice(0, 80))} tells neither country nor network nor hosting`)
  return [...facts].sort()
}

/** Throws Failure `misconfigured` with a sentence when the file is missing, damaged, or of a kind that tells nothing. */
export async function readMmdb(path: string): Promise<MmdbFile> {
  const content = await contentOf(path)
  const reader = readerOf(path, content)
  checkMetadata(path, reader.metadata)
  const { databaseType: type, buildEpoch: builtAt, ipVersion } = reader.metadata
  const facts = factsIn(path, reader, content)
  const absent: Whereabouts = { country: '', asn: 0, organisation: '', hosting: listsHosting(type) ? 'no' : '' }
  return {
    path, type, builtAt, facts,
    lookUp(address) {
      if (ipVersion === 4 && address.includes(':')) return absent
      const said = whereaboutsIn(reader.get(address))
      return said.hosting === '' ? { ...said, hosting: absent.hosting } : said
    },
  }
}
