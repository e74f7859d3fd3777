/** How many queries may run or wait, over all users and for one. */
import { SqlError } from './sql-error.ts'

export class Places {
  readonly #most: number
  readonly #mostPerUser: number
  readonly #byUser = new Map<string, number>()
  #taken = 0

  constructor(most: number, mostPerUser: number) {
    this.#most = most
    this.#mostPerUser = mostPerUser
  }

  get taken(): number {
    return this.#taken
  }

  /** Runs `task` in a place. Throws SqlError TOO_MANY_SIMULTANEOUS_QUERIES when there is none. */
  async hold<T>(user: string, task: () => Promise<T>): Promise<T> {
    const own = this.#byUser.get(user) ?? 0
    if (this.#taken >= this.#most || own >= this.#mostPerUser) {
      throw new SqlError('TOO_MANY_SIMULTANEOUS_QUERIES', `Too many simultaneous queries. Maximum: ${this.#most}, for one user: ${this.#mostPerUser}`)
    }
    this.#taken++
    this.#byUser.set(user, own + 1)
    try {
      return await task()
    } finally {
      this.#taken--
      const left = (this.#byUser.get(user) ?? 1) - 1
      if (left === 0) this.#byUser.delete(user)
      else this.#byUser.set(user, left)
    }
  }
}
