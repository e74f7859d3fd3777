import { z } from 'zod'
import type { Rule } from '../detector.ts'

/** Raised by the coverage job, which alone sees all sources; it has no state and no parameters of its own. */
export const rule: Rule<Record<string, never>> = {
  id: 'missing-telemetry',
  version: 1,
  title: 'A source stopped, left numbers out or sends a smaller share',
  description: 'A source that was sending has been silent for longer than ever in seven days, numbers that it counted never came, or the share that it says it sends became smaller. Told once each.',
  severity: 'medium',
  params: z.strictObject({}),
  needs: ['started_at'],
  blindSpots: [
    'A source that is younger than twenty pauses, and one that always sends seldom.',
    'Numbers are known of emitters that count (see the table of emitters); others can leave records out unseen.',
    'A sampler that does not say what it drops.',
    'While the archiver is behind, no silence is told: nobody then knows who is silent.',
  ],
  benign: ['Deploys, scaling to zero, holidays and the end of a project: declare them under `detection.maintenance`.', 'A process that was killed with records in its queue.', 'A sampler that was set on purpose.'],
  runbook: [
    'Ask the owner of the source whether it was stopped or set differently; look at its deploys at the time that is named.',
    'Where its servers are still called by others, look at what was called meanwhile: somebody may have switched its telemetry off first.',
    '`watchkeeper coverage` shows what each source sends and which detectors are blind without it.',
  ],
  maps: { owaspMcp2025: ['MCP08'], atlas5: [], attack19: ['T1685', 'T1685.002'] },
}
