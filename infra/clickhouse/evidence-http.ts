/** Evidence over ClickHouse's HTTP interface: of a server, or of the SQL endpoint of a Watchkeeper that runs. */
import { Failure } from '../../schemas/failure.ts'
import { engineErrorFrom } from './engine-error.ts'
import type { EvidenceReader } from './evidence.ts'
import { whyNotThere } from './evidence-version.ts'

export interface EvidenceAddress {
  /** `http://…` or `https://…`. */
  readonly url: string
  readonly user?: string | undefined
  readonly password?: string | undefined
}

class HttpReader implements EvidenceReader {
  readonly name: string
  readonly stored = false
  /** An endpoint of ours answers with 128 MiB at most where nothing else is configured. */
  readonly mostRows = 50_000
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, user, password = '' }: EvidenceAddress) {
    this.#url = url.replace(/\/+$/, '')
    this.name = `ClickHouse at ${this.#url}`
    this.#headers = user === undefined ? {} : { 'x-clickhouse-user': user, 'x-clickhouse-key': password }
  }

  async* read(sql: string, format: string): AsyncGenerator<Buffer> {
    const response = await this.#ask(sql, format)
    if (!response.ok) throw await this.#refused(await response.text())
    if (response.body === null) return
    try {
      for await (const chunk of response.body) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    } catch (error) {
      throw new Failure('unavailable', 'evidence.cut', `${this.name} ended in the middle of an answer`, { cause: error })
    }
  }

  async #refused(text: string): Promise<Failure> {
    const refused = new Failure('unavailable', 'evidence.refused', `${this.name} did not answer a query: ${text.slice(0, 300).trim()}`)
    return await whyNotThere(engineErrorFrom(text), `${this.name} has not all that is needed`, async (sql) => {
      const response = await this.#ask(sql, 'TSV')
      return response.ok ? await response.text() : ''
    }) ?? refused
  }

  async #ask(sql: string, format: string): Promise<Response> {
    try {
      // Not before the whole of it is there: else an error in the middle would look like rows.
      return await fetch(`${this.#url}/?database=watchkeeper&wait_end_of_query=1&default_format=${format}`, { method: 'POST', body: sql, headers: { ...this.#headers } })
    } catch (error) {
      throw new Failure('unavailable', 'evidence.unreachable', `Nothing answers at ${this.#url}.`, { cause: error })
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Asks nothing yet. */
export const openHttpEvidence = (address: EvidenceAddress): EvidenceReader => new HttpReader(address)
