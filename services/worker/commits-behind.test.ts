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

test('what passes is left to the next commit; what does not is thrown to who wants the next', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  await due()
  broker.answer(new Failure('unavailable', 'kafka.unavailable', 'away'))
  await vi.advanceTimersByTimeAsync(0)
  commits.want(0, 2)
  await due()
  expect(broker.asked).toEqual([[0, 1], [0, 2]])
  broker.answer(new Failure('misconfigured', 'kafka.rights', 'no right to commit'))
  await vi.advanceTimersByTimeAsync(0)
  expect(() => commits.want(0, 3)).toThrow('no right to commit')
  commits.want(1, 1)
  await due()
  expect(broker.asked.at(-1)).toEqual([1, 1])
})
