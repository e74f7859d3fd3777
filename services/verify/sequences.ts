/** Numbers that emitters count their records by: what is missing between the lowest and the highest of a session. */

export interface Session {
  low: number
  high: number
  count: number
}

/** More sessions are not looked at, and it is said. */
export const MOST_SESSIONS = 50_000
/** A leap so far is a count that began anew, not as many losses. */
const FARTHEST_LEAP = 100_000

export class Sequences {
  readonly sessions = new Map<string, Session>()
  /** Records of sessions that were too many. */
  beyond = 0

  add(session: string, number: number): void {
    const known = this.sessions.get(session)
    if (known === undefined) this.#open(session, { low: number, high: number, count: 1 })
    else this.#widen(known, { low: number, high: number, count: 1 })
  }

  merge(sessions: ReadonlyMap<string, Session>, beyond: number): void {
    this.beyond += beyond
    for (const [name, session] of sessions) {
      const known = this.sessions.get(name)
      if (known === undefined) this.#open(name, { ...session })
      else this.#widen(known, session)
    }
  }

  /** Sessions that lack numbers, and how many. Numbers that came twice hide as many. */
  missing(): readonly { readonly session: string; readonly missing: number; readonly of: number }[] {
    return [...this.sessions].flatMap(([session, { low, high, count }]) => {
      const of = high - low + 1
      return of > count && of - count <= FARTHEST_LEAP ? [{ session, missing: of - count, of }] : []
    })
  }

  #open(name: string, session: Session): void {
    if (this.sessions.size < MOST_SESSIONS) this.sessions.set(name, session)
    else this.beyond += session.count
  }

  #widen(known: Session, { low, high, count }: Session): void {
    known.low = Math.min(known.low, low)
    known.high = Math.max(known.high, high)
    known.count += count
  }
}
