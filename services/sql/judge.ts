/**
 * Decides on a statement by the engine's own parse. Everything is refused that is not known to be harmless: kinds of statement, nodes, tables,
 * table functions, functions. Pure.
 */
import { UnreadableAst, readAst, type AstNode } from './ast.ts'
import { TABLE_FUNCTIONS, TYPE_ARGUMENTS, isAllowedFunction } from './functions.ts'
import { CATALOGUE_SECRETS, CATALOGUE_TABLES, DATABASE, PLAIN_SYSTEM_TABLES } from './published.ts'
import { SqlError } from './sql-error.ts'
import { judgeShow } from './show.ts'

export interface Policy {
  /** Names in the database that may be read. */
  readonly published: ReadonlySet<string>
  /** Names in the database that exist and may not be read. */
  readonly hidden: ReadonlySet<string>
  /** Databases of the engine, in lower case. */
  readonly databases: ReadonlySet<string>
  /** Functions of the engine that may not be called, in lower case. */
  readonly refusedFunctions: ReadonlySet<string>
  /** The user sees one tenant: what could tell about others is refused too. */
  readonly tenantBound: boolean
}

/** A statement that may run. */
export interface Allowed {
  /** Name after `FORMAT`, '' where there is none. */
  readonly format: string
}

interface Visit {
  readonly node: AstNode
  readonly parent: AstNode | undefined
}

const SYSTEM_TABLES: ReadonlySet<string> = new Set([...PLAIN_SYSTEM_TABLES, ...CATALOGUE_TABLES])
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/
const ALIAS = / \(alias .*\)$/s
/** A name of the dump without its alias. A name that holds ` (alias ` itself does not come out as a plain one. */
const nameOf = (node: AstNode): string => node.rest.replace(ALIAS, '')
const denied = (message: string): SqlError => new SqlError('ACCESS_DENIED', message)
const refused = (message: string): SqlError => new SqlError('READONLY', message)
const shown = (text: string): string => `'${text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')}'`

/** Nodes that only hold others or are harmless by themselves. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'ArrayJoin', 'Asterisk', 'ColumnsExceptTransformer', 'ColumnsListMatcher', 'ColumnsRegexpMatcher', 'ColumnsReplaceTransformer',
  'ColumnsReplaceTransformer::Replacement', 'ColumnsTransformerList', 'ExpressionList', 'InterpolateElement', 'OrderByElement', 'QualifiedAsterisk',
  'QualifiedColumnsListMatcher', 'QualifiedColumnsRegexpMatcher', 'SampleRatio', 'SelectIntersectExceptQuery', 'SelectQuery', 'SelectWithUnionQuery',
  'Subquery', 'TableExpression', 'TableJoin', 'TablesInSelectQuery', 'TablesInSelectQueryElement', 'WindowDefinition', 'WindowListElement',
  'WithElement',
])
const EXPLAINS: ReadonlySet<string> = new Set(['EXPLAIN', 'EXPLAIN AST', 'EXPLAIN PIPELINE', 'EXPLAIN QUERY TREE', 'EXPLAIN SYNTAX'])
const KNOWN_REFUSALS: ReadonlyMap<string, string> = new Map([
  ['Set', 'SETTINGS in a query is not accepted: send harmless settings as parameters of the URL'],
  ['ColumnsApplyTransformer', 'APPLY is not accepted: the parse does not show what it calls'],
])

/** Splits off `FORMAT x` of the outermost statement, and refuses INTO OUTFILE, which stands in the same place. */
function tailFormat(root: AstNode, body: number): string {
  const tail = root.children.slice(body)
  if (tail.some((node) => node.type === 'Set')) throw refused(KNOWN_REFUSALS.get('Set') ?? '')
  if (tail.some((node) => node.type !== 'Identifier') || tail.length > 1) throw refused('INTO OUTFILE is not accepted')
  return tail[0] === undefined ? '' : nameOf(tail[0])
}

function checkTable(name: string, policy: Policy): void {
  const parts = name.split('.')
  if (parts.length > 2 || !parts.every((part) => PLAIN.test(part))) throw denied(`There is no published table ${shown(name)}`)
  if (parts.length === 1) {
    if (policy.hidden.has(name)) throw denied(`Table ${shown(name)} is not published`)
    return
  }
  const open = parts[0] === DATABASE ? policy.published.has(parts[1] ?? '') : SYSTEM_TABLES.has(name)
  if (!open) throw denied(`Table ${shown(name)} is not published`)
}

