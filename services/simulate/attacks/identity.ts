/** Attacks on who somebody is: stolen tokens by night and from afar, guessed passwords, somebody else at work, rights that grow. */
import { DAY, HOUR, MINUTE } from '../calendar.ts'
import { type Kind } from '../catalogue.ts'
import type { Person } from '../company.ts'
import type { Call } from '../run.ts'
import { customerRow, NOUNS, prose, rows } from '../words.ts'
import { type Attack, type AttackScene, call, times } from './attack.ts'

/** Looks around in what the person has: what a thief does first. */
function looksAround(scene: AttackScene, person: Person, count: number): readonly Call[] {
  const { dice } = scene
  const looks: Partial<Record<Kind, () => Call>> = {
    mail: () => call(scene.server('mail', person), 'search_mail', { query: dice.pick(['password', 'vpn', 'invoice', 'credentials', 'confidential']), limit: 50 }, { result: prose(dice, 1_500) }),
    files: () => call(scene.server('files', person), dice.pick(['list_folder', 'read_file']), { path: `/team/${dice.pick(person.projects)}/${dice.pick(NOUNS)}-${dice.int(1, 40)}.md` }, { result: prose(dice, 2_500) }),
    wiki: () => call(scene.server('wiki', person), 'search_pages', { query: dice.pick(['vpn', 'admin', 'network', 'onboarding']) }, { result: prose(dice, 500) }),
    crm: () => call(scene.server('crm', person), 'search_customers', { query: '*', limit: 50 }, { result: rows(5_000, customerRow(dice)) }),
    git: () => call(scene.server('git', person), 'search_code', { query: dice.pick(['password', 'secret', 'token', 'BEGIN PRIVATE']) }, { result: prose(dice, 900) }),
    chat: () => call(scene.server('chat', person), 'search_messages', { query: dice.pick(['password', 'login', 'token']) }, { result: prose(dice, 900) }),
    tickets: () => call(scene.server('tickets', person), 'search_issues', { jql: 'text ~ "password"' }, { result: prose(dice, 900) }),
  }
  const own = Object.entries(looks).filter(([kind]) => person.servers.has(kind as Kind)).map(([, make]) => make)
  return times(count, () => dice.pick(own)())
}

const remote = ({ agent }: Person): boolean => agent.emitter !== 'claude'

