/**
 * How well redaction tells secrets from what looks like them: precision, recall and F1 over texts with and without a credential, and false
 * positives on ordinary command lines; and how much personal data of a known form is found where the policy asks for it. A text counts as flagged when redaction changes it.
 */
import { z } from 'zod'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { type Evaluation, readSet, setsIn } from './evaluation.ts'

const Labelled = z.object({ text: z.string(), label: z.union([z.literal(0), z.literal(1)]), kind: z.string() })
const Command = z.object({ cmd: z.string(), label: z.number(), tier: z.string() })

const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 7)))
const isFlagged = (text: string): boolean => redactor.text('default', text) !== text

const Spans = z.object({ text: z.string(), spans: z.array(z.object({ start: z.number(), end: z.number(), type: z.string() })) })
/** Types of the labelled data, and what we call them. Names, places and dates have no form that could be known. */
const PERSONAL: Readonly<Record<string, string>> = {
  CREDIT_CARD: 'card', US_SSN: 'ssn', IBAN_CODE: 'iban', EMAIL_ADDRESS: 'email', PHONE_NUMBER: 'phone',
}
const hider = createRedactor(createKeyedHash(Buffer.alloc(32, 7)), {
  credential: 'token', card: 'token', iban: 'token', ssn: 'token', email: 'token', phone: 'token', tenants: {},
})

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

  static sum(scores: readonly Score[]): Score {
    const all = new Score()
    for (const { found, missed, falsely, rightly } of scores) {
      all.found += found
      all.missed += missed
      all.falsely += falsely
      all.rightly += rightly
    }
    return all
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

/** A labelled span is found when nothing of it is left; a replacement of a text is falsely made when no label asks for its kind. */
function scorePersonalData(data: string, set: string, print: (line: string) => void): void {
  const scores = new Map([...new Set(Object.values(PERSONAL))].map((kind) => [kind, new Score()]))
  for (const { text, spans } of readSet(data, set, (line) => Spans.parse(line))) {
    const out = hider.text('default', text)
    const made = [...out.matchAll(/\[redacted:([a-z0-9-]+):/g)].map((found) => found[1] ?? '')
    for (const { start, end, type } of spans) {
      const kind = PERSONAL[type]
      if (kind === undefined) continue
      const at = made.indexOf(kind)
      scores.get(kind)?.count(1, at >= 0 && !out.includes(text.slice(start, end)))
      if (at >= 0) made.splice(at, 1)
    }
    for (const kind of made) scores.get(kind)?.count(0, true)
  }
  print(`\n${set}: personal data found, and changes that no label asks for\n${HEAD}`)
  for (const [kind, score] of scores) print(score.row(kind))
  print(Score.sum([...scores.values()]).row('all'))
}

function scoreCommands(data: string, set: string, print: (line: string) => void): void {
  const benign = readSet(data, set, (line) => Command.parse(line)).filter(({ label }) => label === 0)
  const falsely = benign.filter(({ cmd }) => isFlagged(cmd)).length
  print(`\n${set}: ${falsely} of ${benign.length} benign commands changed (${((100 * falsely) / Math.max(1, benign.length)).toFixed(2)} %)`)
}

export const SECRETS: Evaluation = {
  about: 'redaction: secrets found and falsely found in texts and commands',
  async run(data, print, { split }) {
    for (const set of setsIn(data, 'secrets', split).filter((name) => !name.startsWith('pii'))) scoreSecrets(data, `secrets/${set}`, print)
    for (const set of setsIn(data, 'secrets', split).filter((name) => name.startsWith('pii'))) scorePersonalData(data, `secrets/${set}`, print)
    for (const set of setsIn(data, 'commands', split)) scoreCommands(data, `commands/${set}`, print)
  },
}
