/** Which of the 168 hours of a week a moment lies in, Monday 00:00 = 0, on the clock of a zone. */

export const SLOTS = 168

/** One formatter a zone: making it costs 50 µs, and it depends on nothing but the zone. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(zone: string): Intl.DateTimeFormat {
  const formatter = formatters.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset', hour: '2-digit' })
  formatters.set(zone, formatter)
  return formatter
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** Offset of the zone at that moment, in seconds east of UTC. */
export function offsetOf(zone: string, seconds: number): number {
  const name = formatterOf(zone).formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const match = /^GMT([+-])(\d{2}):(\d{2})/.exec(name)
  return match === null ? 0 : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60)
}

/** `local`: seconds since 1970 on the local clock. 1970-01-01 was a Thursday. */
export const slotOf = (local: number): number => ((Math.floor(local / 86_400) + 3) % 7) * 24 + Math.floor(local / 3600) % 24

export const dayOf = (local: number): number => Math.floor(local / 86_400)

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
/** `Tuesday 03:00 to 04:00`. */
export function nameOf(slot: number): string {
  const hour = (h: number) => `${String(h).padStart(2, '0')}:00`
  return `${DAYS[Math.floor(slot / 24)] ?? ''} ${hour(slot % 24)} to ${hour((slot % 24) + 1)}`
}
