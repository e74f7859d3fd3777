/** Stage: nothing is sent whose words people have already. Pure. */
import { hash } from 'node:crypto'
import { rank } from './alert-words.ts'
import type { AlerterRules } from './contracts.ts'
import type { Group } from './state.ts'

/** So many kinds of findings are told apart. */
const MOST_TITLES = 20

/**
 * What is new to a person, in short: status, severity, who, where, the kinds of findings, and twice as many. Not every further finding of a kind: a beacon
 * that is heard every five minutes makes nine messages a day, not 288.
 */
export function shortWords({ alert, members, findings }: Group, { notifyFrom }: AlerterRules): string {
  const titles = new Set(members.filter(({ severity }) => rank(severity) >= rank(notifyFrom)).map(({ detector, title }) => `${detector} ${title}`))
  const { status, severity, verdict, detectors, actor, server, tool } = alert
  return hash('sha256', JSON.stringify([
    status, severity, verdict, detectors, actor, server, tool, [...titles].sort().slice(0, MOST_TITLES), Math.floor(Math.log2(findings)),
  ]), 'hex').slice(0, 16)
}
