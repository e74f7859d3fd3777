/**
 * The circuit breaker of each receiver: after five attempts without success, or half a minute of them, only one at a time, further and further apart,
 * until one succeeds.
 */
import { hash } from 'node:crypto'
import { receiverDownFinding } from '../../detectors/receiver-down/finding.ts'
import { rule as receiverDown } from '../../detectors/receiver-down/rule.ts'
import { downIn } from './route.ts'
import type { AlerterState, Line, Pending } from './state.ts'

const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND
const MOST_FAILURES = 5
/** So few are enough over so long a time. */
const FEW_FAILURES = 3
const SHORT_WHILE = 30n * SECOND
/** Between attempts while it is down; the last one repeats. */
const PROBES: readonly bigint[] = [15n * SECOND, 30n * SECOND, 60n * SECOND, 120n * SECOND, 300n * SECOND]
/** What our configuration refuses stays refused; but a name may lead elsewhere by then. */
const REFUSED_FOR = 3_600n * SECOND
/** Who asks for so much patience is down. */
const LONG_WAIT = 300n * SECOND
const GONE = 410

const newLine = (): Line => ({ failures: 0, failingSince: 0n, notBefore: 0n, probeAt: 0n, probes: 0, disabled: false })

export const isDown = (state: AlerterState, receiver: string): boolean => (state.lines.get(receiver)?.probeAt ?? 0n) !== 0n

/** Nothing is sent to it: it has said that it is gone. */
export function isShut(state: AlerterState, receiver: string, now: bigint): boolean {
  const line = state.lines.get(receiver)
  return line !== undefined && line.disabled && now < line.probeAt
}

/** When this message may be tried: while its receiver is down that is when the receiver may be tried at all. */
export function tryAt(state: AlerterState, { receiver, nextAt }: Pending, now: bigint): bigint {
  const line = state.lines.get(receiver)
  if (line === undefined || isShut(state, receiver, now)) return nextAt
  if (line.probeAt !== 0n) return line.probeAt
  return line.notBefore > nextAt ? line.notBefore : nextAt
}

/** A tenth more or less, drawn from what it is about: many that wait do not come at once, and a replay waits the same. */
export function jittered(wait: bigint, about: string): bigint {
  const draw = Number.parseInt(hash('sha256', about, 'hex').slice(0, 4), 16)
  return (wait * BigInt(900_000 + Math.floor((draw * 200_000) / 65_536))) / 1_000_000n
}

/** It takes messages: what waits goes out now, and who was told that it is down hears that it is back. */
export function succeeded(state: AlerterState, receiver: string, now: bigint): void {
  const line = state.lines.get(receiver)
  if (line === undefined) return
  state.lines.delete(receiver)
  if (line.probeAt === 0n) return
  for (const pending of state.pending) if (pending.receiver === receiver && pending.nextAt > now) pending.nextAt = now
  for (const [id, { alert }] of state.groups) if (downIn(alert) === receiver) state.touched.add(id)
}

function raise(state: AlerterState, { tenant, receiver }: Pending, line: Line, { status, at }: { readonly status: number; readonly at: bigint }): void {
  const id = hash('sha256', JSON.stringify([receiverDown.id, tenant, receiver, String(line.failingSince)]), 'hex').slice(0, 32)
  const { failingSince: since, failures: attempts } = line
  state.raised.push(receiverDownFinding(id, { tenant, receiver, since, at, attempts, status, gone: line.disabled, refused: line.refused === true }))
}

export interface Refusal {
  readonly status: number
  readonly startedAt: bigint
  readonly at: bigint
  /** What it asks for, nanoseconds. */
  readonly wait: bigint
  /** By our own configuration, before anything was sent. */
  readonly refused: boolean
}

/** A new process may have another configuration: what the last one refused is tried at once, one message first. */
export function reconsider(state: AlerterState, now: bigint): void {
  for (const line of state.lines.values()) if (line.refused === true && line.probeAt > now) line.probeAt = now
}

const isTooMuch = ({ failures, failingSince }: Line, at: bigint): boolean =>
  failures >= MOST_FAILURES || (failures >= FEW_FAILURES && at - failingSince >= SHORT_WHILE)

/** Counts an attempt without success. True when the receiver is down from now on: then there is a finding, too. */
export function failed(state: AlerterState, pending: Pending, { status, startedAt, at, wait, refused }: Refusal): boolean {
  const { receiver } = pending
  const line = state.lines.get(receiver) ?? newLine()
  state.lines.set(receiver, line)
  const wasDown = line.probeAt !== 0n
  line.failures++
  if (line.failingSince === 0n) line.failingSince = startedAt
  if (at + wait > line.notBefore) line.notBefore = at + wait
  line.disabled = status === GONE
  line.refused = refused
  if (line.disabled) line.probeAt = at + DAY
  else if (refused) line.probeAt = at + REFUSED_FOR
  else if (wasDown || isTooMuch(line, at) || wait > LONG_WAIT) {
    const probe = at + jittered(PROBES[Math.min(line.probes, PROBES.length - 1)] ?? LONG_WAIT, `${receiver} ${line.failingSince} ${line.probes}`)
    line.probes++
    line.probeAt = probe > line.notBefore ? probe : line.notBefore
  }
  if (wasDown || line.probeAt === 0n) return false
  raise(state, pending, line, { status, at })
  return true
}
