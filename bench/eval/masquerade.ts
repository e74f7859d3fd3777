/**
 * Masquerade: does the detector notice when somebody else works under a principal's name? All principals are of one tenant; each command is
 * a call of a shell tool, a hundred commands are a morning's work. A block is found when a finding is made within it.
 */
import { z } from 'zod'
import { REGISTRY } from '../../detectors/registry.ts'
import { rehearsal } from '../../detectors/rehearse.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { type Evaluation, readSet, setsIn } from './evaluation.ts'
import { type Item, scoreTable } from './score-table.ts'

const Principal = z.object({
  id: z.string(), principal: z.string(), history: z.array(z.string()).default([]),
  blocks: z.array(z.object({ commands: z.array(z.string()), label: z.union([z.literal(0), z.literal(1)]) })),
})
type Principal = z.infer<typeof Principal>

/** Commands of one day, and what is asked of it. */
interface Block {
  readonly principal: Principal
  readonly commands: readonly string[]
  readonly day: number
  readonly item?: { readonly id: string; readonly label: 0 | 1 }
}

const BLOCK = 100
const EVERY = 30
/** A Monday, 09:00 UTC. */
const FIRST = Date.UTC(2026, 0, 5, 9) / 1000
const DAY = 86_400

/** Everybody's history first, a block a day, then what is to be judged. */
function blocksOf(principals: readonly Principal[]): readonly Block[] {
  const past = principals.flatMap((principal) => Array.from({ length: Math.ceil(principal.history.length / BLOCK) }, (_, i) => (
    { principal, commands: principal.history.slice(i * BLOCK, (i + 1) * BLOCK), day: i })))
  const first = past.reduce((latest, { day }) => Math.max(latest, day + 1), 0)
  const asked = principals.flatMap((principal) => principal.blocks.map(({ commands, label }, i) => (
    { principal, commands, day: first + i, item: { id: `${principal.id}/${i}`, label } })))
  return [...past, ...asked].sort((one, other) => one.day - other.day)
}

function callOf({ principal, commands, day }: Block, at: number): Interaction {
  const time = BigInt(FIRST + day * DAY + at * EVERY) * 1_000_000_000n
  const text = JSON.stringify({ command: commands[at] })
  return {
    ...blankInteraction(), interaction_id: `${principal.id}-${day}-${at}`, tenant: 'acme', started_at: time, ended_at: time, received_at: time, sort_at: time,
    method: 'tools/call', tool: 'run_command', server: 'shell', effect: 'execute', actor: principal.principal, actor_kind: 'principal',
    arguments: text, arguments_bytes: BigInt(text.length), outcome: 'ok',
  }
}

/** What became of each block that is labelled. */
function judgeBlocks(principals: readonly Principal[], params: unknown = {}): readonly Item[] {
  const arm = REGISTRY['masquerade']
  if (arm === undefined) throw new RangeError('the list of detectors has no masquerade')
  const play = rehearsal(arm(params))
  const items: Item[] = []
  for (const block of blocksOf(principals)) {
    const found = block.commands.map((_, at) => play(callOf(block, at)).length > 0).includes(true)
    if (block.item !== undefined) items.push({ ...block.item, group: block.principal.principal, found })
  }
  return items
}

export const MASQUERADE: Evaluation = {
  about: 'work of somebody else under a principal\'s name, by the commands used',
  async run(data, print, { json, split }) {
    for (const set of setsIn(data, 'masquerade', split).map((name) => `masquerade/${name}`)) {
      const items = judgeBlocks(readSet(data, set, (line) => Principal.parse(line)))
      for (const row of scoreTable(set, items, { json, goal: '80 % at 1 %' })) print(row)
    }
  },
}
