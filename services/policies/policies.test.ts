import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import type { Bus } from '../../schemas/ports.ts'
import type { PolicyRecord } from '../../schemas/policy-record.ts'
import { policies } from '../../schemas/topics.ts'
import { PolicyBook } from './book.ts'
import { planOf } from './plan.ts'
import type { PolicyFile } from './read-policy.ts'
import { createPolicies, type PoliciesService } from './service.ts'

const file = (name: string, version: number, rest = ''): PolicyFile =>
  ({ name: `${name}.yaml`, text: `policy: ${name}\nversion: ${version}\ntitle: T\n${rest}rules:\n  - {id: a, effect: deny, match: {tools: x${version}}}\n` })
const nobody = (): undefined => undefined
const plan = (files: readonly PolicyFile[], book = new PolicyBook(), now = 100n) => planOf(files, nobody, { book, now })
/** The book after the files were published one set after the other, a second apart. */
function bookOf(...sets: readonly (readonly PolicyFile[])[]): PolicyBook {
  const book = new PolicyBook()
  for (const [at, files] of sets.entries()) for (const record of plan(files, book, BigInt(at) * 1_000_000_000n).records) book.hear(record)
  return book
}
const LEAD = 5_000_000_000n
const inForce = (book: PolicyBook, at: bigint, tenant = 'default'): string[] => book.inForce(tenant, at).map(({ policy, version }) => `${policy} ${version}`)

describe('a plan', () => {
  it('publishes what is new, and nothing twice', () => {
    const { records, problems } = plan([file('p', 1), file('q', 1, 'tenants: [default, acme]\n')])
    expect([problems, records.map(({ tenant, policy, version, action }) => `${action} ${tenant} ${policy} ${version}`)]).toEqual([[], ['publish default p 1', 'publish default q 1', 'publish acme q 1']])
    expect(plan([file('p', 1)], bookOf([file('p', 1)])).records).toEqual([])
  })

  it('withdraws what is gone, unless a file cannot be read', () => {
    const book = bookOf([file('p', 1), file('q', 1)])
    expect(plan([file('p', 1)], book).records).toMatchObject([{ action: 'withdraw', policy: 'q', version: 1, text: '' }])
    expect(plan([file('p', 1), { name: 'q.yaml', text: 'policy: [' }], book)).toMatchObject({ records: [], problems: [expect.stringContaining('q.yaml: is not YAML')] })
  })

  it.each([
    ['the text was changed and not the version', [file('p', 2, 'severity: high\n')], 'its version is still 2: write 3'], ['the version went back', [file('p', 1)], 'as version 2 already: write version 3'],
    ['two files have the same policy', [file('p', 2), { ...file('p', 2), name: 'z.yaml' }], 'is in p.yaml too'], ['a group is nobody\'s', [{ name: 'g.yaml', text: file('p', 3).text.replace('tools: x3', 'groups: sre') }], 'group sre is neither'],
    ['a key is there twice', [{ name: 'd.yaml', text: `${file('p', 3).text}version: 4\n` }], 'is not YAML'],
    ['aliases explode', [{ name: 'x.yaml', text: `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n` }], 'x.yaml'],
  ])('leaves things as they are where %s', (_, files, problem) => {
    const found = plan(files as PolicyFile[], bookOf([file('p', 1)], [file('p', 2)]))
    expect(found.problems.join('\n')).toContain(problem)
    expect(found.records.filter(({ action }) => action === 'publish')).toEqual([])
  })

  it('publishes the same version again when members of its groups change', () => {
    const files = [{ name: 'g.yaml', text: file('p', 1).text.replace('tools: x1', 'groups: sre') }]
    const book = new PolicyBook()
    const with_ = (...members: string[]) => planOf(files, () => members, { book, now: 1n }).records
    for (const record of with_('bob', 'ann')) book.hear(record)
    expect(with_('ann', 'bob')).toEqual([])
    expect(with_('ann')).toMatchObject([{ version: 1, members: new Map([['sre', ['ann']]]) }])
  })
})

