/**
 * What servers offer, version after version: topics `definitions` and `namesakes` → `findings`. One partition of the first has all lists of a server; of the
 * second all tools that can be taken for each other.
 */
import type { Subscription } from '../../../schemas/ports.ts'
import type { ToolDefinition } from '../../../schemas/tool-definition.ts'
import { definitions, namesakes } from '../../../schemas/topics.ts'
import type { WorkerParts } from '../contracts.ts'
import { watchKept } from '../watch-kept.ts'
import { introduced, Namesakes } from './namesakes.ts'
import { Offered } from './offered.ts'
import { type Book, type Feed, Shelf } from './shelf.ts'

/** Texts of definitions that a partition keeps, bytes; a definition has some 2,000. */
const OFFERED_BYTES = 64 * 1024 * 1024
/** Names that a partition keeps. */
const NAMES = 20_000

function bookOfVersions(kept: readonly ToolDefinition[], forgot: () => void): Book {
  const offered = new Offered(OFFERED_BYTES, forgot, kept)
  return {
    get size() {
      return offered.size
    },
    read(record) {
      const offer = offered.show(record)
      if (offer !== undefined) return { about: offer.definition, judge: (detector, tools) => detector.define(offer, tools) }
      const others = offered.elsewhere(record)
      return others.length === 0 ? undefined : { about: record, judge: (detector, tools) => detector.meet(record, others, tools) }
    },
    toJSON: () => offered.toJSON(),
  }
}

function bookOfNames(kept: readonly ToolDefinition[], forgot: () => void): Book {
  const names = new Namesakes(NAMES, forgot, kept)
  return {
    get size() {
      return names.size
    },
    read(record) {
      const others = names.meet(record)
      return { about: record, judge: (detector, tools) => (others.length === 0 ? [] : detector.meet(record, others, tools)) }
    },
    toJSON: () => names.toJSON(),
  }
}

const VERSIONS: Feed = {
  topic: definitions, open: bookOfVersions,
  pass({ about }, outbox) {
    const record = introduced(about)
    if (record !== undefined) outbox.introduce(record)
  },
}
const NAMED: Feed = { topic: namesakes, open: bookOfNames }

const watchBook = (feed: Feed, parts: WorkerParts): Promise<Subscription> => watchKept(feed.topic, parts, (partition) => Shelf.open(feed, partition, parts))

export const watchDefinitions = (parts: WorkerParts): Promise<Subscription> => watchBook(VERSIONS, parts)
export const watchNamesakes = (parts: WorkerParts): Promise<Subscription> => watchBook(NAMED, parts)
