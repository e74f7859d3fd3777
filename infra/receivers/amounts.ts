/** Numbers and times as people read them. Pure. */

export const count = (many: number, noun: string): string => `${many.toLocaleString('en-US')} ${noun}${many === 1 ? '' : 's'}`

/** `2026-11-21 01:48 UTC` of an ISO date. */
export const minuteOf = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`

function lengthOf(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000)
  if (minutes < 1) return 'within a minute'
  if (minutes < 60) return `over ${count(minutes, 'minute')}`
  const hours = Math.round(minutes / 6) / 10
  return hours < 72 ? `over ${count(hours, 'hour')}` : `over ${count(Math.round(hours / 24), 'day')}`
}

/** `2026-11-21 01:48 UTC, within a minute` or `…, over 3 hours until 2026-11-21 04:48 UTC`. */
export function spanOf(first: string, last: string): string {
  const length = lengthOf(Date.parse(last) - Date.parse(first))
  return `${minuteOf(first)}, ${length}${length === 'within a minute' ? '' : ` until ${minuteOf(last)}`}`
}
