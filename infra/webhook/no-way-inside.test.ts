/** What strangers write as a target must not reach what listens inside: every connection is counted. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcp, type AddressInfo, type Server as TcpServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { guardedPost } from './post.ts'
import { type Reach, reachOf, type Resolve } from './target.ts'

const never = new AbortController().signal
const outside = reachOf({ allowPrivate: false, allowNetworks: [] })
const post = (url: string, reach: Reach = outside, resolve?: Resolve) => guardedPost({ url, headers: { 'content-type': 'application/json' }, body: '{}' }, { reach, resolve }, never)

/** Names as whoever owns them answers: the next answer on each question. */
function names(answers: Readonly<Record<string, readonly (readonly string[])[]>>): { resolve: Resolve; asked: string[] } {
  const asked: string[] = []
  const lookup = (name: string, _options: unknown, done: (error: Error | null, found: { address: string; family: number }[]) => void): void => {
    const turn = asked.filter((one) => one === name).length
    asked.push(name)
    const all = answers[name] ?? []
    const found = all[Math.min(turn, all.length - 1)]
    if (found === undefined) return done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), [])
    done(null, found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
  }
  return { resolve: lookup as unknown as Resolve, asked }
}

let connections = 0
let open: (Server | TcpServer)[] = []
async function listen<T extends Server | TcpServer>(server: T, host: string, port = 0): Promise<number> {
  server.on('connection', () => connections++)
  server.listen(port, host)
  await once(server, 'listening')
  open.push(server)
  return (server.address() as AddressInfo).port
}
const web = (host: string, act: RequestListener, port = 0): Promise<number> => listen(createServer(act), host, port)

beforeEach(() => {
  connections = 0
})
afterEach(() => {
  for (const server of open) server.close()
  for (const server of open) if ('closeAllConnections' in server) server.closeAllConnections()
  open = []
  vi.unstubAllEnvs()
})

/** `P` is the port where we listen on every address of this machine. */
const HOSTILE = [
  // Loopback and this host, in the spellings that parsers know.
  'http://127.0.0.1:P/', 'http://127.0.0.1:P', 'http://127.1:P/', 'http://127.0.1:P/', 'http://0x7f.0.0.1:P/', 'http://0x7f000001:P/', 'http://0x7F.1:P/', 'http://2130706433:P/', 'http://0177.0.0.1:P/',
  'http://017700000001:P/', 'http://0177.0x0.1:P/', 'http://127.0.0.1.:P/', 'http://①②⑦.⓪.⓪.①:P/', 'http://127。0。0。1:P/', 'http://127.255.255.254:P/', 'http://127.0.0.2:P/', 'http://0.0.0.0:P/', 'http://0:P/',
  'http://0x0:P/', 'http://00000.0:P/', 'http://0.1.2.3:P/', 'http://%31%32%37.0.0.1:P/', 'http://127.0.0.1:P/?x=http://8.8.8.8', 'http://8.8.8.8@127.0.0.1:P/', 'http://8.8.8.8:80@127.0.0.1:P/',
  'http://127.0.0.1:P#@8.8.8.8/', 'http:\\\\127.0.0.1:P\\', 'http:/127.0.0.1:P', 'http:127.0.0.1:P', 'http://user:pass@[::1]:P/', 'https://127.0.0.1:P/', 'https://[::1]:P/',
  // IPv6, and IPv4 inside of it.
  'http://[::1]:P/', 'http://[0:0:0:0:0:0:0:1]:P/', 'http://[0000:0000::0001]:P/', 'http://[::]:P/', 'http://[::ffff:127.0.0.1]:P/', 'http://[::ffff:7f00:1]:P/', 'http://[0:0:0:0:0:ffff:127.0.0.1]:P/',
  'http://[::127.0.0.1]:P/', 'http://[::7f00:1]:P/', 'http://[::ffff:0:127.0.0.1]:P/', 'http://[64:ff9b::127.0.0.1]:P/', 'http://[64:ff9b::7f00:1]:P/', 'http://[64:ff9b:1::10.0.0.1]:P/', 'http://[64:ff9b:1:ffff::]:P/',
  'http://[2002:7f00:1::]:P/', 'http://[2002:a00:1::1]:P/', 'http://[2001::1]:P/', 'http://[2001:0:53aa:64c::80ff:fffe]:P/', 'http://[fe80::1]:P/', 'http://[fe80::1%25lo]:P/', 'http://[fe80::1%lo]:P/', 'http://[::1%25lo]:P/',
  'http://[fec0::1]:P/', 'http://[fc00::1]:P/', 'http://[fd00:ec2::254]:P/', 'http://[ff02::1]:P/', 'http://[2001:db8::1]:P/', 'http://[100::1]:P/', 'http://[4000::1]:P/', 'http://[::ffff:169.254.169.254]:P/',
  // Networks inside, and services of clouds.
  'http://10.0.0.1:P/', 'http://10.255.255.255:P/', 'http://167772161:P/', 'http://172.16.0.1:P/', 'http://172.31.255.255:P/', 'http://192.168.0.1:P/', 'http://192.168.65535:P/', 'http://100.64.0.1:P/',
  'http://100.100.100.200:P/', 'http://169.254.169.254:P/latest/meta-data/', 'http://169.254.170.2:P/', 'http://2852039166:P/', 'http://0xa9fea9fe:P/', 'http://0251.0376.0251.0376:P/', 'http://168.63.129.16:P/',
  'http://192.0.0.192:P/', 'http://192.0.2.1:P/', 'http://198.18.0.1:P/', 'http://198.51.100.1:P/', 'http://203.0.113.1:P/', 'http://224.0.0.1:P/', 'http://240.0.0.1:P/', 'http://255.255.255.255:P/',
  // Names.
  'http://localhost:P/', 'http://LOCALHOST:P/', 'http://localhost.:P/', 'http://inside.example:P/', 'http://mapped.example:P/', 'http://mixed.example:P/', 'http://six.example:P/', 'http://metadata.google.internal:P/',
  'http://nobody.example:P/', 'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:P/',
  // Other ways.
  'file:///etc/passwd', 'gopher://127.0.0.1:P/', 'ftp://127.0.0.1:P/', 'unix:/var/run/docker.sock', 'http://unix:/var/run/docker.sock', 'data:,x', '//127.0.0.1:P/', 'http://', '',
] as const

