/** What still names somebody who was erased and is not rewritten: reports that are signed, and policies that the operator wrote. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Store } from '../../schemas/ports.ts'

/** More are counted, not listed. */
const MOST_LISTED = 20
const FILE = /\.(html|json|jsonl|note)$/

const isNamedIn = (text: string, names: readonly string[]): boolean => {
  const lower = text.toLowerCase()
  return names.some((name) => lower.includes(name.toLowerCase()))
}

const listed = (items: readonly string[]): string =>
  items.length <= MOST_LISTED ? items.join(', ') : `${items.slice(0, MOST_LISTED).join(', ')} and ${items.length - MOST_LISTED} more`

/** Folders below `root` with a file that has one of the names in it, in any case; none where there is no `root`. */
async function reportsNaming(root: string, names: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  const found = new Set<string>()
  for (const entry of entries) {
    const folder = relative(root, entry.parentPath)
    if (!entry.isFile() || !FILE.test(entry.name) || found.has(folder)) continue
    // A report may be taken away while we look.
    if (isNamedIn(await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => ''), names)) found.add(folder)
  }
  return [...found].sort()
}

/** Versions of policies of the tenant whose text or groups have one of the names. They are read whole, so that no statement names anybody. */
async function policiesNaming(store: Pick<Store, 'query'>, tenant: string, names: readonly string[]): Promise<readonly string[]> {
  const rows = await store.query('SELECT policy, version, text, toString(members) AS members FROM watchkeeper.policies WHERE tenant = {tenant:String} ORDER BY policy, version', { tenant })
  return rows.flatMap(({ policy, version, text, members }) => (isNamedIn(`${String(text)}\n${String(members)}`, names) ? [`${String(policy)} version ${String(version)}`] : []))
}

/** In sentences that name nobody; '' where there is nothing. */
export async function copiesLeft(store: Pick<Store, 'query'>, { root, tenant, names }: { readonly root: string; readonly tenant: string; readonly names: readonly string[] }): Promise<string> {
  const [reports, policies] = [await reportsNaming(root, names), await policiesNaming(store, tenant, names)]
  return [
    ...(reports.length === 0 ? [] : [`Signed reports that name the subject still, below ${root}: ${listed(reports)}. Remove those folders where they need not be kept.`]),
    ...(policies.length === 0 ? [] : [`Policies that name the subject: ${listed(policies)}. What was in force stays written down; take the name out of the files.`]),
  ].join(' ')
}
