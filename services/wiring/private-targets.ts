/** Targets of the configuration that nothing would be sent to, because they are inside: said before the first alert has to wait for it. */
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { reachOf, type Reach, type TargetRules } from '../../infra/webhook/target.ts'

export interface RefusedTarget {
  /** What to change. */
  readonly sentence: string
  /** Wherever it is asked: an address, or this machine's own name. Other names may lead elsewhere for the process that sends. */
  readonly certain: boolean
}

/** A name that nobody answers for says nothing. */
const PATIENCE_MS = 3_000
/** RFC 6761, 6.3. */
const OWN_NAME = /(^|\.)localhost\.?$/i

type Tree = Readonly<Record<string, unknown>>
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

/** '' where there is none that can be read: whatever opens it says so. */
function hostOf({ host, url, url_file: file }: Tree): string {
  try {
    const address = textIn(url) || (textIn(file) === '' ? '' : readFileSync(textIn(file), 'utf8').trim())
    return address === '' ? textIn(host) : new URL(address).hostname.replace(/^\[|\]$/g, '')
  } catch {
    return ''
  }
}

/** Everything below `value` that says whether private targets are allowed, and where it stands. */
function targetsIn(value: unknown, setting = ''): readonly (readonly [setting: string, target: Tree])[] {
  if (Array.isArray(value)) return value.flatMap((each, at) => targetsIn(each, `${setting}[${at}]`))
  if (!isTree(value)) return []
  if ('allow_private' in value) return [[setting, value]]
  return Object.entries(value).flatMap(([name, each]) => targetsIn(each, setting === '' ? name : `${setting}.${name}`))
}

const addressesOf = (host: string): Promise<readonly string[]> => Promise.race([
  lookup(host, { all: true }).then((found) => found.map(({ address }) => address), () => []), wait(PATIENCE_MS, [], { ref: false }),
])

async function refusalOf(setting: string, target: Tree): Promise<readonly RefusedTarget[]> {
  const host = hostOf(target)
  if (host === '') return []
  const told = (where: string, certain: boolean): readonly RefusedTarget[] => [{
    certain, sentence: `${setting}${typeof target['name'] === 'string' ? ` (${target['name']})` : ''} leads to ${where}: nothing will be sent to it. ` +
      'Set allow_networks or allow_private there if that is meant, else another target.',
  }]
  let reach: Reach
  try {
    reach = reachOf({ allowPrivate: target['allow_private'] === true, allowNetworks: target['allow_networks'] as TargetRules['allowNetworks'] })
  } catch (error) {
    return [{ certain: true, sentence: `${setting}.allow_networks: ${(error as Error).message}` }]
  }
  if (isIP(host) !== 0) return reach(host) ? [] : told(`${host}, a private address`, true)
  const refused = (await addressesOf(host)).find((address) => !reach(address))
  return refused === undefined ? [] : told(`${host}, which is ${refused} here, a private address`, OWN_NAME.test(host))
}

/** `config`: all of it. Names are looked up. */
export async function privateTargets(config: unknown): Promise<readonly RefusedTarget[]> {
  return (await Promise.all(targetsIn(config).map(([setting, target]) => refusalOf(setting, target)))).flat()
}
