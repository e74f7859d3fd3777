/** What coverage is judged by: what detectors need, what emitters can be told to send, and which attributes are read. */
import type { Armed } from '../../detectors/detector.ts'
import { EMITTERS } from '../collector/normalise/emitters/list.ts'
import { SWITCHES } from '../collector/normalise/emitters/switches.ts'
import { knownKeys } from '../collector/normalise/known-keys.ts'
import type { Knowledge } from '../coverage/contracts.ts'
import { SAMPLING_KEYS } from '../coverage/sampling.ts'
import { CARRIERS } from '../worker/inventory/listings.ts'

/** Read by the assembler for lineage, and by the collector itself. */
const READ_ANYWHERE = [
  'gen_ai.input.messages', 'gen_ai.output.messages', 'gen_ai.system_instructions', 'pydantic_ai.all_messages', 'ai.prompt.messages', 'prompt', 'event.name',
  'event.timestamp', 'prompt.id', 'prompt_id',
]
/** Made by the collector: what has no attribute of its own, log bodies, events within spans. */
const OURS = ['watchkeeper.', 'log.', 'event.']

export function coverageKnowledge(armed: readonly Armed[]): Knowledge {
  const known = knownKeys()
  const anywhere = new Set<string>([...READ_ANYWHERE, ...SAMPLING_KEYS, ...CARRIERS])
  const prefixes = CARRIERS.filter((name) => name.endsWith('.'))
  return {
    detectors: armed.filter(({ weighs }) => !weighs).map(({ rule: { id, needs }, defines }) => ({ id, needs: defines ? [...needs, 'definitions' as const] : needs })), switches: SWITCHES, titles: new Map(EMITTERS.map(({ id, title }) => [id, title])),
    reads(emitter, attribute) {
      const own = known.get(emitter)
      return anywhere.has(attribute) || own?.exact.has(attribute) === true ||
        [...OURS, ...prefixes, ...(own?.prefixes ?? [])].some((prefix) => attribute.startsWith(prefix))
    },
  }
}
