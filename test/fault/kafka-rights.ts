/** Rights on a broker, given by somebody who may do all. */
import { type Admin, Kafka, logLevel } from 'kafkajs'

/** Numbers of the protocol, which an ES module cannot import from kafkajs by name. */
const [TOPIC, LITERAL, ALLOW] = [2, 3, 3]
const [READ, DESCRIBE, DESCRIBE_CONFIGS] = [3, 8, 10]

export async function withAdmin<T>(broker: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** To read the topic, not to write it. */
export async function grantTopic(broker: string, user: string, topic: string): Promise<void> {
  const acl = (operation: number) => ({
    resourceType: TOPIC, resourceName: topic, resourcePatternType: LITERAL, principal: `User:${user}`, host: '*', operation, permissionType: ALLOW,
  })
  await withAdmin(broker, (admin) => admin.createAcls({ acl: [READ, DESCRIBE, DESCRIBE_CONFIGS].map(acl) }))
}
