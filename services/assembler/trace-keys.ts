/** Records with the same key meet in one trace. */
import type { EventHead } from '../../schemas/event-head.ts'
import { joinedTrace } from '../../schemas/record-key.ts'

/** Keys of traces; the one made last is kept: records of one trace mostly come together, and a text that was looked for before is found sooner than an equal one. */
export class TraceKeys {
  #tenant = ''
  #trace = ''
  #key = ''

  /** Trace id, else conversation, else the record alone. */
  of(event: EventHead): string {
    const { tenant } = event
    const trace = joinedTrace(event)
    if (trace === '') return `${tenant}\u0000${event.conversation === '' ? `e${event.event_id}` : `c${event.conversation}`}`
    if (trace !== this.#trace || tenant !== this.#tenant) {
      this.#tenant = tenant
      this.#trace = trace
      this.#key = `${tenant}\u0000t${trace}`
    }
    return this.#key
  }
}
