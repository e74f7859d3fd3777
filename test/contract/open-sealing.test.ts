/** What a configuration makes of keys, on the embedded log and on a real broker: sealed by default, turned off and on again, and each way in which a key file can be wrong. */
import { randomBytes, randomUUID } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { openKafkaSnapshots } from '../../infra/kafka/snapshots/kafka-snapshots.ts'
import { keyIdOf } from '../../infra/sealing/frame.ts'
import { planRotation, retireMaster, rotateMaster } from '../../infra/sealing/master-file.ts'
import type { Bus, Gap, Log } from '../../schemas/ports.ts'
import { blankInteraction } from '../../schemas/interaction.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import { interactions, quarantine } from '../../schemas/topics.ts'
import { Config } from '../../services/config/schema.ts'
import { openFoundation } from '../../services/wiring/foundation.ts'
import { kafkaOptions, type OpenBus, openBus } from '../../services/wiring/open-bus.ts'
import { withMasters } from '../../services/wiring/key-rotation.ts'
import { StartWait } from '../../services/wiring/start-wait.ts'
import { filesWith } from './files-with.ts'

const said: string[] = []
const note = (_fields: object, message: string): void => void said.push(message)
const log: Log = { debug: () => undefined, info: note, warn: note, error: note }
const NAME = 'ursula.vandermeer-47@example.org'

let folder: string
let open: OpenBus[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wk-open-sealing-'))
  open = []
})
afterEach(async () => {
  await Promise.all(open.map(({ bus }) => bus.close()))
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

type More = Readonly<Record<string, unknown>>

async function start(config: More): Promise<OpenBus> {
  const wait = new StartWait({ log, asked: new AbortController().signal, now: () => performance.now() })
  const opened = await openBus(Config.parse(config), log, wait)
  open.push(opened)
  return opened
}

async function end(opened: OpenBus): Promise<void> {
  await opened.bus.close()
  open.splice(open.indexOf(opened), 1)
}

const publish = (bus: Bus, name: string): Promise<void> => bus.publish(interactions, [{ key: 'k', record: { ...blankInteraction(), tenant: 'default', actor: name } }])

/** Actors of interactions that come, or causes of gaps, until there are `count`. */
async function read(bus: Bus, count: number): Promise<(string | Gap['cause'])[]> {
  const seen: (string | Gap['cause'])[] = []
  let stop = (): unknown => undefined
  await new Promise<void>((resolve, reject) => {
    const enough = (): void => void (seen.length >= count && resolve())
    void bus.subscribe(interactions, {
      group: randomUUID(), failed: reject,
      async handle(envelopes) {
        for (const { records } of envelopes) seen.push(...records.map(({ actor }) => actor))
        enough()
      },
      async gap({ cause, first, next }) {
        for (let at = first; at < next; at++) seen.push(cause)
        enough()
      },
    }).then((subscription) => { stop = () => subscription.stop() }, reject)
  }).finally(() => stop())
  return seen
}

/** The configuration of one installation, with another data directory for each process of the large form. */
interface Form {
  of(more?: { readonly bus?: More; readonly keys?: More; readonly home?: string }): More
  /** Where records and keys lie. */
  disk(): string
}

function turnedOffAndOn(form: () => Form): void {
  it('is sealed by default; turned off, what was sealed is read and the rest is in clear; turned on again, all of it is read', { timeout: 90_000 }, async () => {
    const first = await start(form().of())
    await publish(first.bus, `sealed ${NAME}`)
    // What could not be read is kept as it came.
    await first.bus.publish(quarantine, [{ key: 'q', record: { payload: Buffer.from(NAME) } as unknown as Quarantined }])
    expect(first.sealing).toBeDefined()
    await end(first)
    expect(filesWith(NAME, form().disk())).toEqual([])
    const second = await start(form().of({ bus: { sealed: false } }))
    await publish(second.bus, 'in clear')
    expect(await read(second.bus, 2)).toEqual([`sealed ${NAME}`, 'in clear'])
    await end(second)
    expect(filesWith('in clear', form().disk()).length).toBeGreaterThan(0)
    const third = await start(form().of())
    await publish(third.bus, 'sealed again')
    expect(await read(third.bus, 3)).toEqual([`sealed ${NAME}`, 'in clear', 'sealed again'])
  })

  it('is in clear where that was asked for from the beginning, and no key is made', { timeout: 60_000 }, async () => {
    const opened = await start(form().of({ bus: { sealed: false } }))
    expect([opened.sealing, opened.sealer]).toEqual([undefined, undefined])
    await publish(opened.bus, 'in clear')
    expect(await read(opened.bus, 1)).toEqual(['in clear'])
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.key'))).toEqual([])
  })

  it('takes the key of keys from a file of its own, and is refused with another, a short one, none, or what is no file', { timeout: 90_000 }, async () => {
    const file = join(folder, 'kek')
    const keys = { sealing_key_file: file }
    const away = (): Promise<OpenBus> => start(form().of({ keys }))
    await expect(away()).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(file) })
    writeFileSync(file, randomBytes(32))
    const first = await away()
    await publish(first.bus, NAME)
    await end(first)
    copyFileSync(file, join(folder, 'kept'))
    writeFileSync(file, randomBytes(32))
    await expect(away()).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(file) })
    truncateSync(file, 31)
    await expect(away()).rejects.toMatchObject({ kind: 'misconfigured', code: 'keys.damaged' })
    writeFileSync(file, Buffer.alloc(32, 7))
    await expect(away()).rejects.toMatchObject({ kind: 'misconfigured', code: 'keys.damaged' })
    await expect(start(form().of({ keys: { sealing_key_file: folder } }))).rejects.toMatchObject({ kind: 'misconfigured', code: 'keys.unusable' })
    renameSync(join(folder, 'kept'), file)
    expect(await read((await away()).bus, 1)).toEqual([NAME])
  })
}

