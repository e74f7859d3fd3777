/** What a broker for tests needs of the machine: Java 17 or newer, and Maven to find Kafka's own jars once. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const POM = fileURLToPath(new URL('./pom.xml', import.meta.url))
/** `WATCHKEEPER_KAFKA=required`: what is missing is an error, not a reason to skip. */
const REQUIRED = process.env['WATCHKEEPER_KAFKA'] === 'required'

/** '' when a broker can be started here, else a sentence that says what is missing. Throws that sentence where a broker is required. */
export async function brokerMissing(): Promise<string> {
  const reason = await missing()
  if (reason !== '' && REQUIRED) throw new Error(`${reason}; WATCHKEEPER_KAFKA=required asks for a broker`)
  return reason
}

async function missing(): Promise<string> {
  const version = await run('java', ['-version']).then(({ stderr }) => Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0), () => 0)
  if (version < 17) return version === 0 ? 'no Kafka broker: there is no java command' : `no Kafka broker: Java is ${version}, Kafka needs 17`
  return await classPath().then(() => '', (error: unknown) => `no Kafka broker: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
}

/** Class path of one broker. Maven keeps the jars where it always does; the list of them is kept in the temporary folder. */
export async function classPath(): Promise<string> {
  const key = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12)
  const folder = join(tmpdir(), 'watchkeeper-kafka')
  const file = join(folder, `classpath-${key}`)
  const known = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (known !== '' && known.split(delimiter).every((jar) => existsSync(jar))) return known
  mkdirSync(folder, { recursive: true })
  const made = `${file}.${process.pid}`
  const target = [`-Dmdep.outputFile=${made}`, '-f', POM]
  await run('mvn', ['-q', '-B', 'dependency:build-classpath', ...target], { timeout: 300_000 }).catch((error: { code?: unknown; stdout?: string }) => {
    const why = error.code === 'ENOENT' ? 'there is no mvn command' : `Maven could not find the jars: ${(error.stdout ?? '').split('\n')[0]}`
    throw new Error(why, { cause: error })
  })
  const found = readFileSync(made, 'utf8').trim()
  writeFileSync(made, found)
  renameSync(made, file)
  return found
}