export const IDENTITY_ATTACKS: readonly Attack[] = [
  { name: 'stolen-token-abroad', flag: 'identity', detectors: ['unknown-place', 'off-hours-token', 'shared-token'], plan(scene) {
    const person = scene.person(remote)
    if (person === undefined) return undefined
    return { principals: [person.principal], runs: [{ at: scene.anyTime(), caller: scene.thief(person), calls: looksAround(scene, person, scene.dice.int(5, 60)) }] }
  } },
  { name: 'stolen-token-by-night', flag: 'identity', detectors: ['off-hours-token', 'shared-token', 'masquerade'], plan(scene) {
    const person = scene.person((one) => remote(one) && !one.owl && one.role !== 'sre')
    if (person === undefined) return undefined
    return { principals: [person.principal], runs: [{ at: scene.byNight(person), caller: scene.thief(person, 'near'), calls: looksAround(scene, person, scene.dice.int(6, 50)) }] }
  } },
  { name: 'two-places-at-once', flag: 'identity', detectors: ['unknown-place', 'shared-token'], plan(scene) {
    const person = scene.person(remote)
    if (person === undefined) return undefined
    const at = scene.inHours(person)
    const own = looksAround(scene, person, 6)
    return { principals: [person.principal], runs: [{ at, caller: scene.as(person), calls: own }, { at: at + 4 * MINUTE, caller: scene.thief(person), calls: looksAround(scene, person, scene.dice.int(6, 30)) }] }
  } },
  { name: 'token-shared', flag: 'identity', detectors: ['shared-token', 'unknown-place'], plan(scene) {
    const person = scene.person(remote)
    if (person === undefined) return undefined
    const at = scene.inHours(person)
    const thieves = times(scene.dice.int(2, 5), () => ({ ...scene.thief(person, scene.dice.chance(0.5) ? 'near' : 'abroad'), agent: scene.tool() }))
    return { principals: [person.principal], runs: thieves.map((caller, index) => ({ at: at + index * scene.dice.between(1, 9) * MINUTE, caller, calls: looksAround(scene, person, scene.dice.int(3, 20)) })) }
  } },
  { name: 'token-at-other-server', flag: 'identity', detectors: ['misplaced-token', 'sensitive-access', 'new-scope'], plan(scene) {
    const { dice } = scene
    const person = scene.person(remote)
    if (person === undefined) return undefined
    // A server that got the token passes it on to others.
    const others = dice.sample(scene.company.servers.filter((server) => ![...person.servers.values()].includes(server)), dice.int(2, 6))
    const caller = { ...scene.as(person, `10.${dice.int(1, 40)}.${dice.int(1, 250)}.${dice.int(2, 250)}`), agent: scene.tool() }
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller, calls: others.flatMap((server) => [{ server, tool: '', args: {}, result: '', method: 'tools/list' as const }, ...times(dice.int(1, 5), () => call(server, server.tools[0]?.name ?? 'list', { query: 'all' }, { result: prose(dice, 600), ...(dice.chance(0.3) ? { ending: 'denied' as const } : {}) }))]) }] }
  } },
  { name: 'password-spray', flag: 'identity', detectors: ['failed-logins', 'unknown-place'], plan(scene) {
    const { dice } = scene
    const victims = times(dice.int(12, 40), () => scene.company.people[dice.int(0, scene.company.people.length - 1)] as Person).filter(remote)
    const hit = victims.at(-1)
    if (hit === undefined) return undefined
    const server = dice.pick(scene.company.servers.filter(({ emitter }) => emitter === 'semconv' || emitter === 'fastmcp' || emitter === 'litellm'))
    const caller = scene.thief(hit)
    const at = scene.anyTime()
    const pause = dice.between(3, 90) * 1000
    const guesses = victims.flatMap((victim, index) => times(dice.int(1, 2), () => ({ at: at + index * pause + dice.between(0, 2_000), caller: { ...caller, principal: victim.principal, token: `none-${dice.hex(8)}`, scopes: [] }, calls: [call(server, server.tools[0]?.name ?? 'list', {}, { result: '', ending: 'unauthenticated' })] })))
    return { principals: [...new Set(victims.map(({ principal }) => principal))], runs: [...guesses, ...(dice.chance(0.7) ? [{ at: at + victims.length * pause + 30_000, caller, calls: looksAround(scene, hit, dice.int(4, 20)) }] : [])] }
  } },
  { name: 'guessed-password', flag: 'identity', detectors: ['failed-logins', 'unknown-place'], plan(scene) {
    const { dice } = scene
    const person = scene.person((one) => remote(one) && [...one.servers.values()].some(({ emitter }) => emitter !== 'agentgateway'))
    const server = [...(person?.servers.values() ?? [])].find(({ emitter }) => emitter !== 'agentgateway')
    if (person === undefined || server === undefined) return undefined
    const caller = scene.thief(person, dice.chance(0.5) ? 'near' : 'abroad')
    const calls = times(dice.int(15, 250), () => call(server, server.tools[0]?.name ?? 'list', {}, { result: '', ending: 'unauthenticated', after: dice.between(500, 12_000) }))
    return { principals: [person.principal], runs: [{ at: scene.anyTime(), caller, calls: [...calls, ...looksAround(scene, person, dice.int(4, 25))] }] }
  } },
  { name: 'leaver-returns', flag: 'identity', detectors: ['unknown-place', 'off-hours-token'], plan(scene) {
    const { dice } = scene
    const person = scene.person((one) => remote(one))
    if (person === undefined) return undefined
    // Has left some days ago; nobody took the token back.
    person.until = scene.day - 1
    return { principals: [person.principal], runs: [{ at: (scene.day + dice.between(4, 6.5)) * DAY, caller: scene.thief(person, dice.chance(0.6) ? 'near' : 'abroad'), calls: looksAround(scene, person, dice.int(8, 60)) }] }
  }, days: 7 },
  { name: 'somebody-else-at-work', flag: 'identity', detectors: ['masquerade', 'unusual-sequence', 'sensitive-access'], plan(scene) {
    const { dice } = scene
    const person = scene.person((one) => remote(one) && (one.role === 'sales' || one.role === 'support' || one.role === 'marketing' || one.role === 'people'))
    if (person === undefined) return undefined
    const [git, shell, database, cloud] = [scene.server('git'), scene.server('shell'), scene.server('database'), scene.server('cloud')]
    const acts: readonly (() => Call)[] = [
      () => call(git, 'search_code', { query: dice.pick(['auth', 'Billing', 'secret_key']) }, { result: prose(dice, 800) }), () => call(git, 'get_file_contents', { repository: 'acme/apollo-api', path: `src/${dice.pick(NOUNS)}.ts` }, { result: prose(dice, 2_000) }),
      () => call(shell, 'run_command', { command: dice.pick(['git log -5', 'ls -la', 'env | sort', 'whoami', 'ip addr', 'ps aux']) }, { result: prose(dice, 500) }), () => call(database, 'run_query', { sql: `SELECT * FROM ${dice.pick(['orders', 'payments', 'customers'])} LIMIT 50` }, { result: rows(3_000, customerRow(dice)) }),
      () => call(cloud, 'list_instances', { project: dice.pick(['apollo', 'delta']) }, { result: prose(dice, 700) }), () => call(database, 'list_tables', { schema: 'public' }, { result: prose(dice, 300) }),
    ]
    return { principals: [person.principal], runs: times(dice.int(2, 4), (index) => ({ at: scene.inHours(person) + index * HOUR / 2, caller: scene.as(person), calls: times(dice.int(10, 30), () => dice.pick(acts)()) })) }
  } },
  { name: 'scope-jump', flag: 'identity', detectors: ['new-scope', 'sensitive-access'], plan(scene) {
    const { dice } = scene
    const person = scene.person((one) => remote(one) && one.role !== 'sre' && one.role !== 'manager')
    if (person === undefined) return undefined
    const cloud = scene.server('cloud')
    const scopes = [...person.scopes, ...dice.sample(['cloud:admin', 'people:admin', 'vault:read', 'admin', 'tenant:write', 'offline_access'], dice.int(1, 3))]
    const calls = [call(cloud, 'list_instances', { project: 'apollo' }, { result: prose(dice, 800) }), call(cloud, 'create_access_key', { user: dice.pick(['deploy', 'backup', person.name]) }, { result: JSON.stringify({ id: dice.hex(10) }) }), call(cloud, 'update_security_group', { group: 'default', rule: 'allow 0.0.0.0/0 22' })]
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: { ...scene.as(person), scopes, token: `tok-${dice.hex(24)}` }, calls: dice.sample(calls, dice.int(2, 3)) }] }
  } },
  { name: 'rights-for-outsider', flag: 'identity', detectors: ['new-scope', 'unrequested-action', 'changed-configuration'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('git')
    if (person === undefined) return undefined
    const outsider = dice.chance(0.5) ? `${dice.pick(['dev', 'ops', 'ci'])}-${dice.hex(5)}` : scene.mailbox()
    const grants = [...person.repositories.map((repository) => call(scene.server('git', person), 'add_collaborator', { repository, user: outsider, permission: 'admin' })), call(scene.server('cloud', person), 'attach_policy', { principal: outsider, policy: 'AdministratorAccess' })]
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: scene.as(person), says: 'Show me the open pull requests', calls: [call(scene.server('git', person), 'list_commits', { repository: person.repositories[0] }, { result: prose(dice, 500) }), ...dice.sample(grants, dice.int(1, grants.length))] }] }
  } },
  { name: 'denied-then-done', flag: 'identity', detectors: ['denied-then-done', 'unexpected-command'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('shell', ({ servers }) => servers.has('git'))
    if (person === undefined) return undefined
    const [shell, path] = [scene.server('shell', person), `/srv/${dice.pick(['finance', 'board', 'keys'])}/${dice.pick(NOUNS)}.csv`]
    const files = scene.server('files', person)
    const ways = [
      [...times(dice.int(1, 3), () => call(files, 'read_file', { path }, { result: '', ending: 'denied' })), call(shell, 'run_command', { command: `cat ${path}` }, { result: prose(dice, 900) })],
      [...times(dice.int(1, 2), () => call(files, 'delete_file', { path }, { result: '', ending: 'denied' })), call(shell, 'run_command', { command: `sudo rm -f ${path}` })],
      [call(scene.server('git', person), 'merge_pull_request', { repository: person.repositories[0], number: 77 }, { result: '', ending: 'denied' }), call(shell, 'run_command', { command: 'git push --force origin HEAD:main' })],
    ]
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: scene.as(person), says: 'Get this finished today', calls: dice.pick(ways) }] }
  } },
]
