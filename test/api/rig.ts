/** The API on ports of its own: what a test does not give is away, or empty. */
import type { AdminDeed } from '../../schemas/admin-action.ts'
import { Failure } from '../../schemas/failure.ts'
import type { HttpRequest } from '../../schemas/http.ts'
import type { Caller } from '../../services/api/caller.ts'
import { createApi } from '../../services/api/handle.ts'
import type { ApiPorts } from '../../services/api/ports.ts'

const away = async (): Promise<never> => Promise.reject(new Failure('unavailable', 'x.away', 'it is away'))
export const TOKEN = 'secret'

export interface Ask {
  readonly query?: string
  readonly body?: unknown
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Said {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** `callers`: tokens beside the one of the data directory. */
export function apiRig(change: Partial<ApiPorts> = {}, callers: Readonly<Record<string, Caller>> = {}) {
  const deeds: AdminDeed[] = []
  const api = createApi({
    parts: [], receivers: { none: 'no alerter here' }, configured: [], hooks: [], metrics: async () => '', openMetrics: true, lag: async () => [], token: TOKEN, apiCaller: (token) => callers[token],
    audit: {
      async during(deed, work) {
        deeds.push(deed)
        return await work()
      },
    },
    failed: () => undefined, status: away, bus: { publish: away, broadcast: away }, clock: { now: () => 7_000_000_000n }, store: { none: 'no tables here' },
    quarantine: { none: 'no tables here' }, reports: { none: 'no tables here' }, incidents: { none: 'no tables here' }, removals: { none: 'no tables here' }, baselines: { detectors: [], partitions: 1, held: undefined }, ...change,
  })
  async function ask(method: string, path: string, { query = '', body, token = TOKEN, headers = {} }: Ask = {}): Promise<Said> {
    const request: HttpRequest = {
      method, path, query, headers: new Map(Object.entries({ authorization: `Bearer ${token}`, ...headers })), peer: '127.0.0.1',
      body: Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)),
    }
    const answer = await api.handle(request)
    return { status: answer.status, headers: answer.headers, body: answer.body === '' ? undefined : JSON.parse(String(answer.body)) as unknown }
  }
  return { api, ask, deeds }
}
