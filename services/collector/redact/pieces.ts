/** Scopes and chains of delegation are read out of one text in pieces. A secret that only the whole text shows may stand in one of them. */
import { isDeepStrictEqual } from 'node:util'
import type { Attribute, AuditEventFields } from '../../../schemas/audit-event.ts'
import { SAID_KEY, type SaidIdentity, saidAttribute, saidIn } from '../../../schemas/said-identity.ts'
import { SCANNED_MAP_COLUMNS } from './columns.ts'
import { UNSCANNED } from './span.ts'
import type { Work } from './work.ts'

/** What is compared with what redaction made of it. */
type Before = Pick<AuditEventFields, 'attributes' | 'resource_attributes' | 'scopes'>

/** Drops pieces that redaction left as they were although it changed the text that they come from, which is kept as an attribute. */
export function dropPieces(event: AuditEventFields, before: Before, work: Work): void {
  const isChanged = (key: string): boolean => SCANNED_MAP_COLUMNS.some((column) => before[column].get(key) !== event[column].get(key))
  if (event.scopes.length > 1 && event.scopes === before.scopes && isChanged(event.scopes_source)) {
    work.stand('scopes')
    work.note('unscanned')
    event.scopes = [UNSCANNED]
  }
  if (!event.attributes.has(SAID_KEY)) return
  const [said, was] = [event, before].map(({ attributes }) => saidIn(attributes.get(SAID_KEY))) as [SaidIdentity, SaidIdentity]
  if (said.delegation.length < 2 || !isDeepStrictEqual(said.delegation, was.delegation) || !isChanged(said.delegation_source)) return
  work.stand('delegation')
  work.note('unscanned')
  event.attributes = new Map<string, Attribute>([...event.attributes, [SAID_KEY, saidAttribute({ ...said, delegation: [UNSCANNED] })]])
}
