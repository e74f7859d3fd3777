/** The engine's own parse, as `EXPLAIN AST` prints it, read back into a tree. Anything that does not read exactly is refused. */

export interface AstNode {
  /** First word of the line: `Function`, `TableIdentifier`, … */
  readonly type: string
  /** What follows the type, without the children's count: `count (alias c)`. Attacker text. */
  readonly rest: string
  readonly children: AstNode[]
}

/** Thrown for a dump that is not one well-formed tree: a name with a line break in it, or a form that this reader does not know. */
export class UnreadableAst extends Error {
  override readonly name = 'UnreadableAst'
}

export const MAX_NODES = 20_000

const COUNT = / \(children (\d{1,6})\)$/

interface Open {
  readonly node: AstNode
  readonly depth: number
  readonly expected: number
}

const depthOf = (line: string): number => {
  let depth = 0
  while (line.charCodeAt(depth) === 32) depth++
  return depth
}

function openLine(line: string): Open {
  const depth = depthOf(line)
  const count = COUNT.exec(line)
  const body = line.slice(depth, count?.index)
  const space = body.indexOf(' ')
  const type = space === -1 ? body : body.slice(0, space)
  if (type === '') throw new UnreadableAst('a line of the parse has no type')
  return { node: { type, rest: space === -1 ? '' : body.slice(space + 1), children: [] }, depth, expected: Number(count?.[1] ?? 0) }
}

function checkComplete(open: Open): void {
  if (open.node.children.length !== open.expected) throw new UnreadableAst('a node of the parse does not have the children that it announces')
}

/**
 * One tree out of the dump's lines. A line break in an identifier could forge lines; it cannot forge them unseen, because indentation
 * and the announced number of children must agree everywhere, and names and literals have no children (the judge checks that).
 */
export function readAst(dump: string): AstNode {
  const lines = dump.split('\n')
  while (lines.at(-1) === '') lines.pop()
  if (lines.length === 0 || lines.length > MAX_NODES) throw new UnreadableAst('the parse is empty or has too many nodes')
  const path: Open[] = []
  let root: AstNode | undefined
  for (const line of lines) {
    const open = openLine(line)
    while (path.length > open.depth) checkComplete(path.pop() as Open)
    if (open.depth !== path.length || (open.depth === 0 && root !== undefined)) throw new UnreadableAst('the parse is not one tree')
    if (path.length === 0) root = open.node
    else path.at(-1)?.node.children.push(open.node)
    path.push(open)
  }
  path.forEach(checkComplete)
  return root as AstNode
}
