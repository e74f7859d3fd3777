/** docs/reports.md, made of the library. */
import { type Control, FRAMEWORKS } from './control.ts'
import { ALWAYS, CONTROLS, MOST_ROWS, QUESTIONS } from './library.ts'
import type { Question } from './question.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const controlLine = ({ id, reference, title, asks, questions, notShown }: Control): string =>
  `| \`${id}\` | ${reference} | **${cell(title)}.** ${cell(asks)} | ${questions.map((question) => `[${question}](#${question})`).join(', ')} | ${cell(notShown)} |`

const frameworkPart = (framework: keyof typeof FRAMEWORKS): string => `### ${FRAMEWORKS[framework]}

| control | reference | asks that | questions | not shown |
| --- | --- | --- | --- | --- |
${CONTROLS.filter((control) => control.framework === framework).map(controlLine).join('\n')}
`

const questionPart = ({ id, title, asks, columns, sql, order, exceptions, cannotSee }: Question): string => `### ${id}
**${title}.** ${asks}${exceptions ? ' Each row is something to look at.' : ''}

Columns: ${Object.entries(columns).map(([name, shown]) => `\`${name}\` (${shown})`).join(', ')}.

What it cannot see: ${cannotSee}

<details><summary>SQL</summary>

\`\`\`sql
${sql}
ORDER BY ${order}
\`\`\`
</details>
`

const HEAD = `# Reports and incident packs

A report is evidence for an auditor: each control of a framework leads to questions, each question is one SQL statement, each answer is a file with a hash, and all hashes stand in a signed manifest.
It is evidence and no verdict: nothing in it says that a control is met.

\`\`\`sh
watchkeeper report controls                                    # what there is
watchkeeper report run --controls gdpr pci-10-2 --from 2026-10-01T00:00:00Z --to 2026-11-01T00:00:00Z --out october
watchkeeper report list
watchkeeper report show ID --out DIR                           # its files again
watchkeeper report verify october --key data/keys/notary.pub   # files and signature, offline
watchkeeper report verify october --key data/keys/notary.pub --rerun
watchkeeper report schedule                                    # which come by themselves, when next
\`\`\`

| file | what it is |
| --- | --- |
| \`report.html\` | for people: one page without scripts, fonts or images from anywhere, that prints well |
| \`report.json\` | the manifest: what was asked, every statement with its parameters, the hash of every answer, what each cannot see |
| \`answers/QUESTION.jsonl\` | the answer, one JSON object a row; at most ${MOST_ROWS.toLocaleString('en')} rows, and how many there are in all stands in the manifest |
| \`report.note\` | signed note (C2SP, Ed25519) over \`report.json\` and \`report.html\`, with the notary's key |

## The same again
A report is about what was *received* from \`--from\` and before \`--to\`, as it was *stored* by \`--as-of\` (a minute ago or more). Asked again with the same times, the tables give the same files, byte for byte: also after
merges, after later versions of findings, and whatever other tenants send late. No statement reads a clock, adds floating point numbers or leaves an order open. Findings and rules are read from tables that keep every version
with the time at which it was stored (\`finding_history\`, \`rule_history\`). A report is not begun before the archiver is through with what was received before its as-of time.

It is not the same where the tables are not: rows that retention dropped, persons that were erased, records that were put back from quarantine although they had been received before. \`--rerun\` then names the answers that
differ; the files are still what was signed. In the small form, tables that were made anew from the log date findings and rules anew, too.

## Schedules
\`\`\`yaml
reports:
  schedules:
    - {name: monthly-pci, tenant: acme, controls: [pci], cron: "0 6 1 * *", timezone: Europe/Berlin, deliver_to: [compliance]}
\`\`\`
Each time of the timetable gets one report, about the time since the one before, as of its time. Several processes with a scheduler share the work: whoever's insert into \`report_claims\` comes first makes it. A time at which nobody
ran is made up for (the last 31 of a schedule, oldest first), and so is one whose maker was killed: at once in the small form, after ten minutes where other processes may be alive. What fails is tried ten times, 1, 2, 4 … minutes
apart. A schedule begins when it is first seen: what was due before is nobody's. \`deliver_to\` names receivers of \`alerting\` (webhook, slack, teams, email) that are told what it is about, its hash and where it lies, in
up to four attempts (rows of \`deliveries\` about no alert); the answers themselves are not sent. A process that is killed between making and telling has made the report and told nobody.

The files lie in \`reports.directory\` of the process that made them, and are never written over: another content under the same name (as after an erasure) is put beside it. They hold names of people, so retention and erasure of
these files are yours. Table \`reports\` has a row for every run, also a failed one; runs, lists, reads and checks are audit events (\`report.run\`, \`report.read\` …).

## Incident packs
\`\`\`sh
watchkeeper incident export --alert ID --out case-42 --why "case 42" --before 120 --after 60
watchkeeper incident verify case-42 --key data/keys/notary.pub
\`\`\`
Everything of the alert's lineage (its traces and conversations, whenever they were) and of its actor in the time around it: records as stored, interactions, findings, alerts with their life, deliveries, every version of the tools
that were called, rules and policies that judged, coverage, what was put aside; \`timeline.html\` and \`timeline.jsonl\`; signed states of the log, a proof for each of at most 2,000 records (C2SP tlog-proof, checked by
\`watchkeeper evidence check\` and by others' tools); \`SHA256SUMS\` with a signature. README.txt in the pack says how somebody who has nothing else checks it. What was redacted stays redacted. At most 100,000 records and 50,000
interactions; what was cut is said. The export is an audit event with its written reason (\`incident.export\`).

## API
\`POST /api/v1/reports\` makes one (scope \`triage\`), \`GET /api/v1/reports\` lists, \`GET /api/v1/reports/{id}/files\` gives the files, \`GET /api/v1/reports/schedules\`, \`POST /api/v1/reports/again\` says the hashes of the same asked
now, \`POST /api/v1/incidents\` streams a pack. A token of one tenant makes and sees reports of that tenant alone. [openapi.json](openapi.json) has the details.

In the large form the process that is asked needs the tables (the scheduler, the archiver) and the notary's key: set \`audit.signing_key_file\` there.
`

/** The whole page. */
export const reportsPage = (): string => `${HEAD}
## Controls
${(Object.keys(FRAMEWORKS) as (keyof typeof FRAMEWORKS)[]).map(frameworkPart).join('\n')}
## Questions
Parameters: \`tenant\`, \`from\` and \`to\` (received from … and before …), \`as_of\` (stored before). Every report asks ${ALWAYS.map((id) => `\`${id}\``).join(', ')}.

${[...QUESTIONS.values()].map(questionPart).join('\n')}`
