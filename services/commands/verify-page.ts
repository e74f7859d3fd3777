/** A verifier's report as lines for a terminal. Pure. */
import type picocolors from 'picocolors'
import { printable } from '../demo/printable.ts'
import type { Report, Word } from '../verify/verdict.ts'
import { count } from './amounts.ts'

const MOST = 20
type Colors = ReturnType<typeof picocolors.createColors>

const HEADLINES: Readonly<Record<Word, string>> = {
  ok: 'The log is what was signed, and nothing is missing.',
  tampered: 'The log was altered.',
  incomplete: 'Something is missing from the log.',
  unverifiable: 'Whether the log is what was signed cannot be said.',
}

const paint = (word: Word, colors: Colors, text: string = word): string => (word === 'ok' ? colors.green : word === 'unverifiable' ? colors.yellow : colors.red)(text)

function firstBad({ first_bad: first }: Report): string[] {
  if (first === null) return []
  const where = first.partition < 0 ? 'log over all partitions' : `partition ${first.partition}`
  return [`first          ${where}${first.index < 0 ? '' : `, index ${first.index}`}: ${printable(first.detail)}`]
}

const listed = (lines: readonly string[]): string[] => (lines.length > MOST ? [...lines.slice(0, MOST), `and ${lines.length - MOST} more: --json shows all`] : [...lines])

export function verifyPage(report: Report, colors: Colors): string[] {
  const { partitions, anchors, origins } = report
  return [
    paint(report.verdict, colors, HEADLINES[report.verdict]),
    `integrity      ${paint(report.integrity, colors)}`, `completeness   ${paint(report.completeness, colors)}`, `attribution    ${paint(report.attribution, colors)}`,
    ...firstBad(report),
    `source         ${printable(report.source)}`,
    `log            ${printable(report.log) || '(no key given)'}: ${count(report.checkpoints)} checkpoints; ${count(anchors.used)} of ${count(anchors.given)} anchors used, ${count(anchors.witnessed)} witnessed`,
    `events         ${count(report.leaves)} leaves, ${count(report.rows)} rows; ${count(report.removed)} removed and ${count(report.erased)} blanked by declared removals; ${count(report.unsealed)} not sealed yet`,
    ...listed(partitions.map(({ partition, leaves, proved, anchored }) => `  partition ${partition}: ${count(leaves)} leaves, ${count(proved)} signed, ${count(anchored)} anchored`)),
    ...(origins.length === 0 ? [] : ['came by']),
    ...listed(origins.map(({ tenant, transport, credential, peer, rows }) => `  ${count(rows)} of ${printable(tenant)} by ${printable(credential || `${peer || 'nobody known'} without a credential`)} (${printable(transport)})`)),
    ...listed(report.faults.map(({ question, partition, index, detail }) => `  ${question}${partition < 0 ? '' : `, partition ${partition}`}${index < 0 ? '' : `, index ${index}`}: ${printable(detail)}`)),
    ...listed(report.gaps.map(({ partition, detail, explained }) => `  gap in partition ${partition}: ${printable(detail)}${explained === '' ? '' : ` (declared: ${printable(explained)})`}`)),
    ...listed(report.removals.map(({ id, kind, detail }) => `  ${printable(kind)} ${printable(id)}: ${printable(detail)}`)),
    ...report.notes.map((note) => colors.yellow(printable(note))),
  ]
}
