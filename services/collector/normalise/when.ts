/** Conditions of the tables: what a record's name or one of its attributes says. */
import type { KeyValues } from '../otlp/model.ts'
import type { When } from './emitters/table.ts'
import { plainText } from './readings.ts'

export function holds(when: When, name: string, attributes: KeyValues): boolean {
  if ('name' in when) return when.name.includes(name)
  if ('nameStartsWith' in when) return name.startsWith(when.nameStartsWith)
  if ('given' in when) return plainText(attributes.get(when.given)) !== ''
  const text = plainText(attributes.get(when.key))
  if ('is' in when) return when.is.includes(text)
  return 'startsWith' in when ? text.startsWith(when.startsWith) : text.endsWith(when.endsWith)
}
