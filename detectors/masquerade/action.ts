/** What an interaction counts as: the programs of shell text, else the tool, else the method. */
import type { Interaction } from '../../schemas/interaction.ts'
import { parseShell } from '../shell/parse.ts'
import { mayRun, shellTexts } from '../shell/where.ts'
import { hash32 } from '../stats/distinct.ts'
import { remembering } from '../stats/remembering.ts'

export interface Action {
  /** 30 bits, so that engines keep lists of them small; never 0. */
  readonly id: number
  /** Name of the program or tool, for people. */
  readonly name: string
}

/** Most programs of one call that count. */
const MOST = 16
const NAME = 64

const actionOf = (kind: string, name: string): Action => ({ id: (hash32(`${kind} ${name}`) >>> 2) || 1, name: name.slice(0, NAME) })

/** In order, at most 16; empty where there is nothing to tell it by. */
export function actionsOf({ tool, method, arguments: args }: Interaction): readonly Action[] {
  if (mayRun(tool, args)) {
    const programs = shellTexts(tool, args).flatMap(({ text }) => parseShell(text).commands).map(({ program }) => program).filter((program) => program !== '')
    if (programs.length > 0) return programs.slice(0, MOST).map((program) => actionOf('$', program))
  }
  return tool === '' ? byMethod(method) : byTool(tool)
}

const NONE: readonly Action[] = []
const byTool = remembering((tool): readonly Action[] => [actionOf('tool', tool)])
const byMethod = remembering((method): readonly Action[] => (method === '' ? NONE : [actionOf('method', method)]))
