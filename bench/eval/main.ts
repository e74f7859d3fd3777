/** `npm run eval`: runs the named evaluations, all without a name. Ends with 2 on wrong use, 3 where data are missing. */
import { argumentsOf, refuse, wholeNumberOr } from '../arguments.ts'
import { EVALUATIONS } from './evaluations.ts'
import { type Evaluation, MissingData, type RunOptions } from './evaluation.ts'

const DEFAULT_DATA = '../shared/eval'
const print = (line: string): void => void process.stdout.write(`${line}\n`)

const USAGE = ['npm run eval -- [NAME…] [--data FOLDER] [--split NAME] [--seed N --days D --principals P] [--json]',
  ...[...EVALUATIONS].map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)].join('\n')

/** One evaluation; the answer is the exit code. */
async function run(name: string, evaluation: Evaluation, data: string, options: RunOptions): Promise<number> {
  try {
    await evaluation.run(data, print, options)
    return 0
  } catch (error) {
    if (!(error instanceof MissingData)) throw error
    print(`${name}: not run, its labelled data are missing: ${error.message}. Give their folder by --data.`)
    return 3
  }
}

const { values, positionals } = argumentsOf({
  allowPositionals: true, options: {
    data: { type: 'string', default: DEFAULT_DATA }, json: { type: 'boolean', default: false }, split: { type: 'string', default: '' },
    seed: { type: 'string' }, days: { type: 'string' }, principals: { type: 'string' },
  },
}, USAGE)
const size = (option: 'seed' | 'days' | 'principals', standard: number): number => wholeNumberOr(`--${option}`, values[option], USAGE, standard)
const options: RunOptions = { json: values.json, split: values.split, seed: size('seed', 1), days: size('days', 30), principals: size('principals', 500) }
const whole = [...EVALUATIONS].filter(([, { part }]) => part !== true).map(([name]) => name)
const chosen = (positionals.length > 0 ? positionals : whole)
  .map((name) => [name, EVALUATIONS.get(name) ?? refuse(`There is no evaluation named ${JSON.stringify(name)}.`, USAGE)] as const)
for (const [name, evaluation] of chosen) process.exitCode = Math.max(Number(process.exitCode ?? 0), await run(name, evaluation, values.data, options))
