/** A report as a page: made of its answers alone, so that the same report is the same page. */
import type { Answered, MadeReport } from '../make.ts'
import type { AnswerFacts, Manifest } from '../manifest.ts'
import { pageOf, readable, tableOf } from './frame.ts'
import { type Html, html } from './html.ts'

/** Rows of an answer on the page, which somebody may print. */
const MOST_SHOWN = 200

const count = (number: number, one: string, many: string): string => `${readable(number)}\u00a0${number === 1 ? one : many}`

function mark({ exceptions, rows_in_all: rows }: AnswerFacts): Html {
  if (!exceptions) return html`<span class="mark info">${count(rows, 'row', 'rows')}</span>`
  return rows === 0 ? html`<span class="mark none">none found</span>` : html`<span class="mark look">${readable(rows)}\u00a0to look at</span>`
}

function controlOf({ id, reference, title, asks, questions, not_shown: notShown }: Manifest['controls'][number], answers: ReadonlyMap<string, AnswerFacts>): Html {
  const lines = questions.map((question) => {
    const facts = answers.get(question)
    return facts === undefined ? html`` : html`<li><a href="#${question}">${facts.title}</a>${mark(facts)}</li>
`
  })
  return html`<section class="control" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${reference}: ${title}</h3>
<p>${asks}</p>
<ul>
${lines}</ul>
<p class="blind">Not shown here: ${notShown}</p>
</section>
`
}

function answerOf({ facts, rows }: Answered): Html {
  const { question, title, asks, columns, sql, cannot_see: cannotSee, sha256, rows_in_all: all } = facts
  const shown = rows.slice(0, MOST_SHOWN)
  const more = all > rows.length ? `, and answers/${question}.jsonl has the first ${readable(rows.length)}` : `; all of them are in answers/${question}.jsonl`
  const cut = all > shown.length ? html`<p class="soft">The first ${readable(shown.length)} of ${readable(all)} rows${more}.</p>` : html``
  const body = rows.length === 0 ? html`<p><strong>No rows.</strong></p>` : tableOf(title, columns, shown)
  return html`<section class="answer" id="${question}" aria-labelledby="${question}-title">
<h3 id="${question}-title">${title}</h3>
<p>${asks} ${mark(facts)}</p>
${body}${cut}
<p class="blind">What this cannot see: ${cannotSee}</p>
<details><summary>How it was asked</summary>
<pre>${sql}</pre></details>
<p class="soft">SHA-256 of answers/${question}.jsonl: <span class="hash">${sha256}</span></p>
</section>
`
}

function head({ title, tenant, from, to, as_of: asOf, controls, answers }: Manifest): Html {
  const look = answers.filter(({ exceptions, rows_in_all: rows }) => exceptions && rows > 0)
  const links = look.map(({ question, title: name }, i) => html`${i === 0 ? '' : ', '}<a href="#${question}">${name}</a>`)
  return html`<header>
<p class="kicker">Watchkeeper report</p>
<h1>${title}</h1>
<p>What the audit log of Model Context Protocol interactions shows for ${count(controls.length, 'control', 'controls')}. It is evidence, not a verdict: whether a control is met, a person judges.</p>
<dl class="facts">
<dt>Tenant</dt><dd>${tenant}</dd>
<dt>Received from</dt><dd>${readable(from)} UTC</dd>
<dt>and before</dt><dd>${readable(to)} UTC</dd>
<dt>As of</dt><dd>${readable(asOf)} UTC: what was stored by then</dd>
<dt>To look at</dt><dd>${look.length === 0 ? 'nothing' : links}</dd>
</dl>
</header>
`
}

function contents(frameworks: readonly string[]): Html {
  const items = frameworks.map((framework, i) => html`<li><a href="#framework-${i}">${framework}</a></li>
`)
  return html`<nav aria-label="Contents"><ul>
${items}<li><a href="#answers">Answers</a></li>
<li><a href="#check">How to check this report</a></li>
</ul></nav>
`
}

function check({ manifest: { report_id: id, library }, reportHash }: MadeReport): Html {
  return html`<section id="check" aria-labelledby="check-title">
<h2 id="check-title">How to check this report</h2>
<p>Beside this page lie report.json, which names every statement and the hash of every answer, the answers as one JSON object a line, and report.note, which is signed (C2SP signed note, Ed25519).</p>
<pre>watchkeeper report verify DIRECTORY --key VERIFIER-KEY      # files and signature, offline
watchkeeper report verify DIRECTORY --key VERIFIER-KEY --rerun   # asks the tables again, as of the same time
sha256sum report.json answers/*.jsonl</pre>
<p>Asked again as of the same time, the tables give the same answers, byte for byte. They do not where rows were dropped by retention or erased since, or where records were put back from quarantine that had been received
before: then the check names the answers that differ.</p>
<dl class="facts">
<dt>Report</dt><dd class="hash">${id}</dd>
<dt>SHA-256 of report.json</dt><dd class="hash">${reportHash}</dd>
<dt>Library of questions</dt><dd class="hash">${library}</dd>
</dl>
</section>
`
}

/** Bytes of report.html. */
export function reportPage(report: MadeReport): string {
  const { manifest, answers } = report
  const facts = new Map(manifest.answers.map((answer) => [answer.question, answer]))
  const frameworks = [...new Set(manifest.controls.map(({ framework }) => framework))]
  const parts = frameworks.map((framework, i) => html`<section aria-labelledby="framework-${i}">
<h2 id="framework-${i}">${framework}</h2>
${manifest.controls.filter((control) => control.framework === framework).map((control) => controlOf(control, facts))}</section>
`)
  return pageOf(`${manifest.title}, ${manifest.tenant}, ${manifest.to.slice(0, 10)}`, html`${head(manifest)}${contents(frameworks)}<main id="content">
${parts}<h2 id="answers">Answers</h2>
${answers.map(answerOf)}${check(report)}</main>
<footer>Made by Watchkeeper from what was stored before ${readable(manifest.as_of)} UTC. Times are UTC. Names, tools and texts are as their senders wrote them; characters that cannot be seen are written as ${'\u27e8'}U+202E${'\u27e9'}.</footer>`)
}
