/**
 * Lineage on labelled runs of agents: each becomes OTLP as an agent would send it and goes through collector, assembler and detectors. Told
 * is how many calls got the right turn, how many values the right source, how many injected values were traced to the result they came
 * from, and what *unrequested-action* made of it. Once each run is alone, once it is the second turn of a conversation that began with another.
 */
import { type Evaluation, readSet, setsIn } from './evaluation.ts'
import { AgentRun, turnsOf } from './lineage/agent-run.ts'
import { bodiesOf, type Past, type Scene } from './lineage/otlp.ts'
import { newScore, type Score, scoreRun } from './lineage/score.ts'
import { watch } from './lineage/watch.ts'

const FOLDERS = ['agentdojo', 'agentdyn']
const FORMS = ['alone', 'second turn'] as const

/** Runs that leave the choice of action to a text are told apart: there lineage cannot tell the text from the user. */
const groupOf = ({ kind, user_delegates: delegates }: AgentRun): string => (delegates ? 'user_delegates' : kind)

/** Each run on its own, or behind the one before it in the file that is of the same suite. */
function scenesOf(runs: readonly AgentRun[], form: (typeof FORMS)[number]): Scene[] {
  const last = new Map<string, Past>()
  return runs.flatMap((run) => {
    const one = { run, turns: turnsOf(run) }
    const before = last.get(run.suite)
    last.set(run.suite, one)
    if (form === 'alone') return [{ ...one, past: [], conversation: `conversation-${run.id}` }]
    return before === undefined ? [] : [{ ...one, past: [before], conversation: `conversation-${run.id}` }]
  })
}

async function scored(scenes: readonly Scene[]): Promise<ReadonlyMap<string, Score>> {
  const scores = new Map<string, Score>()
  const at = (name: string): Score => {
    const known = scores.get(name) ?? newScore()
    scores.set(name, known)
    return known
  }
  for (const scene of scenes) {
    const { run } = scene
    const groups = [`${run.suite} ${groupOf(run)}`, 'all', ...(run.user_delegates ? [] : ['all but user_delegates'])]
    scoreRun(groups.map(at), scene, await watch(bodiesOf(scene)))
  }
  return new Map([...scores].sort(([one], [two]) => (one.startsWith('all') === two.startsWith('all') ? (one < two ? -1 : 1) : one.startsWith('all') ? 1 : -1)))
}

const share = (part: number, whole: number): string => (whole === 0 ? '-' : `${part}/${whole} ${((100 * part) / whole).toFixed(1)}%`)
const f1 = ({ found, missed, falsely }: Score): string => (found + missed === 0 ? '-' : ((2 * found) / (2 * found + missed + falsely)).toFixed(3))

const COLUMNS: readonly { readonly title: string; readonly width: number; readonly of: (score: Score) => string }[] = [
  { title: 'runs', width: 6, of: ({ runs }) => String(runs) },
  { title: 'one interaction', width: 18, of: ({ joined, calls }) => share(joined, calls) },
  { title: 'right turn', width: 18, of: ({ turn, calls }) => share(turn, calls) },
  { title: 'whole values right', width: 19, of: ({ wholeRight, whole }) => share(wholeRight, whole) },
  { title: 'others right', width: 18, of: ({ otherRight, other }) => share(otherRight, other) },
  { title: 'too common', width: 11, of: ({ common }) => String(common) },
  { title: 'injected values', width: 17, of: ({ traced, injected }) => share(traced, injected) },
  { title: 'injected calls', width: 16, of: ({ tracedCalls, injectedCalls }) => share(tracedCalls, injectedCalls) },
  { title: 'found', width: 9, of: ({ found, missed }) => (found + missed === 0 ? '-' : `${found}/${found + missed}`) },
  { title: 'falsely', width: 15, of: ({ falsely, rightly }) => share(falsely, falsely + rightly) },
  { title: 'F1', width: 7, of: f1 },
]

function table(scores: ReadonlyMap<string, Score>): string[] {
  const line = (name: string, cells: readonly string[]): string => name.padEnd(30) + cells.map((cell, index) => cell.padStart((COLUMNS[index]?.width ?? 0) + 1)).join('')
  return [line('', COLUMNS.map(({ title }) => title)), ...[...scores].map(([name, score]) => line(name, COLUMNS.map(({ of }) => of(score))))]
}

const lineageOf = (folders: readonly string[], part: boolean): Evaluation => ({
  about: `turns, sources of argument values, and unrequested actions in runs of agents${part ? `: ${folders.join()} alone` : ''}`,
  part,
  async run(data, print, { json, split }) {
    for (const set of folders.flatMap((folder) => setsIn(data, folder, split).map((name) => `${folder}/${name}`))) {
      const runs = readSet(data, set, (line) => AgentRun.parse(line))
      for (const form of FORMS) {
        const scores = await scored(scenesOf(runs, form))
        if (json) for (const [group, score] of scores) print(JSON.stringify({ evaluation: 'lineage', set, form, group, ...score }))
        else for (const row of ['', `${set}, each run ${form}`, ...table(scores)]) print(row)
      }
    }
  },
})

export const LINEAGE = lineageOf(FOLDERS, false)
/** By the names of the sets. */
export const RUNS_OF_AGENTS: readonly (readonly [string, Evaluation])[] = FOLDERS.map((folder) => [folder, lineageOf([folder], true)])