/** A name in an expression may, behind IN, stand for a table; and its first parts name the table it is a column of. */
function checkIdentifier(node: AstNode, policy: Policy): void {
  if (node.children.length > 0) throw new UnreadableAst('a name has children')
  const parts = nameOf(node).split('.')
  const first = parts[0] ?? ''
  if (parts.length === 1) {
    if (policy.hidden.has(first)) throw denied(`Table ${shown(first)} is not published`)
  } else if (policy.databases.has(first.toLowerCase())) checkTable(parts.slice(0, 2).join('.'), policy)
  if (policy.tenantBound && parts.some((part) => part.startsWith('_'))) throw denied('Columns that begin with _ are the engine\'s own')
}

const argumentsOf = (node: AstNode): readonly AstNode[] => node.children[0]?.children ?? []

/** `arrayMap(f, …)` also takes the bare name of a function. */
function checkArguments(node: AstNode, name: string, policy: Policy): void {
  const args = argumentsOf(node)
  if (/^(array|map)/i.test(name)) {
    const called = args.find((arg) => arg.type === 'Identifier' && policy.refusedFunctions.has(nameOf(arg).toLowerCase()))
    if (called !== undefined) throw denied(`Function ${shown(nameOf(called))} is not allowed`)
  }
  const at = TYPE_ARGUMENTS.get(name.toLowerCase())
  if (at === undefined) return
  const type = at === 'last' ? args.at(-1) : args[at]
  if (type !== undefined && type.type !== 'Literal') throw denied(`The type in ${name} must be written out`)
}

function checkFunction({ node, parent }: Visit, policy: Policy): void {
  const name = nameOf(node)
  const odd = node.children.some((child) => child.type !== 'ExpressionList' && child.type !== 'WindowDefinition')
  if (odd) throw new UnreadableAst('a call of unknown form')
  if (parent?.type === 'TableExpression') {
    if (!TABLE_FUNCTIONS.includes(name)) throw denied(`Table function ${shown(name)} is not allowed`)
  } else if (!PLAIN.test(name) || !isAllowedFunction(name)) throw denied(`Function ${shown(name)} is not allowed`)
  checkArguments(node, name, policy)
}

function checkNode(visit: Visit, policy: Policy): void {
  const { node, parent } = visit
  switch (node.type) {
    case 'Function':
      return checkFunction(visit, policy)
    case 'TableIdentifier':
      if (node.children.length > 0 || parent?.type !== 'TableExpression') throw new UnreadableAst('a table in an unknown place')
      return checkTable(nameOf(node), policy)
    case 'Identifier':
      return checkIdentifier(node, policy)
    case 'Literal':
      if (node.children.length > 0) throw new UnreadableAst('a literal has children')
      return
    case 'SelectWithUnionQuery':
      if (node.children.length === 1 && node.children[0]?.type === 'ExpressionList') return
      throw refused('A part of the query has a clause that is not accepted')
    default:
      if (!STRUCTURE.has(node.type)) throw refused(KNOWN_REFUSALS.get(node.type) ?? `${shown(node.type)} is not accepted here`)
  }
}

function* nodesOf(root: AstNode): Generator<Visit> {
  const open: Visit[] = [{ node: root, parent: undefined }]
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    yield visit
    for (const child of visit.node.children) open.push({ node: child, parent: visit.node })
  }
}

/** Who sees one tenant reads the catalogue by the names of harmless columns only, one table at a time. */
function checkCatalogue(body: AstNode): void {
  const visits = [...nodesOf(body)]
  const tables = visits.filter(({ node }) => node.type === 'TableExpression')
  if (!visits.some(({ node }) => node.type === 'TableIdentifier' && CATALOGUE_TABLES.includes(nameOf(node)))) return
  if (tables.length !== 1 || tables.some(({ node }) => node.children.length !== 1)) throw denied('Tables of the catalogue cannot be joined or nested')
  for (const { node, parent } of visits) {
    const wildcard = /Asterisk|Matcher/.test(node.type) && !isCountOfAll(visits, parent)
    if (wildcard) throw denied('Name the columns of the catalogue that you need')
    const secret = node.rest.split(/\W+/).find((word) => CATALOGUE_SECRETS.has(word))
    if (secret !== undefined) throw denied(`Column ${shown(secret)} tells about other tenants`)
  }
}

