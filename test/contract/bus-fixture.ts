/** What the contract suite of the bus port needs from an adapter, and the records that it sends through it. */
import type { Bus, Keyed } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'

export interface OpenBus {
  readonly bus: Bus
  /** Closes the bus and opens another over the same storage, as after a restart. */
  reopen(): Promise<Bus>
  /** The same, and everything published to the topic so far is gone by retention. */
  cut(topic: string): Promise<Bus>
  close(): Promise<void>
}

export const PARTITIONS = 4

export interface Item {
  readonly key: string
  readonly number: number
}

/** JSON, so that what is read back is told from what was given; an item with number -1 encodes to bytes that no decoder takes. */
export const itemTopic = (name: string): Topic<Item> => ({
  name,
  codec: {
    encode: (records) => Buffer.from(records.some(({ number }) => number === -1) ? '{poison' : JSON.stringify(records)),
    decode: (bytes) => JSON.parse(bytes.toString()) as Item[],
  },
})

export const items = (keys: number, from: number, to: number): Keyed<Item>[] =>
  Array.from({ length: to - from }, (_, at) => {
    const key = `key-${(from + at) % keys}`
    return { key, record: { key, number: from + at } }
  })

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

/** The bus and the topic of the test that runs. */
export interface OpenedBus {
  opened(): OpenBus
  topic(): Topic<Item>
}
