/** Metric points: few texts, but all of them from outside, the keys of labels too. */
import type { MetricPoint } from '../../../schemas/metric-point.ts'
import { cleanFingerprint, FINGERPRINT_KEYS } from './fingerprints.ts'
import { holdsSecret } from './json-text.ts'
import { FIELD } from './kinds.ts'
import { gradeOf } from './names.ts'
import { clean, type Work } from './work.ts'

function cleanLabel(key: string, value: string, work: Work): string {
  if (FINGERPRINT_KEYS.has(key)) return cleanFingerprint(value, work)
  const grade = gradeOf(key)
  return grade !== 'none' && holdsSecret(grade, value) ? work.scan.token(FIELD.kind, value) : clean(value, work)
}

/** The point with every text of it redacted. Labels whose keys are the same afterwards are one. */
export function cleanPoint(point: MetricPoint, work: Work): MetricPoint {
  return {
    ...point,
    metric: clean(point.metric, work), unit: clean(point.unit, work), source: clean(point.source, work), method: clean(point.method, work),
    tool: clean(point.tool, work), server: clean(point.server, work),
    attributes: new Map([...point.attributes].map(([key, value]) => [clean(key, work), cleanLabel(key, value, work)])),
  }
}
