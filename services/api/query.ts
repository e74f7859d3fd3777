/** Parameters behind `?`: of a list every repetition counts, and commas part entries too. */
import { z } from 'zod'

function isList(schema: unknown): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodReadonly) return isList(schema.unwrap())
  return schema instanceof z.ZodArray
}

/** Texts by name, lists where the schema has one. Of a name that is given twice and is no list the last counts. */
export function parametersOf(query: string, schema: z.ZodObject): Map<string, string | string[]> {
  const given = new URLSearchParams(query)
  const found = new Map<string, string | string[]>()
  for (const name of new Set(given.keys())) {
    const all = given.getAll(name)
    found.set(name, Object.hasOwn(schema.shape, name) && isList(schema.shape[name]) ? all.flatMap((each) => each.split(',')).filter((each) => each !== '') : (all.at(-1) ?? ''))
  }
  return found
}
