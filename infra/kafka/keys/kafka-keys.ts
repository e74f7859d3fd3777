/**
 * The data keys of the log on a compacted Kafka topic, wrapped: every process of the same brokers and prefix finds them there. Of a key that is destroyed the
 * record is written over; once the broker has compacted that, nothing of it can be read from the topic.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import type { KeyRow, KeyState, KeyStore, Retirement } from '../../../schemas/sealing.ts'
import { makeClient } from '../client.ts'
import { isThere } from '../compacted-topic.ts'
import { unavailable } from '../failures.ts'
import { KeyedLog } from '../keyed-log.ts'
import { type KafkaBusOptions, nowMs, withDefaults } from '../options.ts'
import { destroyedRecord, keyRecord, masterRecord, pulseRecord, readWord, retirementRecord, type WrittenKey } from './records.ts'
import { ensureKeyTopic } from './topic.ts'

export interface KafkaKeys extends KeyStore {
  /** Which key of keys the first process had; undefined where there was none yet. */
  master(): Promise<string | undefined>
  /** Says which one this process has. Of several that begin at once the first holds; the answer is that one's. */
  claim(master: string): Promise<string>
  /** Another key of keys takes the place of `before`, where that is the one. */
  succeed(before: string, master: string): Promise<void>
  /** Safe twice. */
  close(): Promise<void>
}

/** Undefined where there is no such topic and `make` is false. Failure `misconfigured` as `openKafkaBus`, and for a topic that is another kind of topic. */
export async function openKafkaKeys(options: KafkaBusOptions, make: boolean): Promise<KafkaKeys | undefined> {
  const settings = withDefaults(options)
  const kafka = await makeClient(settings)
  const topic = `${settings.prefix}keys`
  if (!make && !(await isThere(kafka, settings, topic))) return undefined
  await ensureKeyTopic(kafka, settings, topic)
  return new OpenKeys(new KeyedLog(topic, settings, kafka), () => nowMs(settings.clock))
}

const PARTITION = 0
const TRIES = 3
const PAUSE_MS = 300

class OpenKeys implements KafkaKeys {
  readonly #log: KeyedLog
  readonly #now: () => number
  readonly #keys = new Map<string, KeyRow>()
  readonly #destroyed = new Set<string>()
  readonly #retiring = new Map<string, Retirement>()
  #master: string | undefined
  #next = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(log: KeyedLog, now: () => number) {
    this.#log = log
    this.#now = now
  }

  async load(): Promise<KeyState> {
    await this.#sync()
    return { keys: [...this.#keys.values()], destroyed: new Set(this.#destroyed), retiring: [...this.#retiring.values()] }
  }

  async master(): Promise<string | undefined> {
    await this.#sync()
    return this.#master
  }

  async claim(master: string): Promise<string> {
    const before = await this.master()
    if (before !== undefined) return before
    await this.#write([masterRecord(randomUUID(), master)])
    const first = await this.master()
    if (first === undefined) throw new Failure('unavailable', 'kafka.keys', 'Kafka: the topic of keys does not give what was written to it', { retryAfterSeconds: 1 })
    return first
  }

  async succeed(before: string, master: string): Promise<void> {
    if ((await this.master()) === before) await this.#write([masterRecord(randomUUID(), master, before)])
  }

  async add(row: KeyRow): Promise<void> {
    await this.#write([keyRecord(row)])
  }

  async retire(retirement: Retirement): Promise<void> {
    await this.#write([retirementRecord(retirement.id, retirement)])
  }

  async end(id: string): Promise<void> {
    await this.#write([retirementRecord(id, null)])
  }

  async destroy(ids: readonly string[]): Promise<void> {
    await this.#write(ids.map((id) => destroyedRecord(id, this.#now())))
  }

  /** Reads the whole topic, as anybody could. */
  async isGone(ids: readonly string[]): Promise<boolean> {
    await this.#write([pulseRecord(this.#now())])
    let found = false
    await this.#asked(() => this.#log.read({
      partition: PARTITION, from: 0, done: () => found,
      each: (record) => {
        const word = readWord(record)
        found ||= word?.kind === 'key' && ids.includes(word.row.id)
      },
    }))
    return !found
  }

  async close(): Promise<void> {
    await this.#turn
    await this.#log.close()
  }

  /** Everything that was written before the call is known when this resolves. */
  async #sync(): Promise<void> {
    const turn = this.#turn.then(async () => {
      this.#next = await this.#asked(() => this.#log.read({
        partition: PARTITION, from: this.#next,
        each: (record) => this.#take(record),
      }))
    })
    this.#turn = turn.catch(() => undefined)
    await turn
  }

  #take(record: { readonly key: string; readonly value: Buffer | null }): void {
    const word = readWord(record)
    if (word?.kind === 'master') this.#master = this.#master === undefined || word.replaces === this.#master ? word.master : this.#master
    else if (word?.kind === 'key' && !this.#destroyed.has(word.row.id)) this.#keys.set(word.row.id, word.row)
    else if (word?.kind === 'destroyed') {
      this.#keys.delete(word.id)
      this.#destroyed.add(word.id)
    } else if (word?.kind === 'retirement') {
      if (word.retirement === undefined) this.#retiring.delete(word.id)
      else this.#retiring.set(word.id, { ...word.retirement, id: word.id })
    }
  }

  /** All of them say the same when they are there twice. */
  async #write(records: readonly WrittenKey[]): Promise<void> {
    for (let left = TRIES; ; left--) {
      try {
        return await this.#asked(() => this.#log.write(PARTITION, records))
      } catch (error) {
        if (left === 1) throw error
        await wait(PAUSE_MS)
      }
    }
  }

  async #asked<T>(work: () => Promise<T>): Promise<T> {
    return await work().catch((error: unknown) => { throw unavailable(error, 'use the topic of keys') })
  }
}
