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
  /** Not the thing itself is asked for: a search goes for the words by which it is called. */
  readonly hunted: boolean
}

const NAME_LENGTH = 200
const ARGUMENTS_LENGTH = 256
/** Keys whose values name something. */
const NAMES = /(?:path|file|filename|folder|dir|directory|key|ur[il]|table|database|db|schema|collection|bucket|dataset|index|resource|report|secret|name|share|drive|space|repository|prefix|object|document|channel)s?$/i
const QUERY = /^(?:sql|query|statement|command|cmd)$/i
const TABLES = /\b(?:from|join|into|update|table)\s{1,8}[`"[]?([\w.]{2,120})/gi
const MOST = 8
/** Keys of what is searched for, and words of tools that search. */
const SOUGHT = /^(?:q|query|search|(?:search_?)?(?:text|term|terms|string|query|phrase|pattern)|keywords?|jql|cql|filter|expression|regex)$/i
const SEARCHES = /search|find|query|grep|lookup|look_up/i
/** What a search is for where it goes for a way in. */
const WAYS_IN: ReadonlySet<string> = new Set(['credentials', 'keys'])

let last: { readonly of: Interaction; readonly guarded: Guarded | undefined } | undefined

/** Undefined for nearly all calls. Remembered for the interaction asked about last. */
export function guardedIn(interaction: Interaction): Guarded | undefined {
  if (last?.of !== interaction) last = { of: interaction, guarded: read(interaction) }
  return last.guarded
}

function read({ method, tool, server, resource, arguments: args }: Interaction): Guarded | undefined {
  if (resource !== '') {
    const kind = classIn(resource, NAME_LENGTH)
    if (kind >= 0) return { kind, name: `${server} ${resource.slice(0, NAME_LENGTH)}`, argument: '', hunted: false }
  }
  if (method !== 'tools/call') return undefined
  const said = args === '' || resource !== '' ? -1 : classIn(args, ARGUMENTS_LENGTH)
  const named = said < 0 ? undefined : namedIn(args, server)
  if (named !== undefined) return named
  const ofTool = classIn(tool, NAME_LENGTH)
  const kind = ofTool >= 0 ? ofTool : classIn(server, NAME_LENGTH)
  if (kind >= 0) return { kind, name: `${server} ${tool} ${args.slice(0, NAME_LENGTH)}`, argument: '', hunted: false }
  return said < 0 || !SEARCHES.test(tool) ? undefined : soughtIn(args, server)
}

/** Words that a search goes for. Of commands and queries of tables, `namedIn` has read what they name. */
function soughtIn(args: string, server: string): Guarded | undefined {
  for (const { key, path, text } of leavesOf(args)) {
    const kind = SOUGHT.test(key) ? classIn(text, NAME_LENGTH) : -1
    if (kind >= 0 && WAYS_IN.has(CLASSES[kind]?.name ?? '')) return { kind, name: `${server} ${text.slice(0, NAME_LENGTH)}`, argument: path, hunted: true }
  }
  return undefined
}

/** A word in a text that is written says nothing; one in a name of a file or table does. */
function namedIn(args: string, server: string): Guarded | undefined {
  for (const { key, path, text } of leavesOf(args)) {
    for (const name of QUERY.test(key) ? wordsOf(text) : NAMES.test(key) && !/\s/.test(text) ? [text] : []) {
      const kind = classIn(name, NAME_LENGTH)
      if (kind >= 0) return { kind, name: `${server} ${name.slice(0, NAME_LENGTH)}`, argument: path, hunted: false }
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
