/** The `server.properties` of a single-node KRaft broker that is quick to start and small. */
import { randomBytes } from 'node:crypto'

export interface BrokerSettings {
  readonly dataDir: string
  readonly port: number
  readonly controllerPort: number
  /** Added to, or in place of, what is there. */
  readonly more: Readonly<Record<string, string>>
}

export function brokerProperties({ dataDir, port, controllerPort, more }: BrokerSettings): string {
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': `${dataDir}/logs`,
    'num.network.threads': '2',
    'num.io.threads': '3',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'default.replication.factor': '1',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'group.coordinator.append.linger.ms': '0',
    'log.cleaner.enable': 'false',
    // A broker that was killed is taken for gone by its own controller sooner, and so is ready again in 5 s instead of 14.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    ...more,
  }
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join('')
}

/** Kafka's own form: 16 random bytes, base64url without padding; one that begins with '-' would be taken for an option. */
export function clusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? clusterId() : id
}
