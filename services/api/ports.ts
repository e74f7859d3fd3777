/** What the routes of the API need of the process that they run in. */
import type { AdminAudit } from '../../schemas/admin-action.ts'
import type { Answer, Clock, PartitionLag, Publisher, Service, Store } from '../../schemas/ports.ts'
import type { Notice } from '../../schemas/step.ts'
import type { OrderDesk } from './alerts/order-desk.ts'
import type { CallerPorts } from './caller.ts'
import type { QuarantineDesk } from './quarantine-desk.ts'
import type { RemovalsPort } from './removal-port.ts'
import type { IncidentsPort, ReportsPort } from './report-port.ts'
import type { Status } from './status.ts'

/** Why this process has it not, and whom to ask. */
export interface Elsewhere {
  readonly none: string
}

/** Who is told of alerts, in the process that tells them. */
export interface Receivers {
  add(receiver: { readonly name: string; readonly url: string; readonly secret: string; readonly ttlSeconds: number }): void
  /** False where there is none of that name. */
  remove(name: string): boolean
  /** Now there, those that were added for a while too. */
  readonly notifiers: readonly { readonly receiver: string; readonly kind: string }[]
  /** Sends a message that says it is a test to one that is there. */
  test(name: string, by: string): Promise<Answer>
}

/** A receiver of the configuration, without address and secret. */
export interface ReceiverEntry {
  readonly name: string
  readonly kind: string
  readonly fallback: string
  readonly messages_per_hour: number
  readonly send_resolved: boolean
  /** Tenants that it is kept for; undefined: none of them is excluded. */
  readonly tenants: readonly string[] | undefined
}

/** Something that can be done because of an alert, without address and secret. */
export interface HookEntry {
  readonly name: string
  readonly does: string
  readonly approval: boolean
  readonly most_per_hour: number
  /** For alerts of these tenants only; undefined: of all. */
  readonly tenants: readonly string[] | undefined
}

/** States of one partition that this process holds. */
export interface HeldStates {
  of(tenant: string, who: Pick<Notice, 'actor' | 'server' | 'tool'>): readonly { readonly detector: string; readonly key: string; readonly state: unknown }[]
}

export interface BaselinePorts {
  /** Ids of the detectors that there are. */
  readonly detectors: readonly string[]
  readonly partitions: number
  /** Undefined where this process judges nothing. */
  readonly held: ReadonlyMap<number, HeldStates> | undefined
}

export interface ApiPorts extends CallerPorts {
  /** Parts whose readiness counts. */
  readonly parts: readonly Pick<Service, 'name' | 'notReady'>[]
  metrics(): Promise<string>
  /** Whether metrics are for whoever asks: else a token is needed. */
  readonly openMetrics: boolean
  lag(): Promise<readonly PartitionLag[]>
  /** Every call is written down. */
  readonly audit: AdminAudit
  /** Errors that nobody is waiting for. */
  failed(error: unknown): void
  /** Undefined: of all tenants. */
  status(tenant: string | undefined): Promise<Status>
  readonly bus: Publisher
  readonly clock: Clock
  readonly store: Pick<Store, 'query'> | Elsewhere
  readonly quarantine: QuarantineDesk | Elsewhere
  readonly baselines: BaselinePorts
  readonly reports: ReportsPort | Elsewhere
  readonly incidents: IncidentsPort | Elsewhere
  readonly removals: RemovalsPort | Elsewhere
  readonly receivers: Receivers | Elsewhere
  readonly configured: readonly ReceiverEntry[]
  readonly hooks: readonly HookEntry[]
}

/** With what the API itself keeps between calls. */
export interface RoutePorts extends ApiPorts {
  readonly orders: OrderDesk
}
