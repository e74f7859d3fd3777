/** What a question to the tables is, and the parts that their SQL shares. Whole numbers only, times as text, every order decided: the answer is the same bytes again. */

export interface Question {
  /** Lower-case words with dashes. */
  readonly id: string
  readonly title: string
  /** The question, for people. */
  readonly asks: string
  /** Column of the answer to its title, in order. */
  readonly columns: Readonly<Record<string, string>>
  /**
   * One SELECT. Parameters: `tenant`, `from`, `to` (received from … and before …), `as_of` (what was stored before), the last three as DateTime64(9, 'UTC').
   * No clock, no floating point, nothing that depends on the order of rows.
   */
  readonly sql: string
  /** Behind ORDER BY: decides the place of every row. */
  readonly order: string
  /** Each row is something to look at, so that an empty answer is the good one. */
  readonly exceptions: boolean
  /** What it cannot see, for people. */
  readonly cannotSee: string
}

const TIME = "DateTime64(9, 'UTC')"
export const TENANT = '{tenant:String}'
export const FROM = `{from:${TIME}}`
export const TO = `{to:${TIME}}`
export const AS_OF = `{as_of:${TIME}}`

/** Which rows of `audit_events` a report is about. */
export const RECEIVED = `tenant = ${TENANT} AND received_at >= ${FROM} AND received_at < ${TO}`
/** The same with so many days before, for what was there already. */
export const receivedSince = (days: number): string => `tenant = ${TENANT} AND received_at >= ${TO} - toIntervalDay(${days}) AND received_at < ${TO}`
/** What people and programs did, without what servers do by themselves and what administrators did to us. */
export const ACTIVITY = `${RECEIVED} AND NOT server_internal AND emitter != 'watchkeeper'`
export const ADMINISTRATION = `${RECEIVED} AND emitter = 'watchkeeper'`

/** A DateTime64 as ISO 8601 with milliseconds; '' for 1970. */
export const iso = (expression: string): string =>
  `if(toUnixTimestamp64Milli(toDateTime64(${expression}, 3, 'UTC')) = 0, '', concat(replaceOne(toString(toDateTime64(${expression}, 3, 'UTC')), ' ', 'T'), 'Z'))`

/** Whole percent of rows that fit. */
export const percent = (condition: string): string => `intDiv(100 * countIf(${condition}), greatest(count(), 1))`
