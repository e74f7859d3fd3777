/** Redaction of one text: gate, JSON walk or detectors, replacement. Nested texts (JSON in text, base64) come back here, bounded. */
import type { KeyedHash } from '../../../schemas/ports.ts'
import { findAssignments } from './assignments.ts'
import { findCards } from './cards.ts'
import { findCommandPasswords } from './command-passwords.ts'
import { base64Runs, escapedRuns, percentRuns, type Run, wideRuns } from './encoded.ts'
import { findMarkedTokens, findVendorTokens } from './find-vendor-tokens.ts'
import { DIGITS, ENCODED, ESCAPE, FEW_DIGITS, gate, LONG_RUN, MAIL, NAMED, PERCENT_CODED, SCHEME, USERINFO } from './gate.ts'
import { isWholeString, jsonStart, walkJson } from './json-text.ts'
import { FIELD, NESTED } from './kinds.ts'
import { findEmails, findIbans, findPhones, findSsns } from './personal-data.ts'
import { joinable, type Policy } from './policy.ts'
import { findRandomRuns } from './random-runs.ts'
import { settle, type Span, tokensIn, UNSCANNED } from './span.ts'
import { findJwts, findPasswordHashes, findPrivateKeys, findSchemes, findUrlPasswords } from './tokens.ts'

/** What one event or text may cost: characters given to detectors, counted again at every level of nesting. */
export const CHARACTER_BUDGET = 1024 * 1024
/** Texts within texts: arguments → a JSON string in it → base64 in that. */
const DEEPEST = 8
/** Shorter texts open no gate. */
const SHORTEST_SECRET = 6
/** Readings of one text; two do for nearly all that hold a secret. */
const MOST_ROUNDS = 8

const NONE: ReadonlySet<string> = new Set()

export class OverBudget extends Error {}

/** One redaction: of an event, or of a text alone. */
export class Scan {
  readonly tenant: string
  readonly policy: Policy
  readonly #keyed: KeyedHash
  #left = CHARACTER_BUDGET
  /** Kinds found since `take`; in most events there are none. */
  #kinds: Set<string> | undefined

  constructor(tenant: string, policy: Policy, keyed: KeyedHash) {
    this.tenant = tenant
    this.policy = policy
    this.#keyed = keyed
  }

  spend(characters: number): void {
    this.#left -= characters
    if (this.#left < 0) throw new OverBudget('more text than may be scanned in one event')
  }

  token(kind: string, secret: string): string {
    this.#found(kind)
    if (this.policy.of(kind) === 'drop') return `[redacted:${kind}:dropped]`
    return `[redacted:${kind}:${this.#keyed.of(this.tenant, 'secret', joinable(kind, secret)).slice(0, 12)}]`
  }

  /** What of a text has to be looked at. */
  gate(text: string): number {
    return gate(text) & this.policy.mask
  }

  /** The first kind found by `look`, whose text is no part of what is written; undefined when it finds nothing. */
  probe(look: () => string): string | undefined {
    const outer = this.#kinds
    this.#kinds = undefined
    look()
    const [found] = this.take()
    this.#kinds = outer
    return found === 'unscanned' ? NESTED.kind : found
  }

  unscanned(): string {
    this.#found('unscanned')
    return UNSCANNED
  }

  #found(kind: string): void {
    this.#kinds ??= new Set()
    this.#kinds.add(kind)
  }

  /** The kinds found since the last call. */
  take(): ReadonlySet<string> {
    const kinds = this.#kinds ?? NONE
    this.#kinds = undefined
    return kinds
  }
}

/** How deep in a text the scan is. */
interface Level {
  readonly scan: Scan
  readonly depth: number
}

