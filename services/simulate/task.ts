/** What a task is, and what tasks are made with. */
import type { Kind } from './catalogue.ts'
import type { Company, Person, Role } from './company.ts'
import type { Dice } from './dice.ts'
import type { Call, Ending } from './run.ts'
import { prose } from './words.ts'

export interface Scene {
  readonly dice: Dice
  readonly person: Person
  readonly company: Company
  /** Local date, `2026-03-04`. */
  readonly date: string
}

export interface Done {
  readonly says: string
  readonly calls: readonly Call[]
  readonly answer?: string
}

export interface Task {
  readonly needs: readonly Kind[]
  /** How often each role does it, against its other tasks; absent: everybody, so often. */
  readonly roles: Readonly<Partial<Record<Role, number>>> | number
  readonly make: (scene: Scene) => Done
}

/** A call on the person's own server of the kind. Throws where the person has none: the task did not say that it needs it. */
export function on(scene: Scene, kind: Kind, tool: string, { args = {}, result = 'ok', ending }: { readonly args?: Readonly<Record<string, unknown>>; readonly result?: string; readonly ending?: Ending } = {}): Call {
  const server = scene.person.servers.get(kind)
  if (server === undefined) throw new RangeError(`${scene.person.principal} has no server of kind ${kind}`)
  return { server, tool, args, result, ...(ending === undefined ? {} : { ending }) }
}

export const text = (dice: Dice, median = 900): string => prose(dice, Math.min(40_000, Math.max(60, dice.around(median, 0.8))))
