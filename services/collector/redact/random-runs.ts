/**
 * Keys that stand near the name of a secret without being assigned to it: `variable "api_token" { default = "…" }`, `your new token is …`.
 * Only what a machine drew from both cases and digits counts; digests and identifiers in hex do not.
 */
import { NEAR_NAME } from './kinds.ts'
import { matchesIn } from './matching.ts'
import { gradeOf, nameBefore } from './names.ts'
import { entropy, hasSequence } from './plausible.ts'
import type { Span } from './span.ts'

/** Nothing to look for without one of these in the text. */
const TELLING = /token|secret|passw|passphrase|credential|key/i
const RUN = /[A-Za-z0-9_-]{30,}/g
const LONGEST = 128
/** A name and a run. */
const SHORTEST = 34
const REACH = 80
const NAME = /[A-Za-z][\w.-]{2,63}/g
/** Names that say nothing, so that what stands before them counts. */
const NEUTRAL = /^(?:value|default|values|params|args?|arguments|data|content|text|is|string|stringValue|here|new|current)$/i

const ASSIGNED = /(?:([\w.-]{1,64})["'`\]]{0,2}[ \t]{0,4}[:=]>?[ \t]{0,4}(?:\\{0,2}["'`])?|[\s"'`([<,])$/

const isDrawn = (run: string): boolean =>
  run.length <= LONGEST && /[0-9]/.test(run) && /[A-Z]/.test(run) && /[a-z]/.test(run) && entropy(run) >= 4 && !hasSequence(run)

/** Whether nothing but a neutral name is assigned the run that starts at `start`. */
function isUnnamed(text: string, start: number): boolean {
  const assigned = ASSIGNED.exec(text.slice(Math.max(0, start - REACH), start))
  return assigned !== null && (assigned[1] === undefined || NEUTRAL.test(assigned[1]) || gradeOf(nameBefore(text, start - 1)) === 'secret')
}

const namesSecret = (before: string): boolean => (before.match(NAME) ?? []).some((name) => gradeOf(name) === 'secret')

/** Drawn runs within `REACH` characters behind a name of a secret. Linear: runs do not overlap, and the looks back are bounded. */
export function findRandomRuns(text: string): Span[] {
  if (text.length < SHORTEST || !TELLING.test(text)) return []
  const spans: Span[] = []
  for (const found of matchesIn(RUN, text)) {
    const start = found.index
    const before = text.slice(Math.max(0, start - REACH), start)
    if (!TELLING.test(before) || !isDrawn(found[0]) || !isUnnamed(text, start) || !namesSecret(before)) continue
    spans.push({ start, end: start + found[0].length, kind: NEAR_NAME.kind })
  }
  return spans
}