const ANSWERS = {
  'localhost': [['127.0.0.1', '::1']], 'localhost.': [['::1']], 'inside.example': [['127.0.0.1']], 'mapped.example': [['::ffff:127.0.0.1']], 'mixed.example': [['8.8.8.8', '127.0.0.1']], 'six.example': [['::1']],
  'metadata.google.internal': [['169.254.169.254']], 'nobody.example': [[]], 'unix': [['127.0.0.1']],
}

describe('no way inside', () => {
  it(`none of ${HOSTILE.length} targets makes a connection`, async () => {
    const port = await listen(createTcp((socket) => socket.destroy()), '::')
    const { resolve } = names(ANSWERS)
    const answers = await Promise.all(HOSTILE.map(async (url) => ({ url, ...(await post(url.replace('P', String(port)), outside, resolve)) })))
    expect(HOSTILE.length).toBeGreaterThanOrEqual(60)
    expect(new Set(HOSTILE).size).toBe(HOSTILE.length)
    expect(answers.filter(({ status, text }) => status !== 0 || text === '')).toEqual([])
    expect(answers.filter(({ text }) => /ECONN|TIMEDOUT|UNREACH|EPROTO|ADDRNOTAVAIL/.test(text))).toEqual([])
    expect(connections).toBe(0)
    // It does listen: what is allowed arrives.
    await post(`http://127.0.0.1:${port}/`, reachOf({ allowPrivate: true, allowNetworks: [] }))
    expect(connections).toBe(1)
  })

  it('connects to what was checked: a name that answers otherwise the next time leads nowhere', async () => {
    const seen: string[] = []
    const port = await web('127.0.0.2', (_, response) => response.end(seen.push('outside').toString()))
    await web('127.0.0.1', (_, response) => response.end(seen.push('inside').toString()), port)
    const reach: Reach = (address) => address === '127.0.0.2'
    const { resolve, asked } = names({ 'rebound.example': [['127.0.0.2'], ['127.0.0.1'], ['127.0.0.2', '127.0.0.1'], ['127.0.0.2']] })
    const statuses = []
    for (let turn = 0; turn < 4; turn++) statuses.push((await post(`http://rebound.example:${port}/`, reach, resolve)).status)
    expect(statuses).toEqual([200, 0, 0, 200])
    // Asked once for each connection: there is no second answer between the check and the connection, and no connection that is used again.
    expect(asked).toHaveLength(4)
    expect([seen, connections]).toEqual([['outside', 'outside'], 2])
  })

  it('makes a new connection for each message, also where the receiver would keep it', async () => {
    const port = await web('127.0.0.1', (_, response) => response.writeHead(200, { connection: 'keep-alive' }).end())
    const { resolve, asked } = names({ 'kept.example': [['127.0.0.1']] })
    for (let turn = 0; turn < 3; turn++) await post(`http://kept.example:${port}/`, () => true, resolve)
    expect([connections, asked.length]).toEqual([3, 3])
  })

  it.each([301, 302, 303, 307, 308])('%i to inside is an answer, not a way', async (status) => {
    const inside = await web('127.0.0.1', (_, response) => response.end())
    const port = await web('127.0.0.2', (_, response) => response.writeHead(status, { location: `http://127.0.0.1:${inside}/` }).end())
    expect(await post(`http://127.0.0.2:${port}/`, (address) => address === '127.0.0.2')).toMatchObject({ status })
    expect(connections).toBe(1)
  })

  it('asks no proxy of the environment', async () => {
    const proxy = await web('127.0.0.1', (_, response) => response.end())
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) vi.stubEnv(name, `http://127.0.0.1:${proxy}`)
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    const port = await web('127.0.0.2', (_, response) => response.end())
    expect((await post(`http://127.0.0.2:${port}/`, () => true)).status).toBe(200)
    expect(connections).toBe(1)
  })

  it('ends what never ends: headers and bodies', async () => {
    const port = await web('127.0.0.1', (_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(40_000) }).end())
    expect(await post(`http://127.0.0.1:${port}/`, () => true)).toMatchObject({ status: 0, text: 'HPE_HEADER_OVERFLOW' })
    const endless = await web('127.0.0.1', (_, response) => {
      const write = (): void => void (response.destroyed || response.write('x'.repeat(4_096), () => setImmediate(write)))
      write()
    })
    expect((await post(`http://127.0.0.1:${endless}/`, () => true)).text).toHaveLength(1_024)
  })
})

