/** `npm run eval`: runs the named evaluations, all without a name. Ends with 2 on wrong use, 3 where data are missing. */
import { parseArgs } from 'node:util'
import { EVALUATIONS } from './evaluations.ts'
import { MissingData, type RunOptions } from './evaluation.ts'

const DEFAULT_DATA = '../shared/eval'
const print = (line: string): void => void process.stdout.write(`${line}\n`)

function usage(): void {
  print('npm run eval -- [NAME…] [--data FOLDER] [--split NAME] [--seed N --days D --principals P] [--json]')
  for (const [name, { about }] of EVALUATIONS) print(`  ${name.padEnd(12)} ${about}`)
}

/** One evaluation; the answer is the exit code. */
async function run(name: string, { data, ...options }: RunOptions & { readonly data: string }): Promise<number> {
  const evaluation = EVALUATIONS.get(name)
  if (evaluation === undefined) {
    print(`There is no evaluation named ${JSON.stringify(name)}.`)
    usage()
    return 2
  }
  try {
    await evaluation.run(data, print, options)
    return 0
  } catch (error) {
    if (!(error instanceof MissingData)) throw error
    print(`${name}: not run, its labelled data are missing: ${error.message}. Give their folder by --data.`)
    return 3
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true, options: { data: { type: 'string', default: DEFAULT_DATA }, json: { type: 'boolean', default: false }, split: { type: 'string', default: '' }, help: { type: 'boolean', default: false },
    seed: { type: 'string' }, days: { type: 'string' }, principals: { type: 'string' } },
})
const whole = [...EVALUATIONS].filter(([, { part }]) => part !== true).map(([name]) => name)
if (values.help) usage()
else for (const name of positionals.length > 0 ? positionals : whole) process.exitCode = Math.max(Number(process.exitCode ?? 0), await run(name, values))
