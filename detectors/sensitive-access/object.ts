/** What of a guarded kind a call is about: its class, and the thing itself. */
import type { Interaction } from '../../schemas/interaction.ts'
import { leavesOf } from '../arguments/values.ts'
import { CLASSES } from './lexicon.ts'
import { classIn } from './scan.ts'

export interface Guarded {
  /** Index in `CLASSES`. */
  readonly kind: number
  /** Name of the thing; it may hold an argument value, so it is hashed and never shown. */
  readonly name: string
  /** Path of the argument that names it, '' where tool, server or resource do. */
  readonly argument: string
}

const NAME_LENGTH = 200
const ARGUMENTS_LENGTH = 256
/** Keys whose values name something. */
const NAMES = /(?:path|file|filename|folder|dir|directory|key|ur[il]|table|database|db|schema|collection|bucket|dataset|index|resource|report|secret|name|share|drive|space|repository|prefix|object|document|channel)s?$/i
const QUERY = /^(?:sql|query|statement|command|cmd)$/i
const TABLES = /\b(?:from|join|into|update|table)\s{1,8}[`"[]?([\w.]{2,120})/gi
const MOST = 8

let last: { readonly of: Interaction; readonly guarded: Guarded | undefined } | undefined

/** Undefined for nearly all calls. Remembered for the interaction asked about last. */
export function guardedIn(interaction: Interaction): Guarded | undefined {
  if (last?.of !== interaction) last = { of: interaction, guarded: read(interaction) }
  return last.guarded
}

function read({ method, tool, server, resource, arguments: args }: Interaction): Guarded | undefined {
  if (resource !== '') {
    const kind = classIn(resource, NAME_LENGTH)
    if (kind >= 0) return { kind, name: `${server} ${resource.slice(0, NAME_LENGTH)}`, argument: '' }
  }
  if (method !== 'tools/call') return undefined
  const named = args === '' || resource !== '' || classIn(args, ARGUMENTS_LENGTH) < 0 ? undefined : namedIn(args, server)
  if (named !== undefined) return named
  const ofTool = classIn(tool, NAME_LENGTH)
  const kind = ofTool >= 0 ? ofTool : classIn(server, NAME_LENGTH)
  return kind < 0 ? undefined : { kind, name: `${server} ${tool} ${args.slice(0, NAME_LENGTH)}`, argument: '' }
}

/** A word in a text that is searched for or written says nothing; one in a name of a file or table does. */
function namedIn(args: string, server: string): Guarded | undefined {
  for (const { key, path, text } of leavesOf(args)) {
    for (const name of QUERY.test(key) ? wordsOf(text) : NAMES.test(key) && !/\s/.test(text) ? [text] : []) {
      const kind = classIn(name, NAME_LENGTH)
      if (kind >= 0) return { kind, name: `${server} ${name.slice(0, NAME_LENGTH)}`, argument: path }
    }
  }
  return undefined
}

/** Tables of a query, paths of a command. */
function wordsOf(text: string): readonly string[] {
  const head = text.slice(0, 2_048)
  const tables = Array.from(head.matchAll(TABLES), ([, table = '']) => table)
  return [...tables, ...head.split(/[\s"'`;|&<>()]+/, 64).filter((word) => word.includes('/') || word.startsWith('.'))].slice(0, MOST * 2)
}

export const wordFor = ({ kind }: Guarded): string => CLASSES[kind]?.name ?? ''
