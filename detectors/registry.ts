/** The list. A detector is in the product when it has a line here. */
import { type Armed, arm, type Detector } from './detector.ts'
import { unexpectedCommand } from './unexpected-command/detector.ts'
import { unrequestedAction } from './unrequested-action/detector.ts'

export interface Registered {
  readonly id: string
  /** Binds parameters; throws ZodError when they do not fit the rule's schema. */
  arm(params: unknown): Armed
}

const registered = <Params, State>(detector: Detector<Params, State>): Registered => ({ id: detector.rule.id, arm: (params) => arm(detector, params) })

export const DETECTORS: readonly Registered[] = [
  registered(unexpectedCommand),
  registered(unrequestedAction),
]
