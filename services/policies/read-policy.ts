/** The text of a policy file, read and compiled. */
import { hash } from 'node:crypto'
import { parseDocument } from 'yaml'
import { type CompiledPolicy, compilePolicy } from '../../detectors/policy/compiled.ts'
import { wordsOfIssue } from '../../schemas/issue-words.ts'
import { foreignGroups, Policy } from '../../schemas/policy.ts'
import type { PolicyRecord } from '../../schemas/policy-record.ts'

export interface PolicyFile {
  readonly name: string
  readonly text: string
}

/** Who is in a group of the table of identities, for a tenant; undefined where no identity names the group. */
export type GroupsOf = (tenant: string, group: string) => readonly string[] | undefined

export interface ReadPolicy {
  readonly file: PolicyFile
  readonly policy: Policy
  /** SHA-256 of the text, hex. */
  readonly textHash: string
}

const MOST_ALIASES = 100
const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** A policy, or every problem that its text has, a line each with the name of the file. */
export function readPolicy(file: PolicyFile): ReadPolicy | { readonly problems: readonly string[] } {
  const document = parseDocument(file.text, { prettyErrors: true, uniqueKeys: true })
  if (document.errors.length > 0) return { problems: document.errors.map(({ message }) => `${file.name}: is not YAML: ${message.split('\n')[0] ?? ''}`) }
  let tree: unknown
  try {
    tree = document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (error) {
    return { problems: [`${file.name}: ${(error as Error).message}`] }
  }
  const parsed = Policy.safeParse(tree)
  if (parsed.success) return { file, policy: parsed.data, textHash: sha256(file.text) }
  return { problems: parsed.error.issues.map((issue) => `${file.name}: ${issue.path.length === 0 ? 'it' : issue.path.join('.')} ${sentence(wordsOfIssue(issue))}`) }
}

const sentence = (words: string): string => (/^[A-Z]/.test(words) ? `is wrong: ${words}` : words.replace(/^unknown/, 'has the unknown'))

/** Members of the groups that the file leaves to the table of identities, and problems where nobody has such a group. */
export function membersOf({ file, policy }: ReadPolicy, tenant: string, groupsOf: GroupsOf): { readonly members: ReadonlyMap<string, readonly string[]>; readonly problems: readonly string[] } {
  const members = new Map<string, readonly string[]>()
  const problems: string[] = []
  for (const group of foreignGroups(policy)) {
    const found = groupsOf(tenant, group)
    if (found === undefined) problems.push(`${file.name}: group ${group} is ${tenant === '*' ? 'not in the file: a policy for all tenants can use no others' : `neither in the file nor a group of identities of tenant ${tenant}`}`)
    else members.set(group, [...found].sort())
  }
  return { members, problems }
}

/** What was in force: the same for the same text and members. */
export const policyHash = (textHash: string, members: ReadonlyMap<string, readonly string[]>): string =>
  sha256(JSON.stringify([textHash, [...members].sort(([one], [other]) => (one < other ? -1 : 1))]))

/** Undefined where this version of the program cannot read it. */
export function compileRecord({ file, text, hash: content, members }: Pick<PolicyRecord, 'file' | 'text' | 'hash' | 'members'>): CompiledPolicy | undefined {
  const read = readPolicy({ name: file, text })
  return 'problems' in read ? undefined : compilePolicy(read.policy, content, Object.fromEntries(members))
}