describe('the book', () => {
  it('knows what was in force at a time, whenever it is asked and however often it was told', () => {
    const sets = [[file('p', 1)], [file('p', 2), file('q', 1, "tenants: '*'\n")], [file('p', 2)], [file('p', 2), file('q', 1, "tenants: '*'\n")]]
    const told: PolicyRecord[] = []
    const book = new PolicyBook()
    for (const [at, files] of sets.entries()) {
      for (const record of plan(files, book, BigInt(at) * 1_000_000_000n).records) {
        told.push(record, record)
        book.hear(record)
      }
    }
    const moments = [LEAD - 1n, LEAD, LEAD + 1_000_000_000n, LEAD + 2_000_000_000n, LEAD + 9_000_000_000n]
    const answers = [[], ['p 1'], ['q 1', 'p 2'], ['p 2'], ['q 1', 'p 2']]
    expect(moments.map((at) => inForce(book, at))).toEqual(answers)
    const again = new PolicyBook()
    for (const record of told) again.hear(record)
    expect(moments.toReversed().map((at) => inForce(again, at)).toReversed()).toEqual(answers)
    expect(inForce(book, LEAD + 1_000_000_000n, 'acme')).toEqual(['q 1'])
  })

  it('gives the same answers however records of different policies are mixed', () => {
    const change = fc.record({ policy: fc.constantFrom('p', 'q', 'r'), tenant: fc.constantFrom('default', '*', 'acme'), gap: fc.bigInt({ min: -3n, max: 5n }), withdraw: fc.boolean() })
    fc.assert(fc.property(fc.array(change, { maxLength: 14 }), fc.array(fc.nat(), { maxLength: 14 }), (changes, dice) => {
      let now = 100n
      const records = changes.map(({ policy, tenant, gap, withdraw }, at): PolicyRecord => {
        now += gap
        const { name, text } = file(policy, at + 1, `tenants: ['${tenant}']\n`)
        return { tenant, policy, version: at + 1, hash: `h${at}`, action: withdraw ? 'withdraw' : 'publish', mode: 'enforce', title: '', rules: 1, text: withdraw ? '' : text, text_hash: '', members: new Map(), file: name, published_at: now, in_force_from: now }
      })
      // Partitions keep the order of one policy and tenant, and of nothing else.
      const lanes = [...new Map(records.map((record) => [`${record.tenant} ${record.policy}`, records.filter((other) => other.tenant === record.tenant && other.policy === record.policy)])).values()]
      const mixed: PolicyRecord[] = []
      for (let at = 0; mixed.length < records.length; at++) {
        const waiting = lanes.filter((lane) => lane.some((record) => !mixed.includes(record)))
        mixed.push((waiting[(dice[at] ?? 0) % waiting.length] as PolicyRecord[]).find((record) => !mixed.includes(record)) as PolicyRecord)
      }
      const [one, other] = [new PolicyBook(), new PolicyBook()]
      for (const record of records) one.hear(record)
      for (const record of mixed) {
        other.inForce('default', 100n)
        other.hear(record)
      }
      for (const tenant of ['default', 'acme', 'else']) for (let at = 50n; at < 200n; at += 7n) expect(inForce(other, at, tenant)).toEqual(inForce(one, at, tenant))
    }), { numRuns: 60 })
  })

  it('keeps what was in force where a version cannot be read, and lets no clock turn back', () => {
    const book = bookOf([file('p', 1)])
    const [record] = plan([file('p', 2)], book, 50n).records as [PolicyRecord]
    expect(book.hear({ ...record, text: 'policy: from the future' })).toBe('unreadable')
    expect(inForce(book, LEAD + 10n)).toEqual(['p 1'])
    expect(book.hear({ ...record, in_force_from: 7n })).toBe('heard')
    expect([inForce(book, LEAD - 1n), inForce(book, LEAD)]).toEqual([[], ['p 2']])
  })
})

