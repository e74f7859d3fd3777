/**
 * What an opened store holds: bounds from the records of the topics, sizes and group numbers from the group records, holes from the keys.
 * Payloads are not read here; a damaged one is found when it is read.
 */
import { decodeFrame, payloadUnder } from './frame.ts'
import { envelopeKey, groupKey, kindRange, LAST_KEY, parseKey } from './keys.ts'
import type { LmdbStore } from './lmdb-store.ts'
import { decodeBounds, decodeGroup, decodeNumbers, type TopicBounds } from './records.ts'
import { diskBytes } from './topic-log.ts'

export interface RecoveredTopic {
  readonly bounds: TopicBounds
  /** Of the transaction that wrote the bounds. */
  readonly serial: number
  readonly bytes: number
  /** Group numbers within the bounds that are absent or damaged. */
  readonly missingGroups: number
  /** By partition: offsets within the bounds that are absent, ascending. */
  readonly holes: readonly (readonly { readonly first: number; readonly next: number }[])[]
}

export interface Recovered {
  readonly topics: ReadonlyMap<string, RecoveredTopic>
  /** Committed offsets by topic and consumer group. */
  readonly commits: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>
  /** The highest serial of a bounds record. */
  readonly serial: number
  /** Records of committed offsets that could not be read: those groups start at the oldest again. */
  readonly damagedCommits: number
}

/** The tree is whole but what it holds contradicts itself: the log must be salvaged. */
export class Contradiction extends Error {}

export function recover(store: LmdbStore): Recovered {
  const topics = new Map<string, RecoveredTopic>()
  const { commits, damaged } = readCommits(store)
  let others = damaged + (store.get(LAST_KEY) === undefined ? 0 : 1)
  for (const groups of commits.values()) others += groups.size
  let newest = 0
  const { start, end } = kindRange('state')
  for (const { key, value } of store.entries(start, end)) {
    const parsed = parseKey(key)
    const payload = payloadUnder(key, value)
    const bounds = payload && decodeBounds(payload)
    if (parsed?.kind !== 'state' || bounds === undefined) throw new Contradiction('the record of a topic is damaged')
    const { serial } = decodeFrame(value)!
    newest = Math.max(newest, serial)
    topics.set(parsed.topic, { ...recoverTopic(store, parsed.topic, bounds), serial })
  }
  findHoles(store, topics, others)
  return { topics, commits, serial: newest, damagedCommits: damaged }
}

function recoverTopic(store: LmdbStore, topic: string, bounds: TopicBounds): Omit<RecoveredTopic, 'serial'> {
  let bytes = 0
  let whole = 0
  for (const { key, value } of store.entries(groupKey(topic, bounds.firstGroup), groupKey(topic, bounds.nextGroup))) {
    const payload = payloadUnder(key, value)
    const group = payload && decodeGroup(payload)
    if (group === undefined) continue
    whole++
    bytes += diskBytes(value.length)
    for (const entry of group.entries) bytes += diskBytes(entry.length)
  }
  return { bounds, bytes, missingGroups: bounds.nextGroup - bounds.firstGroup - whole, holes: bounds.partitions.map(() => []) }
}

interface Range {
  readonly first: number
  readonly next: number
}

function holesOf(store: LmdbStore, topic: string, partition: number, { first, next }: Range): Range[] {
  const holes: Range[] = []
  let expected = first
  for (const key of store.keys(envelopeKey(topic, partition, first), envelopeKey(topic, partition, next))) {
    const offset = key.readUIntBE(key.length - 6, 6)
    if (offset > expected) holes.push({ first: expected, next: offset })
    expected = offset + 1
  }
  if (expected < next) holes.push({ first: expected, next })
  return holes
}

function readCommits(store: LmdbStore): { commits: Map<string, Map<string, readonly number[]>>; damaged: number } {
  const commits = new Map<string, Map<string, readonly number[]>>()
  let damaged = 0
  const { start, end } = kindRange('commits')
  for (const { key, value } of store.entries(start, end)) {
    const parsed = parseKey(key)
    const payload = payloadUnder(key, value)
    const offsets = payload && decodeNumbers(payload)
    if (parsed?.kind !== 'commits' || offsets === undefined) {
      damaged++
      continue
    }
    if (!commits.has(parsed.topic)) commits.set(parsed.topic, new Map())
    commits.get(parsed.topic)!.set(parsed.group, offsets)
  }
  return { commits, damaged }
}

/**
 * Compares the number of keys with what bounds and group records ask for. Only where they differ are the keys of the envelopes read, which
 * takes seconds in a log of millions; a single key that was altered without changing the count is met when its envelope is read.
 */
function findHoles(store: LmdbStore, topics: Map<string, RecoveredTopic>, others: number): void {
  let expected = others + topics.size
  for (const { bounds, missingGroups } of topics.values()) {
    expected += bounds.nextGroup - bounds.firstGroup - missingGroups
    for (const { first, next } of bounds.partitions) expected += next - first
  }
  if (store.count() === expected) return
  for (const [topic, found] of topics) {
    topics.set(topic, { ...found, holes: found.bounds.partitions.map((range, partition) => holesOf(store, topic, partition, range)) })
  }
  checkStrangers(store, topics)
}

/** Envelopes outside the bounds of a topic were never written: a flipped byte in a key made them. */
function checkStrangers(store: LmdbStore, topics: ReadonlyMap<string, RecoveredTopic>): void {
  let known = 0
  for (const { bounds, holes } of topics.values()) {
    bounds.partitions.forEach(({ first, next }, partition) => {
      known += next - first - holes[partition]!.reduce((sum, hole) => sum + hole.next - hole.first, 0)
    })
  }
  let stored = 0
  const { start, end } = kindRange('envelope')
  for (const _ of store.keys(start, end)) stored++
  if (stored !== known) throw new Contradiction('envelopes lie outside the bounds of their topics')
}
