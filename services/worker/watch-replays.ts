/**
 * Records that a detector failed on, through that detector again. Only what it says without state is said: the state of its keys has moved on
 * since, and a step that is made late would be another one. Topic `replays` → `findings`.
 */
import type { Armed, Draft } from '../../detectors/detector.ts'
import type { Subscription } from '../../schemas/ports.ts'
import type { QuarantineAction, Quarantined, Replay } from '../../schemas/quarantined.ts'
import { definitions, EventRecord, events, findings, interactions, namesakes, quarantineActions, replays } from '../../schemas/topics.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { WorkerParts } from './contracts.ts'
import { findingOfDefinition, findingOfEvent, findingOfInteraction, type Source } from './finding.ts'
import { RunTools } from './tools.ts'

/** Subscribes group `worker-replays`. */
export async function watchReplays({ armed, ports, maintenance, failed }: WorkerParts): Promise<Subscription> {
  const { bus, telemetry, keyedHash, policies } = ports
  const tools = new RunTools(keyedHash, { policies })

  async function replay({ record, step }: Replay): Promise<void> {
    if (record.stage !== 'worker' || record.reason !== 'defect') return
    await policies?.known()
    const said: Finding[] = []
    try {
      for (const detector of armed) if (record.detector === '' || record.detector === detector.rule.id) said.push(...judgeAgain(detector, record, tools))
    } catch (error) {
      telemetry.detectorFailed(record.detector, { topic: record.topic, partition: record.partition, offset: record.offset }, className(error))
      await bus.publish(quarantineActions, [{ key: record.quarantine_id, record: returned(record, step) }])
      return
    }
    await bus.publish(findings, said.map((finding) => ({ key: finding.tenant, record: maintenance.marked(finding) })))
    for (const finding of said) telemetry.findingPublished(finding)
  }

  let subscription: Subscription | undefined
  subscription = await bus.subscribe(replays, {
    group: 'worker-replays',
    async handle(envelopes) {
      for (const { partition, offset, records } of envelopes) {
        for (const record of records) await replay(record)
        await subscription?.commit(partition, offset + 1)
      }
    },
    async gap(gap) {
      telemetry.gapSeen(gap)
    },
    failed(error) {
      telemetry.subscriptionFailed(replays.name, error)
      failed(error)
    },
  })
  return subscription
}

/** Throws what the detector throws. */
function judgeAgain(detector: Armed, { topic, payload }: Quarantined, tools: RunTools): readonly Finding[] {
  const source: Source = { detector: detector.rule.id, ruleVersion: detector.rule.version }
  const bytes = Buffer.from(payload, 'base64')
  if (topic === events.name) {
    const { event } = EventRecord.of(bytes)
    if (event === undefined) return []
    tools.subject.tenant = event.tenant
    return detector.observe(event, tools).map((draft: Draft) => findingOfEvent(draft, event, source))
  }
  if (topic === definitions.name) {
    return definitions.codec.decode(bytes).flatMap((definition) => {
      tools.subject.tenant = definition.tenant
      return detector.define({ definition, before: undefined }, tools).map((draft) => findingOfDefinition(draft, definition, source))
    })
  }
  // Whom it met, and what it was added to, is not known any more.
  if (topic === namesakes.name || topic === findings.name) return []
  return interactions.codec.decode(bytes).flatMap((interaction) => {
    tools.subject.tenant = interaction.tenant
    return detector.review(interaction, tools).map((draft) => findingOfInteraction(draft, interaction, source))
  })
}

function returned({ quarantine_id, tenant, quarantined_at }: Quarantined, step: number): QuarantineAction {
  return { quarantine_id, tenant, step: step + 1, action: 'return', by: 'worker', why: 'the detector failed on it again', acted_at: quarantined_at }
}

/** A detector's message may hold a stranger's text. */
const className = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error)
