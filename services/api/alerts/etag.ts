/** The version of an alert as HTTP tells it: `"7.12.3"` is version 7 with 12 events of its life and 3 attempts to tell of it. */
import { Refusal } from '../problem.ts'

export const etagOf = (version: number, { events, deliveries }: { readonly events: readonly unknown[]; readonly deliveries: readonly unknown[] }): string =>
  `"${version}.${events.length}.${deliveries.length}"`

const TAG = /^(?:W\/)?"(\d{1,9})(?:\.\d{1,9}){0,2}"$/

/** 0: whatever version it has. Throws Refusal where it is no tag of ours. */
export function expectedVersion(ifMatch: string | undefined): number {
  if (ifMatch === undefined || ifMatch.trim() === '*') return 0
  const version = TAG.exec(ifMatch.trim())?.[1]
  if (version === undefined) throw new Refusal(400, 'If-Match: must be the ETag of the alert, or "VERSION"')
  return Number(version)
}

export const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined && ifNoneMatch.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, '')))