describe('what may be reached inside', () => {
  const loopback = ['127.0.0.1', '::1', '::ffff:127.0.0.1']
  const inside = ['10.1.2.3', '172.16.9.9', '192.168.1.1', 'fd00:1::5', '100.64.0.1']
  const nowhere = ['169.254.169.254', 'fe80::1', '0.0.0.0', '::', '224.0.0.1', '255.255.255.255', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '168.63.129.16', '::127.0.0.1', 'localhost', '']

  it('is, with allow_private, loopback and private networks, and neither metadata nor what hides IPv4', () => {
    const reach = reachOf({ allowPrivate: true, allowNetworks: [] })
    expect(['100.100.100.200', '::ffff:100.100.100.200', 'fd00:ec2::254', 'fd00:0ec2:0::254', 'fd20:ce::254', '168.63.129.16', '169.254.169.254'].filter(reach)).toEqual([])
    expect(['100.100.100.201', 'fd00:ec2::253'].filter(reach)).toHaveLength(2)
    expect([...loopback, ...inside, '8.8.8.8'].filter((address) => !reach(address))).toEqual([])
    expect(nowhere.filter(reach)).toEqual([])
  })

  it('is, with allow_networks, these networks and no others', () => {
    const reach = reachOf({ allowPrivate: false, allowNetworks: ['10.1.0.0/16', 'fd00:1::/32'] })
    expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::5', '8.8.8.8'].filter((address) => !reach(address))).toEqual([])
    expect([...loopback, ...nowhere, '10.2.0.1', '192.168.1.1', 'fd00:2::1', '64:ff9b::a01:203', '2002:a01:203::'].filter(reach)).toEqual([])
  })

  it('is refused at the start where it is no network', () => {
    for (const network of ['10.0.0.0', '10.0.0.0/33', 'intranet', '10.0.0/8x', '']) expect(() => reachOf({ allowPrivate: false, allowNetworks: [network] })).toThrow(/is not a network/)
  })
})
