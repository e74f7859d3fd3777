/** A member of a group that is killed while it joins: the broker holds its join, and so it is one of the members when the others have joined. */
import { Kafka, logLevel } from 'kafkajs'
import { ClusterLink } from '../../infra/kafka/cluster-link.ts'
import { decodeClaim, encodeAssigned, encodeClaim, PROTOCOL, share } from '../../infra/kafka/group-protocol.ts'
import { withAdmin } from './kafka-rights.ts'

export interface Joiner {
  readonly broker: string
  readonly groupId: string
  readonly topic: string
  readonly instance: string
  readonly sessionTimeoutMs: number
}

/** Joins, does its share of sharing out, and is never heard again. `process` sorts before those of others. */
export async function joinAndFallSilent({ broker, groupId, topic, instance, sessionTimeoutMs }: Joiner, process: string): Promise<void> {
  const link = new ClusterLink({ kafka: new Kafka({ brokers: [broker], clientId: `a-${process}`, logLevel: logLevel.NOTHING }), topics: [], timeoutMs: 20_000 })
  const metadata = encodeClaim(topic, { owned: [], generation: -1, instance, process })
  const request = { groupId, sessionTimeout: sessionTimeoutMs, rebalanceTimeout: sessionTimeoutMs, memberId: '', groupProtocols: [{ name: PROTOCOL, metadata }] }
  const { generationId, memberId, leaderId, members } = await link.coordinator(groupId, 'joining', (each) => each.joinGroup(request))
  const shares = leaderId === memberId ? share(members.map((each) => ({ memberId: each.memberId, claim: decodeClaim(each.memberMetadata) })), 2) : new Map()
  const groupAssignment = [...shares].map(([each, assigned]) => ({ memberId: each, memberAssignment: encodeAssigned(topic, assigned) }))
  await link.coordinator(groupId, 'synchronising', (each) => each.syncGroup({ groupId, generationId, memberId, groupAssignment }))
  link.renew()
}

/** `Stable`, `PreparingRebalance` and so on. */
export const stateOf = async (broker: string, groupId: string): Promise<string> =>
  await withAdmin(broker, async (admin) => (await admin.describeGroups([groupId])).groups[0]?.state ?? '')