const isCountOfAll = (visits: readonly Visit[], list: AstNode | undefined): boolean =>
  visits.some(({ node }) => node.type === 'Function' && /^count$/i.test(nameOf(node)) && node.children.length === 1 && node.children[0] === list)

/** `arrayJoin()` in a join's condition is computed below the tenant's filter: its errors would tell of other rows. The clause ARRAY JOIN is not. */
function checkJoins(body: AstNode): void {
  const nodes = [...nodesOf(body)].map(({ node }) => node)
  const unrolls = nodes.some((node) => node.type === 'Function' && /^(arrayJoin|unnest)$/i.test(nameOf(node)))
  if (unrolls && nodes.some((node) => node.type === 'TableJoin')) throw denied('arrayJoin() is not allowed in a query that joins. Use ARRAY JOIN')
}

function checkBody(body: AstNode, policy: Policy): void {
  for (const visit of nodesOf(body)) checkNode(visit, policy)
  if (!policy.tenantBound) return
  checkCatalogue(body)
  checkJoins(body)
}

/** The part of a SELECT that is judged like any subquery: its tail is split off. */
const selectBody = (root: AstNode): AstNode => ({ ...root, children: root.children.slice(0, 1) })

function judgeExplain(root: AstNode, policy: Policy): Allowed {
  const kind = `EXPLAIN ${root.rest.replace(/^EXPLAIN ?/, '')}`.trim()
  const inner = root.children[0]
  if (!EXPLAINS.has(kind) || inner?.type !== 'SelectWithUnionQuery') {
    throw refused('Only EXPLAIN, EXPLAIN AST, PIPELINE, QUERY TREE and SYNTAX of a SELECT, without settings, are accepted')
  }
  const format = tailFormat(root, 1)
  const innerFormat = kind === 'EXPLAIN AST' ? tailFormat(inner, 1) : ''
  checkBody(kind === 'EXPLAIN AST' ? selectBody(inner) : inner, policy)
  return { format: format === '' ? innerFormat : format }
}

function judgeRoot(root: AstNode, canonical: string, policy: Policy): Allowed {
  switch (root.type) {
    case 'SelectWithUnionQuery': {
      const format = tailFormat(root, 1)
      checkBody(selectBody(root), policy)
      return { format }
    }
    case 'DescribeQuery': {
      const format = tailFormat(root, 1)
      if (root.children[0]?.type !== 'TableExpression') throw refused('DESCRIBE of this is not accepted')
      checkBody(root.children[0], policy)
      return { format }
    }
    case 'Explain':
      return judgeExplain(root, policy)
    default:
      return { format: judgeShow(root.type, canonical, (name) => checkTable(name, policy)) }
  }
}

/** Quoted parts of the engine's own spelling: literals in single quotes, names in backticks, both with backslash escapes. */
const QUOTED = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/gs

/**
 * To be called before the statement is given to EXPLAIN: parameters are read by their types there, and states of aggregates must not be.
 * Throws SqlError READONLY or ACCESS_DENIED.
 */
export function prejudge(canonical: string, policy: Policy): void {
  const bare = canonical.replace(QUOTED, (part) => (part.startsWith("'") ? "''" : part))
  if (bare.includes('\\')) throw refused('Names with escaped characters are not accepted')
  if (/aggregatefunction/i.test(canonical)) throw denied('States of aggregates cannot be made from data')
  if (policy.tenantBound && /prewhere/i.test(bare)) throw denied('PREWHERE would see rows before they are filtered. Use WHERE')
}

/**
 * `canonical` is the engine's own spelling of the statement and `dump` its parse of exactly that. Throws SqlError READONLY (a kind of statement
 * or clause), ACCESS_DENIED (a table or function).
 */
export function judge(canonical: string, dump: string, policy: Policy): Allowed {
  try {
    prejudge(canonical, policy)
    return judgeRoot(readAst(dump), canonical, policy)
  } catch (error) {
    if (error instanceof UnreadableAst) throw refused(`The statement cannot be judged: ${error.message}`)
    throw error
  }
}
