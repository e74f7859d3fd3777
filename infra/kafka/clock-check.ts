/**
 * Whether this machine's clock is near that of the brokers. Times of records order everything behind, and a collector's ticks are the time of all: one process
 * that is an hour off would have everything expire, or never end. Brokers tell their time in no request but one: when they wrote a record, on a topic that keeps
 * their time and not the writer's.
 */
import { Failure } from '../../schemas/failure.ts'
import { makeClient } from './client.ts'
import { ensureCompactedTopic, isThere } from './compacted-topic.ts'
import { failureOf } from './failures.ts'
import { type KafkaBusOptions, nowMs, withDefaults } from './options.ts'
import { Sender } from './sender.ts'

const ALLOWED_MS = 60_000
const SETTING = 'message.timestamp.type'
const WANTED = 'LogAppendTime'
/** One record matters, the newest. */
const SHAPE = { [SETTING]: WANTED, 'segment.ms': '86400000' }

/**
 * Failure `misconfigured` where the clocks are more than a minute apart, or the topic does not keep the brokers' time; `unavailable` where no broker says.
 * With `make` false nothing is looked at where there is no such topic.
 */
export async function checkClock(options: KafkaBusOptions, make: boolean): Promise<void> {
  const settings = withDefaults(options)
  const { clock, prefix, brokers } = settings
  const topic = `${prefix}clock`
  const kafka = await makeClient(settings)
  if (!make && !(await isThere(kafka, settings, topic))) return
  await ensureCompactedTopic(kafka, settings, {
    topic, partitions: 1, settings: SHAPE,
    wrong: ({ setting }) => (setting(SETTING) === WANTED ? undefined : new Failure('misconfigured', 'kafka.clock_topic',
      `Kafka: topic ${topic} does not keep the time of the brokers, which clocks are compared with: set ${SETTING}=${WANTED} on it`)),
  })
  const sender = new Sender(settings, kafka)
  try {
    const before = nowMs(clock)
    const [written] = await sender.send([{ topic, messages: [{ partition: 0, key: 'checked', value: Buffer.alloc(0) }] }])
    compare(Number(written?.logAppendTime ?? -1), { before, after: nowMs(clock), brokers })
  } catch (error) {
    throw failureOf(error, `write to topic ${topic}`)
  } finally {
    await sender.close()
  }
}

function compare(theirs: number, { before, after, brokers }: { readonly before: number; readonly after: number; readonly brokers: readonly string[] }): void {
  const ahead = theirs > after ? theirs - after : theirs < before ? theirs - before : 0
  if (theirs < 0 || Math.abs(ahead) <= ALLOWED_MS) return
  throw new Failure('misconfigured', 'kafka.clock', `The clock of the Kafka broker (one of ${brokers.join(', ')}) is ${Math.round(Math.abs(ahead) / 1000)} s ` +
    `${ahead > 0 ? 'ahead of' : 'behind'} this machine's: set the wrong one of the two (NTP), at most ${ALLOWED_MS / 1000} s are allowed.`)
}
