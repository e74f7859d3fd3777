/** Service agents: syncs by the hour, bulk jobs by night, polling, builds, crawls, reports, books at the end of the month, cleaning up, an inventory, a notifier. */
import { DAY, HOUR, isWeekend, isoDay, MINUTE, weekday, workdaysLeft } from './calendar.ts'
import type { Kind } from './catalogue.ts'
import { type AgentEmitter, type Caller, type Company, peopleAmong, type Server, topic } from './company.ts'
import type { Dice } from './dice.ts'
import { roughened } from './rough.ts'
import type { Call, Run } from './run.ts'
import { text } from './task.ts'
import { COMPANY_DOMAIN, customerRow, NOUNS, PROJECTS, prose, rows } from './words.ts'

export interface Job {
  readonly name: string
  readonly kind: JobKind
  readonly caller: Caller
  readonly servers: Readonly<Partial<Record<Kind, Server>>>
  /** UTC hour of what is done once a day, and its size. */
  readonly hour: number
  readonly size: number
}

const NEEDS = {
  sync: ['crm', 'tickets'], bulk: ['crm'], backup: ['database', 'storage'], poll: ['monitoring', 'builds'], ci: ['shell', 'builds', 'git'], crawl: ['wiki', 'files'], report: ['reports', 'mail', 'chat'], books: ['ledger'],
  triage: ['support', 'tickets'], cleanup: ['storage'], inventory: [], notify: ['web', 'monitoring'],
} as const satisfies Readonly<Record<string, readonly Kind[]>>
export type JobKind = keyof typeof NEEDS
const JOB_KINDS = Object.keys(NEEDS) as readonly JobKind[]

function makeJob({ dice: company, servers, places }: Company, index: number): Job {
  const dice = company.for(`job ${index}`)
  const kind = JOB_KINDS[index % JOB_KINDS.length] as JobKind
  const name = `svc-${kind}-${index}`
  const own = Object.fromEntries(NEEDS[kind].map((each) => [each, dice.pick(servers.filter((server) => server.kind === each))]))
  const emitter: AgentEmitter = kind === 'triage' || (kind === 'report' && dice.chance(0.5)) ? 'pydantic' : 'desktop'
  const agent = { emitter, name, client: name, userAgent: `acme-jobs/${dice.int(1, 4)}.${dice.int(0, 9)}`, resource: { attributes: [['service.name', name], ['host.name', `node-${dice.int(1, 9)}`], ...(kind === 'triage' ? [] : [['k8s.cronjob.name', name] as const])] as const } }
  return {
    name, kind, servers: own, hour: dice.int(0, 4), size: dice.around(1, 0.5),
    caller: { principal: name, service: true, token: `tok-${dice.hex(24)}`, scopes: NEEDS[kind].flatMap((each) => [`${each}:read`, `${each}:write`]), address: dice.chance(0.5) ? `10.${dice.int(1, 40)}.${dice.int(0, 250)}.${dice.int(2, 250)}` : places.cloud(dice, dice.pick(['DE', 'US'])), agent },
  }
}

export function makeJobs(company: Company, principals: number): readonly Job[] {
  return Array.from({ length: Math.max(JOB_KINDS.length, principals - peopleAmong(principals)) }, (_, index) => makeJob(company, index))
}

interface Work {
  readonly job: Job
  readonly dice: Dice
  readonly day: number
  readonly company: Company
}

const call = ({ job }: Work, kind: Kind, tool: string, args: Readonly<Record<string, unknown>>, result: string): Call => {
  const server = job.servers[kind]
  if (server === undefined) throw new RangeError(`${job.name} has no server of kind ${kind}`)
  return { server, tool, args, result, after: 300 }
}
const many = (count: number, make: (at: number) => Call): Call[] => Array.from({ length: Math.max(1, Math.round(count)) }, (_, at) => make(at))

/** Runs of a day: hour of the day (UTC) and what is done. */
type Schedule = (work: Work) => readonly { readonly hour: number; readonly calls: readonly Call[]; readonly says?: string }[]

const hourly = (make: (work: Work, hour: number) => readonly Call[]): Schedule => (work) => Array.from({ length: 24 }, (_, hour) => ({ hour: hour + 0.05 + work.dice.next() * 0.02, calls: make(work, hour) }))
const daily = (make: (work: Work) => readonly Call[]): Schedule => (work) => [{ hour: work.job.hour + work.dice.next() * 0.2, calls: make(work) }]

