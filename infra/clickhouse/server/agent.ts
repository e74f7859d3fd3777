/** Connections to the server: kept alive, over TLS with our own files, and given up when they do not stand in time. */
import { readFileSync } from 'node:fs'
import { Agent, type AgentOptions } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Socket } from 'node:net'
import { Failure } from '../../../schemas/failure.ts'
import type { Settings, TlsFiles } from './options.ts'

export function readFile(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException
    throw new Failure('misconfigured', 'store.file', `The file of ${what}, ${path}, cannot be read: ${code}.`, { cause: error })
  }
}

interface Tls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly servername?: string
}

function tlsOf({ ca, cert, key, serverName }: TlsFiles): Tls {
  if ((cert === undefined) !== (key === undefined)) {
    throw new Failure('misconfigured', 'store.tls', 'A client certificate for ClickHouse needs both cert and key.')
  }
  return {
    ...(ca === undefined ? {} : { ca: readFile(ca, 'the authority (tls.ca)') }),
    ...(cert === undefined ? {} : { cert: readFile(cert, 'the client certificate (tls.cert)') }),
    ...(key === undefined ? {} : { key: readFile(key, 'the client key (tls.key)') }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

/** Ends a connection that does not stand within `ms` with code ECONNTIMEOUT. */
function limitConnecting(agent: Agent, ready: 'connect' | 'secureConnect', ms: number): void {
  const create = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback) as Socket | undefined
    const timer = setTimeout(() => {
      socket?.destroy(Object.assign(new Error('no connection in time'), { code: 'ECONNTIMEOUT' }))
    }, ms)
    socket?.once(ready, () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
    return socket
  }
}

/** Throws Failure `misconfigured`: a user, a password or the client's own options in a URL would end in logs, or change what we rely on. */
export function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const why = parsed === undefined || !/^https?:$/.test(parsed.protocol) ? 'is no http:// or https:// URL'
    : parsed.username !== '' || parsed.password !== '' ? 'must hold no user or password: there is a user and a password file for them'
      : parsed.search !== '' || parsed.hash !== '' ? 'must end before ? and #' : ''
  if (why !== '') throw new Failure('misconfigured', 'store.url', `The URL of ClickHouse ${why}.`)
}

export function agentOf({ url, tls, maxConnections, connectTimeoutMs }: Settings): Agent {
  const options: AgentOptions = { keepAlive: true, maxSockets: maxConnections }
  const secure = new URL(url).protocol === 'https:'
  if (tls !== undefined && !secure) {
    throw new Failure('misconfigured', 'store.tls', 'TLS files for ClickHouse are given, but its URL is http://: write https://, or leave out tls.')
  }
  const agent = secure ? new TlsAgent({ ...options, ...tlsOf(tls ?? {}) }) : new Agent(options)
  limitConnecting(agent, secure ? 'secureConnect' : 'connect', connectTimeoutMs)
  return agent
}
