/** A route as data: what it is called, who may, what it takes and what it answers. The document of the API is made from the same schemas that check requests. */
import { z } from 'zod'
import type { HttpRequest, HttpResponse } from '../../schemas/http.ts'
import type { ApiScope } from '../../schemas/token-record.ts'
import type { Caller } from './caller.ts'
import type { RoutePorts } from './ports.ts'

export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly parameters: P
  readonly query: Q
  readonly body: B
  readonly caller: Caller
  readonly request: HttpRequest
}

/** What of a call is written down. Nothing secret. */
export interface About {
  readonly object?: string
  readonly tenant?: string
  readonly details?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly says: string
  /** Of a JSON body; none where there is no body. */
  readonly schema?: z.ZodType
  readonly headers?: Readonly<Record<string, string>>
}

export interface RouteSpec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** `/api/v1/alerts/{alert_id}` */
  readonly path: string
  /** `alert.acknowledge`: the operation's id in the document, and the action in the audit log. */
  readonly operation: string
  readonly summary: string
  readonly scope: ApiScope
  /** Only for who is trusted with every tenant. */
  readonly whole?: boolean
  /** Says how the product is and nothing of anybody: answered even where it cannot be written down. */
  readonly health?: boolean
  readonly parameters?: P
  readonly query?: Q
  readonly body?: B
  /** Headers that it understands, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<number, Answer>>
  about?(call: Call<z.output<P>, z.output<Q>, z.output<B>>): About
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>, ports: RoutePorts): HttpResponse | Promise<HttpResponse>
}

export type Route = RouteSpec<z.ZodObject, z.ZodObject, z.ZodType>

type Nothing = z.ZodObject<Record<never, never>, z.core.$strict>

/** Checks the types of one route; the router, which only knows what they have in common, has parsed what it hands over. */
export const route = <P extends z.ZodObject = Nothing, Q extends z.ZodObject = Nothing, B extends z.ZodType = Nothing>(spec: RouteSpec<P, Q, B>): Route => spec as unknown as Route