const SCHEDULES: Readonly<Record<JobKind, Schedule>> = {
  sync: hourly((work) => [
    call(work, 'crm', 'list_opportunities', { stage: 'proposal', limit: 100 }, rows(2_500, customerRow(work.dice))),
    ...many(work.dice.count(4 * work.job.size), () => call(work, 'tickets', 'get_issue', { key: `SYN-${work.dice.int(1, 3_000)}` }, text(work.dice, 500))),
  ]),
  bulk: daily((work) => many(work.dice.around(90, 0.15) * work.job.size, (page) => call(work, 'crm', 'export_customers', { segment: 'all', page }, rows(6_000, customerRow(work.dice))))),
  backup: daily((work) => many(work.dice.around(40, 0.1) * work.job.size, (page) => (page % 2 === 0
    ? call(work, 'database', 'run_query', { sql: `SELECT * FROM orders LIMIT 1000 OFFSET ${page * 500}` }, rows(8_000, customerRow(work.dice)))
    : call(work, 'storage', 'put_object', { bucket: 'acme-backups', key: `${isoDay(work.day)}/part-${page}.jsonl`, body: rows(8_000, customerRow(work.dice)) }, 'stored')))),
  poll: (work) => Array.from({ length: 96 }, (_, at) => ({ hour: at / 4 + work.dice.next() * 0.01, calls: [call(work, work.job.size > 1 ? 'monitoring' : 'builds', work.job.size > 1 ? 'list_alerts' : 'list_builds', work.job.size > 1 ? { team: 'all' } : { repository: 'acme/apollo-api' }, text(work.dice, 200))] })),
  ci: (work) => Array.from({ length: isWeekend(work.day) ? work.dice.count(3) : work.dice.count(18 * work.job.size) }, () => ({
    hour: 6 + work.dice.next() * 15,
    calls: [call(work, 'git', 'list_commits', { repository: `acme/${work.dice.pick(PROJECTS)}-api` }, text(work.dice, 400)), ...['npm ci', 'npm run lint', 'npm test', 'npm run build'].map((command) => call(work, 'shell', 'run_command', { command }, text(work.dice, 1_500)))],
  })),
  crawl: daily((work) => many(work.dice.around(150, 0.1) * work.job.size, (at) => (at % 3 === 0 ? call(work, 'files', 'read_file', { path: `/team/${PROJECTS[at % PROJECTS.length]}/${NOUNS[at % NOUNS.length]}-${at % 40}.md` }, text(work.dice, 1_800)) : call(work, 'wiki', 'read_page', { id: `P${1_000 + at * 7}` }, text(work.dice, 2_000))))),
  report: (work) => (isWeekend(work.day) ? [] : [{ hour: 5 + work.job.hour / 2, calls: [
    call(work, 'reports', 'run_report', { report: 'sales-daily', period: isoDay(work.day) }, text(work.dice, 2_500)),
    ...['management', 'sales'].map((list) => call(work, 'mail', 'send_mail', { to: `${list}@${COMPANY_DOMAIN}`, subject: `Numbers of ${isoDay(work.day)}`, body: text(work.dice, 2_500) }, 'Mail sent.')), call(work, 'chat', 'post_message', { channel: 'sales', text: prose(work.dice, 200) }, 'posted'),
  ] }]),
  books: (work) => [
    ...(isWeekend(work.day) ? [] : [{ hour: 18, calls: many(work.dice.around(15), () => call(work, 'ledger', 'post_entry', { account: String(work.dice.int(1_000, 8_999)), amount: work.dice.int(10, 4_000), text: topic(work.dice) }, 'posted')) }]),
    ...(workdaysLeft(work.day) === 1 && !isWeekend(work.day) ? [{ hour: 19.5, calls: many(work.dice.around(450, 0.2) * work.job.size, () => call(work, 'ledger', 'post_entry', { account: String(work.dice.int(1_000, 8_999)), amount: work.dice.int(10, 40_000), text: topic(work.dice) }, 'posted')) }] : []),
  ],
  triage: (work) => Array.from({ length: work.dice.count(30 * work.job.size) }, () => {
    const id = `cv-${work.dice.int(100_000, 999_999)}`
    return { hour: work.dice.next() * 24, says: `New conversation ${id}: sort it and create a ticket where it is a defect`, calls: [
      call(work, 'support', 'read_conversation', { id }, text(work.dice, 800)), ...(work.dice.chance(0.4) ? [call(work, 'tickets', 'create_issue', { project: 'SUP', summary: topic(work.dice), description: prose(work.dice, 200) }, JSON.stringify({ key: `SUP-${work.dice.int(1, 9_000)}` }))] : []),
    ] }
  }),
  cleanup: (work) => (weekday(work.day) === 0 ? [{ hour: 3, calls: [call(work, 'storage', 'list_objects', { bucket: 'acme-scratch', prefix: 'tmp/' }, text(work.dice, 2_000)), ...many(work.dice.around(90) * work.job.size, (at) => call(work, 'storage', 'delete_object', { bucket: 'acme-scratch', key: `tmp/${work.day - 30}/part-${at}` }, 'deleted'))] }] : []),
  inventory: (work) => [{ hour: 2.2, calls: work.company.servers.filter(({ since }) => since <= work.day).map((server): Call => ({ server, tool: '', args: {}, result: '', method: 'tools/list', after: 900 })) }],
  notify: hourly((work) => [call(work, 'monitoring', 'list_alerts', { team: 'all' }, text(work.dice, 200)), call(work, 'web', 'post_form', { url: 'https://hooks.status-partner.example/v1/acme', fields: { state: 'ok', open: work.dice.int(0, 5) } }, '202 Accepted')]),
}

/** Twice a month somebody's token runs out and its agent does not notice. */
function expiredLoop(work: Work): readonly Run[] {
  const { job, dice, day } = work
  const server = Object.values(job.servers)[0]
  if (server === undefined || !dice.chance(0.0015)) return []
  const calls = many(dice.int(60, 400), () => ({ server, tool: server.tools[0]?.name ?? 'list', args: {}, result: '', ending: 'unauthenticated', after: 28_000 }))
  return [{ at: day * DAY + dice.next() * 20 * HOUR, caller: job.caller, calls }]
}

export function runsOfJobs(jobs: readonly Job[], company: Company, day: number): Run[] {
  return jobs.flatMap((job) => {
    const dice = company.dice.for(`day ${day} ${job.name}`)
    const work = { job, dice, day, company }
    const planned = SCHEDULES[job.kind](work).map(({ hour, calls, says }): Run => ({ at: day * DAY + hour * HOUR + dice.between(0, MINUTE / 2), caller: job.caller, calls: roughened(calls, dice), ...(says === undefined ? {} : { says }) }))
    return [...planned, ...expiredLoop(work)]
  })
}
