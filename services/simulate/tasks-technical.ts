/** Tasks of those who build and run software, and of analysts. */
import { topic } from './company.ts'
import { on, type Scene, type Task, text } from './task.ts'
import { NOUNS, prose, rows } from './words.ts'

const COMMANDS = ['npm test', 'npm run lint', 'git status', 'git diff --stat', 'pytest -q', 'ls -la', 'cargo build', 'go test ./...', 'npm ci', 'make build', 'docker compose up -d', 'rm -rf node_modules && npm ci', 'grep -rn TODO src',
  'git log --oneline -20', 'pip install -r requirements.txt', 'python manage.py migrate', 'npx tsc --noEmit', 'tail -n 100 logs/app.log', 'curl -s http://localhost:8080/health', 'find . -name "*.test.ts" | wc -l', 'git rebase origin/main', 'cat package.json']
const commandOutput = (scene: Scene): string => text(scene.dice, 700)
const fileIn = ({ dice }: Scene): string => `src/${dice.pick(NOUNS)}/${dice.pick(NOUNS)}.${dice.pick(['ts', 'py', 'go'])}`
const TABLES = ['orders', 'customers', 'events', 'sessions', 'payments', 'shipments', 'inventory', 'tickets', 'users_activity', 'campaign_clicks']
const build: Readonly<Record<string, number>> = { engineer: 4, sre: 1 }

