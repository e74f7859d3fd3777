/** Section `policy`: where policies are. What they say is docs/policies.md. */
import { z } from 'zod'

const file = z.string().min(1)

export const PolicyPlaces = z.strictObject({
  directory: file.optional().describe('Folder whose *.yaml files are policies (docs/policies.md). The scheduler reads it, again when a file changes, and publishes what is new; where there is none, nothing is in force'),
  files: z.array(file).max(500).default([]).describe('Files of policies beside those of the folder'),
})
