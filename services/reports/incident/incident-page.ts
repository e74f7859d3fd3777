/** The timeline of an incident as a page. */
import { pageOf, tableOf } from '../page/frame.ts'
import { type Html, html, trusted } from '../page/html.ts'
import type { Scope } from './scope.ts'
import type { Moment } from './timeline.ts'

export interface PackFacts {
  readonly scope: Scope
  readonly moments: readonly Moment[]
  /** Moments that were too many. */
  readonly left: number
  /** File, what it is, rows. */
  readonly files: readonly (readonly [string, string, number])[]
  /** What was cut, or could not be had; sentences. */
  readonly missing: readonly string[]
}

export const isoOf = (nanoseconds: bigint): string => new Date(Number(nanoseconds / 1_000_000n)).toISOString()
const numbered = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`
const second = (iso: string): string => iso.slice(0, 23).replace('T', ' ')

const momentOf = ({ at, kind, own, who, what, details }: Moment): Html => html`<li class="${kind}"><time datetime="${at}">${second(at)}</time>${own ? html` <span class="mark look">this alert</span>` : ''}
<div dir="auto"><strong>${what}</strong>${who === '' ? '' : html` <span class="soft">by</span> ${who}`}</div>
${details.length === 0 ? '' : html`<details${own ? trusted(' open') : ''}><summary>Details</summary>${details.map((detail) => html`<pre dir="auto">${detail}</pre>`)}</details>`}</li>
`

/** Bytes of timeline.html. */
export function incidentPage({ scope, moments, left, files, missing }: PackFacts): string {
  const { title, tenant, alert_id: id, actor, principal, since, until } = scope
  const days = [...new Set(moments.map(({ at }) => at.slice(0, 10)))]
  const gone = [...missing, ...(left > 0 ? [`${left} more moments of the actor are not on this page; they are in the files.`] : [])]
  return pageOf(`Incident ${id.slice(0, 8)}, ${tenant}`, html`<header>
<p class="kicker">Watchkeeper incident</p>
<h1 dir="auto">${title}</h1>
<dl class="facts">
<dt>Alert</dt><dd class="hash">${id}</dd>
<dt>Tenant</dt><dd>${tenant}</dd>
<dt>Actor</dt><dd dir="auto">${actor === '' ? 'not known' : actor}${principal === '' || principal === actor ? '' : ` (${principal})`}</dd>
<dt>Of the actor from</dt><dd>${second(isoOf(since))} UTC</dd>
<dt>to</dt><dd>${second(isoOf(until))} UTC</dd>
<dt>Of the lineage</dt><dd>${numbered(scope.traces.length, 'trace')} and ${numbered(scope.conversations.length, 'conversation')}, whenever they were</dd>
</dl>
</header>
<main id="content">
<h2>What happened</h2>
${moments.length === 0 ? html`<p><strong>Nothing is in the tables.</strong></p>` : ''}${days.map((day) => html`<section aria-label="${day}"><h3>${day}</h3>
<ol class="line">
${moments.filter(({ at }) => at.startsWith(day)).map(momentOf)}</ol></section>
`)}
<h2>What is in this pack</h2>
${tableOf('Files', [{ name: 'file', title: 'File' }, { name: 'says', title: 'What it is' }, { name: 'rows', title: 'Rows' }], files)}
${gone.map((sentence) => html`<p class="blind">${sentence}</p>`)}
<p>README.txt says how to check it: every file stands in SHA256SUMS, that is signed, and each record has a proof that it is in the log.</p>
</main>
<footer>Texts are as their senders wrote them, after redaction: what was redacted is not in here. Characters that cannot be seen are written as ${'\u27e8'}U+202E${'\u27e9'}. Times are UTC, by the clock of who reported them.</footer>`)
}