export const TECHNICAL_TASKS: readonly Task[] = [
  { needs: ['git', 'builds'], roles: build, make(scene) {
    const { dice, person } = scene
    const [repository, one, path] = [dice.pick(person.repositories), `b${dice.int(10_000, 99_999)}`, fileIn(scene)]
    return {
      says: dice.pick([`Why does the build of ${repository} fail?`, `Build ${one} is red, find out why and fix it`]),
      calls: [
        on(scene, 'builds', 'list_builds', { args: { repository }, result: JSON.stringify([{ id: one, state: 'failed' }]) }), on(scene, 'builds', 'get_build_log', { args: { id: one }, result: text(dice, 6_000) }),
        on(scene, 'git', 'get_file_contents', { args: { repository, path, ref: 'main' }, result: text(dice, 3_000) }),
      ], answer: prose(dice, 300),
    }
  } },
  { needs: ['git'], roles: { engineer: 3, sre: 1.5 }, make(scene) {
    const { dice, person } = scene
    const [repository, branch] = [dice.pick(person.repositories), `fix/${dice.pick(NOUNS)}-${dice.int(1, 99)}`]
    const paths = Array.from({ length: dice.int(1, 3) }, () => fileIn(scene))
    return {
      says: `Implement the ${topic(dice)} change in ${repository} on branch ${branch} and open a pull request`,
      calls: [
        ...paths.map((path) => on(scene, 'git', 'get_file_contents', { args: { repository, path }, result: text(dice, 2_500) })), on(scene, 'git', 'create_branch', { args: { repository, branch, from: 'main' }, result: 'ok' }),
        on(scene, 'git', 'push_files', { args: { repository, branch, message: `Change ${topic(dice)}`, files: paths.map((path) => ({ path, content: text(dice, 1_500) })) }, result: JSON.stringify({ commit: dice.hex(40) }) }),
        on(scene, 'git', 'create_pull_request', { args: { repository, title: topic(dice), head: branch, base: 'main', body: prose(dice, 200) }, result: JSON.stringify({ number: dice.int(1, 3_000) }) }),
      ],
    }
  } },
  { needs: ['git'], roles: { engineer: 3, sre: 1, manager: 0.3 }, make(scene) {
    const { dice, person } = scene
    const query = `${dice.pick(NOUNS)}${dice.pick(['Service', 'Handler', 'Client', '_id'])}`
    return {
      says: dice.pick([`Where is ${query} used?`, `Find all callers of ${query}`]),
      calls: [on(scene, 'git', 'search_code', { args: { query }, result: text(dice, 1_500) }), ...Array.from({ length: dice.int(1, 4) }, () => on(scene, 'git', 'get_file_contents', { args: { repository: dice.pick(person.repositories), path: fileIn(scene) }, result: text(dice, 2_500) }))],
    }
  } },
  { needs: ['git'], roles: { engineer: 0.8, sre: 0.4 }, make(scene) {
    const { dice, person } = scene
    const [repository, number] = [dice.pick(person.repositories), dice.int(1, 3_000)]
    return {
      says: `Merge pull request ${number} of ${repository} and delete its branch`,
      calls: [on(scene, 'git', 'merge_pull_request', { args: { repository, number }, result: 'merged' }), on(scene, 'git', 'delete_branch', { args: { repository, branch: `fix/${dice.pick(NOUNS)}-${dice.int(1, 99)}` }, result: 'deleted' })],
    }
  } },
  { needs: ['shell'], roles: { engineer: 5, sre: 3 }, make(scene) {
    const { dice } = scene
    const commands = Array.from({ length: dice.int(1, 5) }, () => dice.pick(COMMANDS))
    return {
      says: dice.pick([`Run ${commands[0]} and fix what it says`, 'Run the tests and tell me what fails', 'Get the project to build on my machine', `Please execute ${commands.join(' then ')}`]),
      calls: commands.map((command) => on(scene, 'shell', 'run_command', { args: { command }, result: commandOutput(scene), ...(dice.chance(0.12) ? { ending: 'error' as const } : {}) })),
    }
  } },
  { needs: ['database'], roles: { engineer: 1.5, analyst: 6, finance: 1 }, make(scene) {
    const { dice } = scene
    const table = dice.pick(TABLES)
    const queries = Array.from({ length: dice.int(1, 4) }, () => `SELECT ${dice.pick(['count(*)', 'date_trunc(\'week\', created_at), sum(amount)', 'region, avg(total)', '*'])} FROM ${table} WHERE created_at > now() - interval '${dice.int(1, 90)} days' ${dice.pick(['', 'GROUP BY 1 ORDER BY 1', 'LIMIT 100'])}`)
    return {
      says: dice.pick([`How did ${table} develop in the last weeks?`, `Query ${table} for last month and compare`, `Give me numbers on ${topic(dice)} from ${table}`]),
      calls: [on(scene, 'database', 'describe_table', { args: { table }, result: text(dice, 300) }), ...queries.map((sql) => on(scene, 'database', 'run_query', { args: { sql }, result: rows(Math.min(60_000, dice.around(2_000, 1)), () => ({ day: dice.int(1, 31), total: dice.int(1, 99_999) })) }))],
      answer: prose(dice, 300),
    }
  } },
  { needs: ['reports'], roles: { analyst: 3, finance: 2, manager: 2, sales: 1, people: 1 }, make(scene) {
    const { dice, date } = scene
    const report = `${dice.pick(NOUNS)}-${dice.pick(['weekly', 'monthly', 'by-region'])}`
    return {
      says: dice.pick([`Run the ${report} report`, `Export ${report} for ${date.slice(0, 7)}`]),
      calls: [on(scene, 'reports', 'run_report', { args: { report, period: date.slice(0, 7) }, result: text(dice, 2_000) }), ...(dice.chance(0.3) ? [on(scene, 'reports', 'export_report', { args: { report, period: date.slice(0, 7) }, result: text(dice, 15_000) })] : [])],
    }
  } },
  { needs: ['storage'], roles: { analyst: 2 }, make(scene) {
    const { dice, person } = scene
    const [bucket, prefix] = [`acme-${dice.pick(person.projects)}-data`, `exports/${scene.date}/`]
    return {
      says: `Put the ${topic(dice)} extract into bucket ${bucket} under ${prefix}`,
      calls: [on(scene, 'storage', 'list_objects', { args: { bucket, prefix }, result: JSON.stringify([`${prefix}a.csv`]) }), on(scene, 'storage', 'put_object', { args: { bucket, key: `${prefix}${dice.pick(NOUNS)}.csv`, body: text(dice, 4_000) }, result: 'stored' })],
    }
  } },
  { needs: ['monitoring'], roles: { sre: 4 }, make(scene) {
    const { dice, person } = scene
    return {
      says: dice.pick(['What is firing?', `How is latency of ${dice.pick(person.projects)}?`, 'Check the alerts of tonight']),
      calls: [on(scene, 'monitoring', 'list_alerts', { result: text(dice, 400) }), ...Array.from({ length: dice.int(1, 3) }, () => on(scene, 'monitoring', 'query_metrics', { args: { expression: `rate(http_requests_total{app="${dice.pick(person.projects)}"}[5m])`, range: '1h' }, result: text(dice, 1_200) }))],
    }
  } },
  { needs: ['kubernetes'], roles: { sre: 4 }, make(scene) {
    const { dice, person } = scene
    const namespace = dice.pick(person.projects)
    const pod = `${namespace}-api-${dice.hex(6)}`
    const act = dice.weighted({ look: 5, restart: 2, scale: 1.5, apply: 1 })
    const looked = [on(scene, 'kubernetes', 'get_pods', { args: { namespace }, result: text(dice, 700) }), on(scene, 'kubernetes', 'get_logs', { args: { namespace, pod, lines: 200 }, result: text(dice, 4_000) })]
    if (act === 'look') return { says: `Why does ${pod} crash?`, calls: looked }
    if (act === 'restart') return { says: `Restart the crashed pod in ${namespace}: delete ${pod}`, calls: [...looked, on(scene, 'kubernetes', 'delete_pod', { args: { namespace, pod }, result: 'deleted' })] }
    if (act === 'scale') return { says: `Scale ${namespace}-api in ${namespace} to ${dice.int(2, 9)} replicas`, calls: [on(scene, 'kubernetes', 'scale_deployment', { args: { namespace, deployment: `${namespace}-api`, replicas: dice.int(2, 9) }, result: 'scaled' })] }
    return { says: `Apply the new manifest of ${namespace}`, calls: [on(scene, 'kubernetes', 'apply_manifest', { args: { namespace, manifest: `kind: Deployment\nmetadata:\n  name: ${namespace}-api\nspec:\n  replicas: ${dice.int(2, 6)}` }, result: 'applied' })] }
  } },
  { needs: ['cloud'], roles: { sre: 2 }, make(scene) {
    const { dice, person } = scene
    const project = dice.pick(person.projects)
    return dice.chance(0.8)
      ? { says: `Which machines run in ${project}, and what do they cost?`, calls: [on(scene, 'cloud', 'list_instances', { args: { project }, result: text(dice, 900) }), on(scene, 'cloud', 'get_cost_report', { args: { project, month: scene.date.slice(0, 7) }, result: text(dice, 500) })] }
      : { says: `Rotate the deploy key of ${project}`, calls: [on(scene, 'cloud', 'rotate_key', { args: { key_id: `key-${project}-deploy` }, result: 'rotated' })] }
  } },
  { needs: ['vault'], roles: { sre: 0.7 }, make(scene) {
    const { dice, person } = scene
    const path = `${dice.pick(person.projects)}/deploy`
    return { says: `Which secrets does ${path} have?`, calls: [on(scene, 'vault', 'list_secrets', { args: { path }, result: JSON.stringify(['db', 'api', 'signing']) })] }
  } },
  { needs: ['builds'], roles: { engineer: 1.2, sre: 1 }, make(scene) {
    const { dice, person } = scene
    const repository = dice.pick(person.repositories)
    return { says: `Start a build of ${repository} on main`, calls: [on(scene, 'builds', 'trigger_build', { args: { repository, branch: 'main' }, result: JSON.stringify({ id: `b${dice.int(10_000, 99_999)}` }) })] }
  } },
]
