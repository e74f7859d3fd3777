/** Section `policy`: where policies are. What they say is docs/policies.md. */
import { z } from 'zod'

const file = z.string().min(1)

export const PolicyPlaces = z.strictObject({
  directory: file.optional().describe('Folder whose *.yaml files are policies (docs/policies.md). The scheduler reads it, again when a file changes, and publishes what is new; where there is none, nothing is in force'),
  credentials: z.strictObject({
    max_age_days: z.number().int().min(1).max(3_650).default(365).describe('Age from which a token, certificate or key is overdue for rotation'),
    warn_days: z.number().int().min(1).max(365).default(30).describe('So long before its end a certificate or token of our own is told of'),
  }).prefault({}),
  files: z.array(file).max(500).default([]).describe('Files of policies beside those of the folder'),
})
