import type { Effect } from '../../schemas/vocabulary.ts'
export function milderEffect(effect: Effect, _args: string): Effect { return effect }