/** Another key of keys for all that a configuration seals, as `watchkeeper keys rotate` does it. */
const rotate = (config: More): Promise<void> => withMasters(Config.parse(config), log, async ({ path, wrapped }) => void await rotateMaster(path, await planRotation(path), wrapped))
const retire = (config: More): Promise<void> => withMasters(Config.parse(config), log, async ({ path, wrapped }) => void await retireMaster(path, wrapped))

describe('keys of the embedded log', () => {
  turnedOffAndOn(() => ({ of: ({ bus, keys } = {}) => ({ data_dir: join(folder, 'data'), bus: { ...bus }, keys: { ...keys } }), disk: () => join(folder, 'data', 'bus') }))

  it('leave a gap where one of them is missing, and the rest is read', async () => {
    const first = await start({ data_dir: folder })
    await publish(first.bus, NAME)
    await first.sealing?.forget()
    await publish(first.bus, 'after')
    await end(first)
    const home = join(folder, 'keys', 'log')
    const [oldest = ''] = readdirSync(home).filter((name) => /^[0-9a-f]{16}-/.test(name)).sort((a, b) => Number(a.slice(17, -4)) - Number(b.slice(17, -4)))
    unlinkSync(join(home, oldest))
    expect(await read((await start({ data_dir: folder })).bus, 2)).toEqual(['undecodable', 'after'])
  })
})

