import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { CommitsBehind } from './commits-behind.ts'

/** Commits that the test answers one by one. */
class Broker {
  readonly asked: [partition: number, next: number][] = []
  readonly #answers: ((error?: Error) => void)[] = []

  commit = (partition: number, next: number): Promise<void> => {
    this.asked.push([partition, next])
    return new Promise((resolve, reject) => this.#answers.push((error) => (error === undefined ? resolve() : reject(error))))
  }

  answer(error?: Error): void {
    this.#answers.shift()?.(error)
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Whatever waits for its time. */
const due = (): Promise<unknown> => vi.runOnlyPendingTimersAsync()

test('nobody waits for a commit; the newest of each partition is told, all in one turn, and what comes meanwhile with the next', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  commits.want(1, 7)
  commits.want(0, 3)
  expect(broker.asked).toEqual([])
  await due()
  expect(broker.asked).toEqual([[0, 3], [1, 7]])
  commits.want(0, 4)
  commits.want(0, 5)
  broker.answer()
  await due()
  expect(broker.asked.slice(2)).toEqual([[0, 5]])
})

test('what comes while a commit is on its way is told behind it, also where nothing more is asked for', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  await due()
  commits.want(0, 2)
  await due()
  expect(broker.asked).toEqual([[0, 1]])
  broker.answer()
  await vi.advanceTimersByTimeAsync(0)
  await due()
  expect(broker.asked).toEqual([[0, 1], [0, 2]])
})

test('who lets go of a partition tells at once how far it is done, and waits for the answer', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  await due()
  commits.want(0, 2)
  commits.want(1, 9)
  let ended = false
  const end = commits.end(0).then(() => { ended = true })
  broker.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(broker.asked).toEqual([[0, 1], [0, 2]])
  expect(ended).toBe(false)
  broker.answer()
  await end
})

const away = (): Failure => new Failure('unavailable', 'kafka.unavailable', 'away')

test('what passes is tried again, at longer and longer intervals, also where nothing more is asked for; once it succeeds nothing is left to do', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  commits.want(1, 7)
  await vi.advanceTimersByTimeAsync(250)
  for (const wait of [500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
    const before = broker.asked.length
    broker.answer(away())
    broker.answer(away())
    await vi.advanceTimersByTimeAsync(wait - 1)
    expect(broker.asked.slice(before)).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(broker.asked.slice(before)).toEqual([[0, 1], [1, 7]])
  }
  broker.answer()
  broker.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(0)
  commits.want(0, 2)
  await vi.advanceTimersByTimeAsync(250)
  expect(broker.asked.at(-1)).toEqual([0, 2])
})

test('a failed commit is tried again as the newest that was asked for meanwhile', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  await due()
  commits.want(0, 2)
  broker.answer(away())
  await vi.advanceTimersByTimeAsync(0)
  await due()
  expect(broker.asked).toEqual([[0, 1], [0, 2]])
})

test('who lets go of a partition while the broker is away waits for one more answer, and nothing of it is asked for after that', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  await due()
  broker.answer(away())
  await vi.advanceTimersByTimeAsync(0)
  const end = commits.end(0)
  expect(broker.asked).toEqual([[0, 1], [0, 1]])
  broker.answer(away())
  await end
  expect(vi.getTimerCount()).toBe(0)
})

test('a partition that is let go of takes no other\'s next attempt with it', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  commits.want(1, 7)
  await due()
  broker.answer()
  broker.answer(away())
  await vi.advanceTimersByTimeAsync(0)
  await commits.end(0)
  await due()
  expect(broker.asked).toEqual([[0, 1], [1, 7], [1, 7]])
})

test('what does not pass is not tried again, and thrown to who wants the next', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 2)
  await due()
  broker.answer(new Failure('misconfigured', 'kafka.rights', 'no right to commit'))
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(0)
  expect(() => commits.want(0, 3)).toThrow('no right to commit')
  commits.want(1, 1)
  await due()
  expect(broker.asked.at(-1)).toEqual([1, 1])
})
