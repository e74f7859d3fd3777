import type { Topic } from '../../schemas/topics.ts'

export const SENDERS = 8

export interface Sent {
  readonly sender: string
  readonly number: number
}

/** Records of about 300 bytes, so that envelopes lie both inside pages and on pages of their own. */
export const killTopic: Topic<Sent> = {
  name: 'sent',
  codec: {
    encode: (records) => Buffer.from(JSON.stringify(records.map(({ sender, number }) => ({ sender, number, filler: 'x'.repeat(300) })))),
    decode: (bytes) => JSON.parse(bytes.toString()) as Sent[],
  },
}
