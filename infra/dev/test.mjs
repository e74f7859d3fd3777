/** `npm test [-- FILTER …]`: set-up, then every test; ends with a line `N passed, N failed`. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, setUp } from './setup.mjs'

setUp()
const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-test-'))
const report = join(folder, 'report.json')
const { status } = spawnSync(process.execPath, [
  join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2),
], { cwd: ROOT, stdio: 'inherit' })

function counts() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTotalTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    // A file that cannot even be loaded has no tests to fail: it counts as one failure.
    const broken = testResults.filter((result) => result.status === 'failed' && result.assertionResults.every((test) => test.status !== 'failed')).length
    return { passed: numPassedTests, failed: numFailedTests + broken, skipped: numPendingTests, suites: numTotalTestSuites }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const { passed, failed, skipped } = counts()
rmSync(folder, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(status === 0 && failed === 0 && passed > 0 ? 0 : 1)
