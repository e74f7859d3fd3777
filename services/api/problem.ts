/** Refusals as HTTP says them. Thrown anywhere in a route, answered by the router: `{"error": "a sentence"}`. */
import type { z } from 'zod'
import { linesOfIssues } from '../../schemas/issue-words.ts'

export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.headers = headers
  }
}

/** Another process of the same installation has the answer (RFC 9110, 15.5.20). */
const MISDIRECTED = 421

/** What this process has, or a refusal that says who has it. */
export function here<T extends object>(port: T): Exclude<T, { readonly none: string }> {
  if ('none' in port) throw new Refusal(MISDIRECTED, String(port.none))
  return port as Exclude<T, { readonly none: string }>
}

export const wordsOf = (error: z.ZodError): string => linesOfIssues(error, 'the request').join('; ')
