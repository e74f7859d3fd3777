import { rule as composite } from '../../detectors/composite-risk/rule.ts'
import type { Alert } from '../../schemas/alert.ts'

/** The detector whose findings are sums of others. */
export const COMPOSITE = composite.id

export const isComposite = ({ alert }: { readonly alert: Pick<Alert, 'detectors'> }): boolean => alert.detectors.includes(COMPOSITE)
