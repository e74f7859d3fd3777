import { expect, test } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { CommitsBehind } from './commits-behind.ts'

/** Commits that the test answers one by one. */
class Broker {
  readonly asked: number[] = []
  readonly #answers: ((error?: Error) => void)[] = []

  commit = (_: number, next: number): Promise<void> => {
    this.asked.push(next)
    return new Promise((resolve, reject) => this.#answers.push((error) => (error === undefined ? resolve() : reject(error))))
  }

  answer(error?: Error): void {
    this.#answers.shift()?.(error)
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('nobody waits for a commit; of those wanted while one is on its way the newest follows, and the end waits for it', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  commits.want(0, 2)
  commits.want(0, 3)
  expect(broker.asked).toEqual([1])
  broker.answer()
  await turn()
  expect(broker.asked).toEqual([1, 3])
  let ended = false
  const end = commits.end(0).then(() => { ended = true })
  await turn()
  expect(ended).toBe(false)
  broker.answer()
  await end
})

test('what passes is left to the next commit; what does not is thrown to who wants the next', async () => {
  const broker = new Broker()
  const commits = new CommitsBehind(broker.commit)
  commits.want(0, 1)
  broker.answer(new Failure('unavailable', 'kafka.unavailable', 'away'))
  await turn()
  commits.want(0, 2)
  expect(broker.asked).toEqual([1, 2])
  broker.answer(new Failure('misconfigured', 'kafka.rights', 'no right to commit'))
  await turn()
  expect(() => commits.want(0, 3)).toThrow('no right to commit')
  commits.want(1, 1)
  expect(broker.asked).toEqual([1, 2, 1])
})