const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== '')('keys of records on Kafka', () => {
  let broker: Broker
  beforeAll(async () => { broker = await startBroker() }, 120_000)
  afterAll(async () => broker.stop(), 60_000)

  const kafka = (): Form => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    return {
      of: ({ bus, keys, home = 'data' } = {}) => ({ data_dir: join(folder, home), bus: { ...bus, kafka: { brokers: [broker.bootstrap], prefix, partitions: 1 } }, keys: { ...keys } }),
      disk: () => broker.dataDir,
    }
  }
  let form: Form
  beforeEach(() => { form = kafka() })
  turnedOffAndOn(() => form)

  it('are made by the first process, for those that have its file; another is told where to take it from', { timeout: 90_000 }, async () => {
    const made = join(folder, 'one', 'keys', 'sealing.key')
    await publish((await start(form.of({ home: 'one' }))).bus, NAME)
    await expect(start(form.of({ home: 'two' }))).rejects.toMatchObject({ kind: 'misconfigured', code: 'sealing.no_master', message: expect.stringMatching(/two.*keys\.sealing_key_file/) })
    // Nor is it left without keys because it would rather not seal.
    await expect(start(form.of({ home: 'two', bus: { sealed: false } }))).rejects.toMatchObject({ kind: 'misconfigured', code: 'sealing.no_master' })
    expect(readdirSync(folder)).toEqual(['one'])
    const second = await start(form.of({ home: 'two', keys: { sealing_key_file: made } }))
    expect(await read(second.bus, 1)).toEqual([NAME])
  })

  it('are wrapped with another key of keys while processes run; who has the old one alone is told so, and nothing is lost', { timeout: 90_000 }, async () => {
    const [file, copy] = [join(folder, 'kek'), join(folder, 'copy')]
    writeFileSync(file, randomBytes(32))
    copyFileSync(file, copy)
    const [config, elsewhere] = [form.of({ keys: { sealing_key_file: file } }), form.of({ home: 'two', keys: { sealing_key_file: copy } })]
    const running = await start(config)
    await publish(running.bus, 'before')
    const forgotten = await running.sealing?.forget()
    expect(forgotten).toBeGreaterThan(0)
    await rotate(config)
    await expect(start(elsewhere)).rejects.toMatchObject({ kind: 'misconfigured', code: 'sealing.other_master' })
    // One that has the old key in memory writes on, also under a key that it makes now.
    await running.sealing?.forget()
    await publish(running.bus, 'while')
    for (const end of ['', '.before']) copyFileSync(`${file}${end}`, `${copy}${end}`)
    expect(await read((await start(elsewhere)).bus, 2)).toEqual(['before', 'while'])
    await end(running)
    await retire(config)
    unlinkSync(`${copy}.before`)
    expect(await read((await start(elsewhere)).bus, 2)).toEqual(['before', 'while'])
    await expect(retire(config)).resolves.toBeUndefined()
  })

  it('are the same for processes of one data directory that begin at once', { timeout: 90_000 }, async () => {
    const processes = await Promise.all(Array.from({ length: 3 }, () => start(form.of())))
    await Promise.all(processes.map(({ bus }, at) => publish(bus, `of ${at}`)))
    for (const { bus } of processes) expect((await read(bus, 3)).sort()).toEqual(['of 0', 'of 1', 'of 2'])
  })
  it('are turned for every process by an erasure in one of them, and the others seal their states anew', { timeout: 90_000 }, async () => {
    const wait = new StartWait({ log, asked: new AbortController().signal, now: () => performance.now() })
    const config = Config.parse(form.of())
    const [worker, api] = [await openFoundation(config, log, wait), await openFoundation(config, log, wait)]
    const looking = await openKafkaSnapshots(kafkaOptions(config.bus.kafka!, log), () => undefined)
    try {
      const state = Buffer.from(`state of ${NAME}`)
      await (await worker.snapshots()).save('worker-0', { version: 1, nextOffset: 1, state })
      await (await worker.snapshots()).save('archiver-0', { version: 1, nextOffset: 1, state: Buffer.from('offsets') })
      const keyNow = async (): Promise<string> => keyIdOf((await looking.beginnings()).get('worker-0')!)
      const before = await keyNow()
      const at = await api.bus.sealing!.forget()
      expect(at - Date.now()).toBeGreaterThan(60_000)
      await expect.poll(keyNow, { timeout: 30_000, interval: 500 }).not.toBe(before)
      expect((await looking.beginnings()).get('archiver-0')?.toString()).toBe('offsets')
      expect((await (await worker.snapshots()).load('worker-0'))?.state).toEqual(state)
      // Nothing is due before all have had time to hear of it.
      expect(await api.bus.sealing!.due()).toEqual([])
    } finally {
      await looking.close()
      await worker.close()
      await api.close()
    }
  })
})
