import { hash } from 'node:crypto'
import type { Call } from './trace.ts'

/** The id of an interaction, made of its first observation: 32 hex digits, the same for every version. */
export const interactionId = (tenant: string, { anchor }: Pick<Call, 'anchor'>): string => hash('sha256', `interaction\u0000${tenant}\u0000${anchor}`, 'hex').slice(0, 32)