describe('the service', () => {
  let directory = ''
  let bus: Bus
  let files: PolicyFile[] = []
  let changed: () => Promise<void> = async () => undefined
  let now = 0n
  const deeds: AdminDeed[] = []
  const running: PoliciesService[] = []
  const lines: unknown[] = []
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (fields: object) => void lines.push(fields) }
  const open = async () => (await openEmbeddedLog({ directory, partitions: 3, maxBytes: 67_108_864, tailCacheBytes: 0, clock: { now: () => now }, retention: {}, commitLimitMs: 30_000, mustEnd: () => undefined })) as Bus
  async function start(publishes: boolean, group: string): Promise<PoliciesService> {
    const source = { read: async () => files, watch: async (look: () => Promise<void>) => {
      changed = look
      await look()
      return { close: async () => undefined }
    } }
    const audit = { during: async <T>(deed: AdminDeed, work: () => T | Promise<T>) => {
      deeds.push(deed)
      return await work()
    } }
    const service = createPolicies({ group, ...(publishes ? { publishes: { source, groupsOf: nobody, audit } } : {}) }, { bus, clock: { now: () => ++now }, log })
    await service.start()
    running.push(service)
    await service.known()
    return service
  }
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'wk-policies-'))
    now = 0n
    files = []
    deeds.length = 0
    lines.length = 0
    bus = await open()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.stop()))
    await bus.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('publishes once, also after a restart, and every reader knows the same from then on', async () => {
    files = [file('p', 1)]
    const publisher = await start(true, 'one')
    const reader = await start(false, 'two')
    await until(() => publisher.book.published.length === 1 && reader.book.published.length === 1)
    files = [file('p', 2)]
    await changed()
    await until(() => reader.book.latest('default', 'p')?.version === 2)
    const [first, second] = [1n, 2n].map((version) => publisher.book.inForce('default', LEAD + 10n * version))
    expect(first?.length).toBe(1)
    expect(second?.[0]?.version).toBe(2)
    await Promise.all(running.splice(0).map((service) => service.stop()))
    const again = await start(true, 'one')
    expect(inForce(again.book, LEAD * 2n)).toEqual(['p 2'])
    expect(again.book.latest('default', 'p')?.published_at).toBe(reader.book.latest('default', 'p')?.published_at)
    expect(deeds.map(({ action, details }) => `${action} ${details['version']}`)).toEqual(['policy.publish 1', 'policy.publish 2'])
    expect((await bus.lag()).filter(({ topic }) => topic === policies.name).reduce((sum, { end }) => sum + end, 0)).toBe(4)
  })

  it('does not start with files that have problems, and names all of them', async () => {
    files = [file('p', 0), { name: 'q.yaml', text: 'rules: []' }]
    const source = { read: async () => files, watch: async () => ({ close: async () => undefined }) }
    const service = createPolicies({ group: 'g', publishes: { source, groupsOf: nobody, audit: { during: async (_, work) => await work() } } }, { bus, clock: { now: () => 1n }, log })
    await expect(service.start()).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringMatching(/p\.yaml: version[\s\S]*q\.yaml: policy/) })
    await service.stop()
  })

  it('keeps what is in force when a file is broken later, and says so once', async () => {
    files = [file('p', 1)]
    const service = await start(true, 'one')
    await until(() => service.book.published.length === 1)
    files = [{ name: 'p.yaml', text: 'policy: {' }]
    await changed()
    await changed()
    await until(() => lines.length > 0)
    files = []
    await changed()
    await until(() => service.book.published.length === 0)
    expect(lines).toEqual([{ problems: [expect.stringContaining('p.yaml: is not YAML')] }])
    expect(deeds.map(({ action }) => action)).toEqual(['policy.publish', 'policy.withdraw'])
  })
})
