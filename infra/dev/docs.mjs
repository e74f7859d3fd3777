/** `npm run docs`: writes the pages of docs/ that are made from what the code says; tests compare them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, setUp } from './setup.mjs'

setUp()
const built = (path) => import(pathToFileURL(join(ROOT, 'dist', path)).href)
const pages = {
  'configuration.md': (await built('services/config/reference.js')).configurationReference(),
  'detections.md': (await built('detectors/rule-page.js')).rulePage(),
  'openapi.json': `${JSON.stringify((await built('services/api/document.js')).apiDocument(), undefined, 1)}\n`,
  'redaction.md': (await built('services/collector/redact/docs.js')).redactionPage(),
  'reports.md': (await built('services/reports/library/reports-page.js')).reportsPage(),
  'mappings.md': (await built('services/collector/normalise/mapping-table.js')).mappingTable(),
}
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(join(ROOT, 'docs', name), text)
  console.log(`docs/${name}`)
}
