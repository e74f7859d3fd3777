/** The outer levels that traces, logs and metrics share: Export…Request, Resource…, Scope…, Resource and InstrumentationScope. */
import { Budget } from '../budget.ts'
import { AttributeList } from '../attribute-list.ts'
import type { DecodeLimits, Scoped } from '../model.ts'
import { readKeyValue } from './any-value.ts'
import { BYTES, Reader } from './reader.ts'

const FIRST = (1 << 3) | BYTES
const SECOND = (2 << 3) | BYTES
const THIRD = (3 << 3) | BYTES
const RESOURCE = { 1: 'attributes' }
const NO_NAMES = {}
const SCOPE = { 1: 'name', 2: 'version', 3: 'attributes' }

/** The words of one signal, and how one of its items is read (the reader stands within it); undefined = nothing to keep. */
export interface SignalShape<T> {
  /** `ResourceSpans`, `ScopeSpans`, `spans`. */
  readonly resourceMessage: string
  readonly scopeMessage: string
  readonly items: string
  /** Whether each of them counts as one item of the request; of metrics their data points do. */
  readonly counted: boolean
  read(reader: Reader): T | undefined
}

/** Throws Failure `rejected` for a body that is no such request or is over a limit. */
export function decodeScoped<T>(bytes: Buffer, limits: DecodeLimits, shape: SignalShape<T>): readonly Scoped<T>[] {
  const reader = new Reader(bytes, new Budget(limits))
  const into: Scoped<T>[] = []
  const request = `Export request`
  while (reader.pos < reader.limit) {
    const tag = reader.tag(request)
    if (tag === FIRST) readResourceItems(reader, shape, into)
    else reader.skip(tag, request, { 1: shape.resourceMessage })
  }
  return into
}

function readResourceItems<T>(reader: Reader, shape: SignalShape<T>, into: Scoped<T>[]): void {
  const outer = reader.enter(shape.resourceMessage)
  // Filled when it comes, which may be after the items.
  const attributes = new AttributeList()
  const resource = { attributes }
  while (reader.pos < reader.limit) {
    const tag = reader.tag(shape.resourceMessage)
    if (tag === FIRST) readResource(reader, attributes)
    else if (tag === SECOND) into.push({ resource, ...readScopeItems(reader, shape) })
    else reader.skip(tag, shape.resourceMessage, { 1: 'resource', 2: shape.scopeMessage })
  }
  reader.leave(outer)
}

function readResource(reader: Reader, attributes: AttributeList): void {
  const outer = reader.enter('Resource')
  while (reader.pos < reader.limit) {
    const tag = reader.tag('Resource')
    if (tag === FIRST) readKeyValue(reader, attributes, 'Resource.attributes')
    else reader.skip(tag, 'Resource', RESOURCE)
  }
  reader.leave(outer)
}

function readScopeItems<T>(reader: Reader, shape: SignalShape<T>): Omit<Scoped<T>, 'resource'> {
  reader.budget.part(shape.scopeMessage)
  const outer = reader.enter(shape.scopeMessage)
  const scope = { name: '', version: '', attributes: new AttributeList() }
  const items: T[] = []
  if (shape.counted) refuseTooMany(reader, shape)
  while (reader.pos < reader.limit) {
    const tag = reader.tag(shape.scopeMessage)
    if (tag === FIRST) readScope(reader, scope)
    else if (tag === SECOND) readItem(reader, shape, items)
    else reader.skip(tag, shape.scopeMessage, { 1: 'scope', 2: shape.items })
  }
  reader.leave(outer)
  return { scope, items }
}

const LEAST_BYTES = 2

/** What is over the limit is refused before any of it is made: empty items are two bytes each here, and hundreds as objects. */
function refuseTooMany<T>(reader: Reader, shape: SignalShape<T>): void {
  const { pos, limit, budget } = reader
  let left = budget.itemsLeft
  if ((limit - pos) / LEAST_BYTES <= left) return
  while (reader.pos < limit) {
    const tag = reader.tag(shape.scopeMessage)
    if (tag === SECOND && --left < 0) throw budget.tooMany(shape.items)
    reader.skip(tag, shape.scopeMessage, NO_NAMES)
  }
  reader.pos = pos
}

function readItem<T>(reader: Reader, shape: SignalShape<T>, items: T[]): void {
  const outer = reader.enter(shape.items)
  const item = shape.read(reader)
  if (item !== undefined) items.push(item)
  reader.leave(outer)
}

function readScope(reader: Reader, scope: { name: string; version: string; attributes: AttributeList }): void {
  const outer = reader.enter('InstrumentationScope')
  while (reader.pos < reader.limit) {
    const tag = reader.tag('InstrumentationScope')
    if (tag === FIRST) scope.name = reader.key('InstrumentationScope.name')
    else if (tag === SECOND) scope.version = reader.key('InstrumentationScope.version')
    else if (tag === THIRD) readKeyValue(reader, scope.attributes, 'InstrumentationScope.attributes')
    else reader.skip(tag, 'InstrumentationScope', SCOPE)
  }
  reader.leave(outer)
}
