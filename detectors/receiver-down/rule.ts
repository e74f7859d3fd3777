import { z } from 'zod'
import type { Rule } from '../detector.ts'

/** Raised by the alerter, which alone sees how receivers answer; it has no state and no parameters of its own. */
export const rule: Rule<Record<string, never>> = {
  id: 'receiver-down',
  version: 2,
  title: 'A receiver of alerts does not take them',
  description: 'Five attempts in a row to tell a receiver did not succeed, or half a minute of them, or it said that it is gone (410), or its target is a private address that the configuration does not allow. Told to the other receivers, and over when it takes a message again.',
  severity: 'high',
  params: z.strictObject({}),
  needs: [],
  blindSpots: ['A receiver that answers 2xx and drops the message.', 'Where there is no other receiver nobody is told; the finding is kept all the same.'],
  benign: ['Maintenance of the receiver: messages wait for three days, and go out when it is back.', 'A key or an address that was changed on one side only.'],
  runbook: [
    '`watchkeeper delivery list` shows each attempt with the answer: 401 or 403 is a wrong key, 404 a wrong address, 0 no connection; of `refused` the answer says which setting to change.',
    '`watchkeeper alert test --receiver NAME` tries it again after the repair.',
    'What was given up can be sent again: `watchkeeper delivery redeliver`.',
  ],
  maps: { owaspMcp2025: ['MCP08'], atlas5: [], attack19: [] },
}
