/**
 * How well redaction tells secrets from what looks like them: precision, recall and F1 over texts with and without a credential, and false
 * positives on ordinary command lines. A text counts as flagged when redaction changes it.
 */
import { z } from 'zod'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { type Evaluation, readSet, setsIn } from './evaluation.ts'

const Labelled = z.object({ text: z.string(), label: z.union([z.literal(0), z.literal(1)]), kind: z.string() })
const Command = z.object({ cmd: z.string(), label: z.number(), tier: z.string() })

const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 7)))
const isFlagged = (text: string): boolean => redactor.text('default', text) !== text

/** Counts of one group of labelled texts. */
class Score {
  found = 0
  missed = 0
  falsely = 0
  rightly = 0

  count(label: number, flagged: boolean): void {
    if (label === 1) flagged ? this.found++ : this.missed++
    else flagged ? this.falsely++ : this.rightly++
  }

  row(name: string): string {
    const { found, missed, falsely, rightly } = this
    const share = (part: number, rest: number): string => (part + rest === 0 ? '-' : (part / (part + rest)).toFixed(3))
    const f1 = (2 * found) / Math.max(1, 2 * found + missed + falsely)
    const columns = [`${found}/${found + missed}`, `${falsely}/${falsely + rightly}`, share(found, falsely), share(found, missed), f1.toFixed(3)]
    return `${name.padEnd(26)}${columns.map((column) => column.padStart(11)).join('')}`
  }
}

const HEAD = `${''.padEnd(26)}${['found', 'falsely', 'precision', 'recall', 'F1'].map((column) => column.padStart(11)).join('')}`

function scoreSecrets(data: string, set: string, print: (line: string) => void): void {
  const all = new Score()
  const kinds = new Map<string, Score>()
  for (const { text, label, kind } of readSet(data, set, (line) => Labelled.parse(line))) {
    const flagged = isFlagged(text)
    all.count(label, flagged)
    const score = kinds.get(kind) ?? new Score()
    score.count(label, flagged)
    kinds.set(kind, score)
  }
  print(`\n${set}: texts with a secret found, texts without one falsely changed\n${HEAD}`)
  for (const [kind, score] of [...kinds].sort(([a], [b]) => (a < b ? -1 : 1))) print(score.row(kind))
  print(all.row('all'))
}

function scoreCommands(data: string, set: string, print: (line: string) => void): void {
  const benign = readSet(data, set, (line) => Command.parse(line)).filter(({ label }) => label === 0)
  const falsely = benign.filter(({ cmd }) => isFlagged(cmd)).length
  print(`\n${set}: ${falsely} of ${benign.length} benign commands changed (${((100 * falsely) / Math.max(1, benign.length)).toFixed(2)} %)`)
}

export const SECRETS: Evaluation = {
  about: 'redaction: secrets found and falsely found in texts and commands',
  async run(data, print) {
    for (const set of setsIn(data, 'secrets').filter((name) => !name.startsWith('pii'))) scoreSecrets(data, `secrets/${set}`, print)
    for (const set of setsIn(data, 'commands')) scoreCommands(data, `commands/${set}`, print)
  },
}