function spansOf(text: string, flags: number, policy: Policy): Span[] {
  const spans: Span[] = []
  if ((flags & LONG_RUN) !== 0) {
    spans.push(...findVendorTokens(text), ...findMarkedTokens(text), ...findPrivateKeys(text), ...findPasswordHashes(text), ...findRandomRuns(text))
  }
  if ((flags & ENCODED) !== 0) spans.push(...findJwts(text), ...findPrivateKeys(text))
  if ((flags & SCHEME) !== 0) spans.push(...findSchemes(text))
  if ((flags & NAMED) !== 0) spans.push(...findAssignments(text), ...findCommandPasswords(text))
  if ((flags & DIGITS) !== 0) spans.push(...findCards(text), ...findIbans(text), ...findSsns(text))
  if ((flags & USERINFO) !== 0) spans.push(...findUrlPasswords(text))
  if ((flags & MAIL) !== 0) spans.push(...findEmails(text))
  if ((flags & FEW_DIGITS) !== 0) spans.push(...findPhones(text))
  return spans.filter(({ kind }) => policy.of(kind) !== 'keep')
}

/** Runs in which something is found, as spans of the kind found first. `covered` ones are replaced anyway. */
function encodedSpans(runs: Iterable<Run>, covered: readonly Span[], { scan, depth }: Level): Span[] {
  const spans: Span[] = []
  let next = 0
  for (const run of runs) {
    while (next < covered.length && covered[next]!.end < run.end) next++
    if (next < covered.length && covered[next]!.start <= run.start) continue
    const kind = scan.probe(() => cleanseOnce(run.decoded, scan, depth + 1))
    if (kind !== undefined) spans.push({ start: run.start, end: run.end, kind })
  }
  return spans
}

function plain(text: string, flags: number, level: Level): string {
  const { scan } = level
  const found = spansOf(text, flags, scan.policy)
  if ((flags & ENCODED) !== 0) found.push(...encodedSpans(base64Runs(text), settle(found, []), level))
  if ((flags & PERCENT_CODED) !== 0) found.push(...encodedSpans(percentRuns(text), settle(found, []), level))
  if ((flags & ESCAPE) !== 0) {
    found.push(...encodedSpans(escapedRuns(text), settle(found, []), level))
    found.push(...encodedSpans(wideRuns(text), settle(found, []), level))
  }
  if (found.length === 0) return text
  let out = ''
  let copied = 0
  for (const { start, end, kind } of settle(found, tokensIn(text))) {
    out += text.slice(copied, start) + scan.token(kind, text.slice(start, end))
    copied = end
  }
  return out + text.slice(copied)
}

/** Whether a short look tells that nothing is in the text: it was read before, or the gate stays shut. */
export function isClean(text: string, { cleanTexts, mask }: Policy): boolean {
  if (text.length < SHORTEST_SECRET || cleanTexts.has(text)) return true
  if ((gate(text) & mask) !== 0) return false
  cleanTexts.add(text)
  return true
}

/**
 * `text` with every secret in it replaced. Throws OverBudget. A replacement can uncover what stood beside it, so a changed text is
 * read again until nothing changes; this also makes redacting twice the same as redacting once.
 */
export function cleanse(text: string, scan: Scan): string {
  const { cleanTexts } = scan.policy
  if (text.length < SHORTEST_SECRET || cleanTexts.has(text)) return text
  let current = text
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = cleanseOnce(current, scan, 0)
    if (next === current) {
      if (round === 0) cleanTexts.add(text)
      return current
    }
    current = next
  }
  return scan.unscanned()
}

function cleanseOnce(text: string, scan: Scan, depth: number): string {
  const flags = scan.gate(text)
  if (flags === 0) return text
  if (depth > DEEPEST) return scan.unscanned()
  scan.spend(text.length)
  return cleanseJson(text, scan, depth) ?? (plain(text, flags, { scan, depth }))
}

/** The text as one JSON value or several, edited, with plain text behind it; undefined when it does not begin as JSON. */
function cleanseJson(text: string, scan: Scan, depth: number): string | undefined {
  const edits = { text: (value: string) => cleanseOnce(value, scan, depth + 1), secret: (value: string) => scan.token(FIELD.kind, value) }
  let out = ''
  let rest = text
  for (let start = jsonStart(rest); start !== undefined; start = jsonStart(rest)) {
    // A quoted word at the start of a sentence is no JSON text: what follows may be its value.
    if (start === '"' && !isWholeString(rest)) break
    const { edited, end } = walkJson(rest, edits)
    if (end === 0) break
    out += edited
    rest = rest.slice(end)
  }
  if (rest === text) return undefined
  return rest === '' ? out : out + plain(rest, scan.gate(rest), { scan, depth })
}
