/** Amounts as people read them. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Decimal units, as disks are sold. */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

/** Two largest units: `3 d 4 h`, `2 min 5 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts: [number, string][] = [[Math.floor(whole / 86_400), 'd'], [Math.floor(whole / 3_600) % 24, 'h'], [Math.floor(whole / 60) % 60, 'min'], [whole % 60, 's']]
  const first = parts.findIndex(([value]) => value > 0)
  if (first < 0) return '0 s'
  return parts.slice(first, first + 2).filter(([value], i) => i === 0 || value > 0).map(([value, unit]) => `${value} ${unit}`).join(' ')
}

/** Thousands apart. */
export const count = (value: number): string => value.toLocaleString('en-US').replaceAll(',', ' ')
