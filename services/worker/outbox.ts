/** What was judged and is not on the bus yet. State has moved on already, so this must get out before anything else is read. */
import type { Finding } from '../../schemas/finding.ts'
import type { Publisher } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import type { Step } from '../../schemas/step.ts'
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import { definitions, findings, namesakes, quarantine, steps } from '../../schemas/topics.ts'
import type { WorkerTelemetry } from './contracts.ts'
import { namesakeKey } from './definitions/namesakes.ts'
import { definitionKey } from './inventory/inventory.ts'
import type { Maintenance } from './maintenance/maintenance.ts'
import type { Recent } from './recent.ts'

/** Broadcasts that are on their way at the same time. */
const TOGETHER = 50

export class Outbox {
  readonly recent: Recent
  readonly #telemetry: WorkerTelemetry
  readonly #maintenance: Maintenance | undefined
  readonly #findings: Finding[] = []
  readonly #quarantined: Quarantined[] = []
  readonly #definitions: ToolDefinition[] = []
  readonly #introduced: ToolDefinition[] = []
  readonly #lessons: Step[] = []

  constructor(recent: Recent, telemetry: WorkerTelemetry, maintenance?: Maintenance) {
    this.recent = recent
    this.#telemetry = telemetry
    this.#maintenance = maintenance
  }

  /** Takes the finding unless this version of it was said before; gives it as it is to be said, marked where it is of planned work. */
  put(finding: Finding): Finding | undefined {
    if (!this.recent.admit(`${finding.finding_id}.${finding.version}`)) {
      this.#telemetry.findingRepeated(finding.detector)
      return undefined
    }
    const marked = this.#maintenance?.marked(finding) ?? finding
    this.#findings.push(marked)
    return marked
  }

  refuse(record: Quarantined): void {
    this.#quarantined.push(record)
  }

  /** What servers were seen to offer. */
  list(records: readonly ToolDefinition[]): void {
    this.#definitions.push(...records)
  }

  /** A tool that others of the same look are to meet. */
  introduce(record: ToolDefinition): void {
    this.#introduced.push(record)
  }

  /** Something that every partition is to learn. */
  teach(step: Step): void {
    this.#lessons.push(step)
  }

  /** Forgets what is not said yet: for what was learned from the past. Gives how many findings that were. */
  discard(): number {
    const count = this.#findings.length
    for (const list of [this.#findings, this.#quarantined, this.#lessons]) list.length = 0
    return count
  }

  /** Publishes all of it; on Failure `unavailable` all of it is still here for the next attempt. */
  async flush(bus: Publisher): Promise<void> {
    if (this.#findings.length > 0) {
      await bus.publish(findings, this.#findings.map((record) => ({ key: record.tenant, record })))
      for (const finding of this.#findings) this.#telemetry.findingPublished(finding)
      this.#findings.length = 0
    }
    if (this.#quarantined.length > 0) {
      await bus.publish(quarantine, this.#quarantined.map((record) => ({ key: record.quarantine_id, record })))
      this.#quarantined.length = 0
    }
    if (this.#definitions.length > 0) {
      await bus.publish(definitions, this.#definitions.map((record) => ({ key: definitionKey(record), record })))
      this.#definitions.length = 0
    }
    if (this.#introduced.length > 0) {
      await bus.publish(namesakes, this.#introduced.map((record) => ({ key: namesakeKey(record), record })))
      this.#introduced.length = 0
    }
    // Those of one call are written together; twice is once, wherever they are heard.
    while (this.#lessons.length > 0) {
      await Promise.all(this.#lessons.slice(0, TOGETHER).map((lesson) => bus.broadcast(steps, lesson)))
      this.#lessons.splice(0, TOGETHER)
    }
  }
}
