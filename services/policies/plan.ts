/** What is to be published, so that what is in force is what the files say. Pure: time is an argument. */
import type { PolicyRecord } from '../../schemas/policy-record.ts'
import type { PolicyBook } from './book.ts'
import { type GroupsOf, membersOf, policyHash, type PolicyFile, type ReadPolicy, readPolicy } from './read-policy.ts'

/** Readers have heard of a version before it counts, wherever they are. */
export const LEAD_NS = 5_000_000_000n

export interface Plan {
  readonly records: readonly PolicyRecord[]
  /** A line each. What they are about stays as it was. */
  readonly problems: readonly string[]
}

interface Wanted {
  readonly read: ReadPolicy
  readonly tenant: string
  readonly members: ReadonlyMap<string, readonly string[]>
}

/** Policies of the files by tenant and name, without those that have problems. */
export function wantedOf(files: readonly PolicyFile[], groupsOf: GroupsOf): { readonly wanted: readonly Wanted[]; readonly problems: readonly string[] } {
  const problems: string[] = []
  const wanted = new Map<string, Wanted>()
  for (const file of files) {
    const read = readPolicy(file)
    if ('problems' in read) {
      problems.push(...read.problems)
      continue
    }
    for (const tenant of new Set(read.policy.tenants)) {
      const { members, problems: more } = membersOf(read, tenant, groupsOf)
      const key = `${tenant} ${read.policy.policy}`
      const other = wanted.get(key)
      problems.push(...more)
      if (other !== undefined) problems.push(`${file.name}: policy ${read.policy.policy} of tenant ${tenant} is in ${other.read.file.name} too: leave it in one of them`)
      else if (more.length === 0) wanted.set(key, { read, tenant, members })
    }
  }
  return { wanted: [...wanted.values()], problems }
}

/** Why a version cannot follow what was said last; '' where it can. */
function whyNot({ read: { file, policy, textHash }, tenant }: Wanted, last: PolicyRecord | undefined): string {
  const { policy: name, version } = policy
  if (last === undefined || version > last.version) return ''
  if (version < last.version) return `${file.name}: policy ${name} of tenant ${tenant} was in force as version ${last.version} already: write version ${last.version + 1} or more, also to go back to an older text`
  return textHash === last.text_hash ? '' : `${file.name}: policy ${name} of tenant ${tenant} was changed, and its version is still ${version}: write ${version + 1}`
}

export function planOf(files: readonly PolicyFile[], groupsOf: GroupsOf, { book, now }: { readonly book: PolicyBook; readonly now: bigint }): Plan {
  const { wanted, problems: found } = wantedOf(files, groupsOf)
  const problems = [...found]
  const records: PolicyRecord[] = []
  const times = { published_at: now, in_force_from: now + LEAD_NS }
  for (const one of wanted) {
    const { read: { file, policy, textHash }, tenant, members } = one
    const last = book.latest(tenant, policy.policy)
    const hash = policyHash(textHash, members)
    const why = whyNot(one, last)
    if (why !== '') problems.push(why)
    else if (last?.action !== 'publish' || last.version !== policy.version || last.hash !== hash) {
      const { version, mode, title, rules, policy: name } = policy
      records.push({ tenant, policy: name, version, hash, action: 'publish', mode, title, rules: rules.length, text: file.text, text_hash: textHash, members, file: file.name, ...times })
    }
  }
  // A file that cannot be read may be that of a policy that seems to be gone.
  if (found.length === 0) {
    const kept = new Set(wanted.map(({ tenant, read }) => `${tenant} ${read.policy.policy}`))
    for (const record of book.published) if (!kept.has(`${record.tenant} ${record.policy}`)) records.push({ ...record, action: 'withdraw', text: '', members: new Map(), ...times })
  }
  return { records, problems }
}
