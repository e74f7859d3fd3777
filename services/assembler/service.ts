/** Assembler: topic `events` → topic `interactions`. State and offset are saved as one, so a restart goes on as if nothing had been. */
import { SpanKind, trace } from '@opentelemetry/api'
import { emptyAddressBook } from '../../schemas/address-book.ts'
import type { Service, SubscribeOptions, Subscription } from '../../schemas/ports.ts'
import { type EventRecord, events } from '../../schemas/topics.ts'
import { traced } from '../../schemas/traced.ts'
import { type AssemblerConfig, type AssemblerPorts, GATHER_MS } from './contracts.ts'
import { Holding, type HoldingParts } from './holding.ts'
import { type Identify, identifier } from './identities.ts'
import { locator } from './place/locate.ts'
import { followCorrelations } from './related/follow.ts'
import { assemblerTelemetry } from './telemetry.ts'
import { tokensOf } from './tokens.ts'

export function createAssembler(config: AssemblerConfig, ports: AssemblerPorts): Service {
  const { bus, log } = ports
  const holdings = new Map<number, Holding>()
  let subscription: Subscription | undefined
  let related: Subscription | undefined
  let trouble = ''
  const named = identifier(config.identities)
  const located = locator(ports.addressBook ?? emptyAddressBook)
  const identify: Identify = (interaction) => located(named(interaction))
  const parts = {
    config, ports, identify,
    telemetry: assemblerTelemetry(() => [...holdings.values()].map((holding) => holding.state)),
    tokens: ports.keyedHash === undefined ? undefined : tokensOf(ports.keyedHash),
    async commit(partition: number, next: number) {
      await subscription?.commit(partition, next)
    },
    failed(error: unknown) {
      trouble = error instanceof Error ? error.message : String(error)
      log.error({ err: error }, 'assembler stopped')
    },
  }

  return {
    name: 'assembler',
    async start() {
      if (config.partitions > 1) related = await followCorrelations(parts)
      subscription = await bus.subscribe(events, readerOf(holdings, parts))
    },
    async stop() {
      await subscription?.stop()
      subscription = undefined
      await related?.stop()
      related = undefined
    },
    notReady: () => (subscription === undefined ? 'not started' : trouble),
  }
}

interface ReaderParts extends HoldingParts {
  readonly ports: AssemblerPorts
  failed(error: unknown): void
}

/** Group `assembler`; what it is given goes to the partition's place in `holdings`. */
function readerOf(holdings: Map<number, Holding>, parts: ReaderParts): SubscribeOptions<EventRecord> {
  const tracer = trace.getTracer('watchkeeper.assembler')
  return {
    group: 'assembler', gatherMs: GATHER_MS,
    async assigned(partition) {
      const holding = await Holding.open(partition, parts)
      holdings.set(partition, holding)
      return holding.next
    },
    async revoked(partition) {
      const holding = holdings.get(partition)
      holdings.delete(partition)
      await holding?.close()
    },
    async handle(envelopes) {
      const partition = envelopes[0]?.partition
      const holding = partition === undefined ? undefined : holdings.get(partition)
      if (partition === undefined || holding === undefined) return
      const attributes = { 'watchkeeper.topic': events.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
      await traced(tracer, { name: 'assemble', kind: SpanKind.CONSUMER, attributes }, () => holding.take(envelopes))
    },
    async gap(gap) {
      parts.ports.log.warn({ ...gap }, 'records of a partition cannot be read any more: calls in them are missing')
      holdings.get(gap.partition)?.skipTo(gap.next)
    },
    failed: (error) => parts.failed(error),
  }
}
