import { createHmac, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Attribute, blankAuditEvent, type AuditEventFields } from '../../../schemas/audit-event.ts'
import { encodeCanonical } from '../../../schemas/canonical.ts'
import { CONTENT_FIELDS } from '../../../schemas/canonical-order.ts'
import { SAID_KEY, saidAttribute, saidIn } from '../../../schemas/said-identity.ts'
import type { KeyedHash } from '../../../schemas/ports.ts'
import { OWN_TEXT_COLUMNS, SCANNED_LIST_COLUMNS, SCANNED_MAP_COLUMNS, SCANNED_TEXT_COLUMNS } from './columns.ts'
import { DEFAULT_POLICIES, type RedactionPolicies } from './policy.ts'
import { createRedactor } from './redactor.ts'
import { LONGEST_TEXT } from './work.ts'

const keyed: KeyedHash = { of: (tenant, purpose, text) => createHmac('sha256', `${purpose} ${tenant}`).update(text).digest('hex').slice(0, 32) }
const redactor = createRedactor(keyed)
const clean = (text: string): string => redactor.text('t', text)
const drawn = (alphabet: string, length: number): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const alnum = (length: number): string => `a7B${drawn(LETTERS, length - 3)}`
const hex = (length: number): string => `a7${drawn('0123456789abcdef', length - 2)}`
const base64 = (text: string): string => Buffer.from(text).toString('base64')

function card(): string {
  const digits = `4${drawn('0123456789', 14)}`
  for (let check = 0; ; check++) {
    const sum = [...`${digits}${check}`].reverse().reduce(
      (total, digit, i) => total + (i % 2 === 0 ? Number(digit) : Number(digit) * 2 - (Number(digit) > 4 ? 9 : 0)), 0,
    )
    if (sum % 10 === 0) return `${digits}${check}`
  }
}
const jwt = (): string =>
  `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.${Buffer.from(`{"sub":"${alnum(12)}"}`).toString('base64url')}.${alnum(43)}`

/** A planted text, and the part of it that nobody may find again. */
interface Canary {
  readonly text: string
  readonly secret: string
}
const whole = (text: string): Attribute => ({ type: 'string', text })
const self = (secret: string): Canary => ({ text: secret, secret })
const within = (before: string, secret: string, after = ''): Canary => ({ text: `${before}${secret}${after}`, secret })

const PLANTERS: readonly (() => Canary)[] = [
  () => {
    const body = Array.from({ length: 8 }, () => alnum(64)).join('\n')
    return { text: `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`, secret: body.slice(70, 100) }
  },
  () => self(jwt()), () => self(`AKIA${drawn('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`), () => self(`ghp_${alnum(36)}`),
  () => self(`github_pat_${alnum(22)}_${alnum(59)}`),
  () => self(`glpat-${alnum(20)}`), () => self(`xoxb-${drawn('123456789', 12)}-${drawn('123456789', 12)}-${alnum(24)}`),
  () => self(`sk-proj-${alnum(48)}`), () => self(`sk-ant-api03-${alnum(80)}`),
  () => self(`AIza${alnum(35)}`), () => self(`sk_live_${alnum(24)}`), () => self(`npm_${alnum(36)}`), () => self(`pypi-AgEIcHlwaS5vcmc${alnum(60)}`),
  () => self(`SG.${alnum(22)}.${alnum(43)}`),
  () => self(`SK${hex(32)}`), () => self(`hf_${alnum(34)}`), () => self(`dop_v1_${hex(64)}`),
  () => self(`https://hooks.slack.com/services/T${alnum(9)}/B${alnum(9)}/${alnum(24)}`.slice(8)),
  () => within('postgres://app:', alnum(14), '@db.internal:5432/main'), () => within('Authorization: Bearer ', hex(40)),
  () => within('curl -H "authorization: Basic ', base64(`admin:${alnum(12)}`), '" https://x'),
  () => within('export DB_PASSWORD=', alnum(12)), () => within('password: "', alnum(10), '"'), () => within('api_key=', hex(32), '&limit=5'),
  () => within('--client-secret ', alnum(32), ' --verbose'),
  () => within('curl -u admin:', alnum(12), ' https://x'), () => within('AccountKey=', `${base64(alnum(63))}`, ';EndpointSuffix=x'),
  () => within('pay with ', card(), ' please'),
  () => within('aws_secret_access_key = ', drawn(`${LETTERS}/+`, 39) + '7'), () => within('$6$saltsalt', `$${alnum(86)}`),
]

/** Where a canary can be planted in an event. */
const PLACES: readonly ((event: AuditEventFields, canary: Canary) => void)[] = [
  (event, { text }) => (event.arguments = text),
  (event, { text }) => (event.result = JSON.stringify({ content: [{ type: 'text', text: `see: ${text} there` }] })),
  (event, { text }) => (event.arguments = JSON.stringify({
    command: `run ${text}`, inner: JSON.stringify({ deep: [{ deeper: JSON.stringify({ note: text }) }] }),
  })),
  (event, { text }) => (event.result = `data ${base64(`some words, then ${text} and others`)} end`),
  (event, { text }) => (event.result = `in UTF-16 ${Buffer.from(`some words, then ${text} and others`, 'utf16le').toString('base64')} end`),
  (event, { text }) => (event.result = `data ${base64(`${'some words before it, '.repeat(9)}then ${text} end`).replace(/.{76}/g, '$&\n')}`),
  (event, { text }) => (event.target = `https://api.example/search?q=${encodeURIComponent(`find ${text} now`)}&page=2`),
  (event, { text }) => (event.target = `https://api.example/search?${new URLSearchParams({ q: JSON.stringify({ note: text }) }).toString()}`),
  (event, { text }) => (event.status_message = `failed: ${text}`),
  (event, { text }) => event.attributes instanceof Map && event.attributes.set(text, { type: 'string', text: 'value' }),
  (event, { text }) => event.attributes instanceof Map && event.attributes.set('gen_ai.input.messages', {
    type: 'json', text: JSON.stringify([{ role: 'user', content: text }]),
  }),
  (event, { text }) => event.attributes instanceof Map && event.attributes.set('body', { type: 'bytes', text: base64(text) }),
  (event, { text }) => event.resource_attributes instanceof Map && event.resource_attributes.set('process.command_line', { type: 'string', text }),
  (event, { text }) => event.attributes instanceof Map && event.attributes.set('body', { type: 'bytes', text: Buffer.from(`echo ${text}`, 'utf16le').toString('base64') }),
  (event, { text }) => event.attributes instanceof Map && event.attributes.set('body', {
    type: 'bytes', text: Buffer.from(`\ufeffecho ${text}`, 'utf16le').swap16().toString('base64'),
  }),
  (event, { text }) => (event.result = JSON.stringify({ output: Buffer.from(`echo ${text} end`, 'utf16le').toString('latin1') })),
  (event, { text }) => (event.scopes = ['read', text]),
  (event, { text }) => (event.scopes = `read ${text} write`.split(' ')),
  (event, { text }) => (
    event.arguments = `{"text":"${[...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"}`
  ),
  (event, { text }) => (event.arguments = `{"cut off": ["${JSON.stringify(text).slice(1, -1)}`),
]

const fresh = (): AuditEventFields =>
  ({ ...blankAuditEvent(), event_id: hex(32), tenant: 't', trace_id: hex(32), span_id: hex(16), name: 'tools/call run' })

describe('redactor', () => {
  it('scans every column that is text', () => {
    const known = [...OWN_TEXT_COLUMNS, ...SCANNED_TEXT_COLUMNS, ...SCANNED_LIST_COLUMNS, ...SCANNED_MAP_COLUMNS] as readonly string[]
    const closed = ['signal', 'span_kind', 'vantage', 'outcome', 'actor_kind', 'links', 'redacted']
    const open = CONTENT_FIELDS.filter(
      ({ name, kind }) => (kind === 'text' || kind === 'texts' || kind === 'map') && !name.endsWith('_trust'),
    ).map(({ name }) => name)
    expect(open.filter((name) => !known.includes(name) && !closed.includes(name))).toEqual([])
    const source = readFileSync(new URL('./text-columns.ts', import.meta.url), 'utf8')
    const cleaned = [...source.matchAll(/event\.(\w+) = cleaned\(event\.(\w+), '(\w+)', work(?:, \w+)?\)/g)].map(([, ...names]) => names)
    expect(cleaned).toEqual(SCANNED_TEXT_COLUMNS.map((name) => [name, name, name]))
  })

  it('replaces and notes what the event before had in the same place, and under another policy what is kept under this one', () => {
    const secret = `sk-ant-api03-${hex(60)}`
    const strict = createRedactor(keyed, { ...DEFAULT_POLICIES, tenants: { strict: { email: 'token' } } })
    for (const column of SCANNED_TEXT_COLUMNS) {
      for (const text of [`key ${secret}`, 'plain text', `key ${secret}`, `key ${secret}`]) {
        const event = { ...fresh(), [column]: text }
        strict.redact(event)
        expect(event[column].includes(secret), column).toBe(false)
        expect(event.redacted.some((entry) => entry.startsWith(`${column}:`)), column).toBe(text !== 'plain text')
      }
      const kept = ['t', 'strict', 't', 'strict'].map((tenant) => {
        const event = { ...fresh(), tenant, [column]: 'write to someone@example.org' }
        strict.redact(event)
        return event[column].includes('someone@example.org')
      })
      expect(kept, column).toEqual([true, false, true, false])
    }
  })

  it('leaves no byte of planted secrets of all kinds in any place', () => {
    for (const plant of PLANTERS) {
      for (const place of PLACES) {
        const canary = plant()
        const event = fresh()
        place(event, canary)
        redactor.redact(event)
        const bytes = encodeCanonical(event).bytes.toString('latin1')
        expect(bytes.includes(canary.secret), `${canary.text} in ${place.toString()}`).toBe(false)
        expect(bytes.includes(base64(canary.secret).slice(4, -8))).toBe(false)
        expect(event.redacted.length).toBeGreaterThan(0)
      }
      for (const column of SCANNED_TEXT_COLUMNS) {
        const canary = plant()
        const event = fresh()
        event[column] = canary.text
        redactor.redact(event)
        expect(event[column].includes(canary.secret), `${canary.text} in ${column}`).toBe(false)
        expect(event.redacted.some((entry) => entry.startsWith(`${column}:`))).toBe(true)
      }
    }
  })

  it('gives one secret one token within a tenant, and another one elsewhere', () => {
    const secret = `ghp_${alnum(36)}`
    const token = /\[redacted:github-token:[0-9a-f]{12}\]/.exec(clean(`a ${secret} b`))?.[0]
    expect(clean(JSON.stringify({ x: secret }))).toBe(JSON.stringify({ x: token }))
    expect(redactor.text('other', secret)).not.toBe(clean(secret))
    expect(token).toContain(keyed.of('t', 'secret', secret).slice(0, 12))
  })

  it('keeps JSON valid and every other byte of it', () => {
    const text = '{ "n": 1.0, "big": 12345678901234567890, "n": 2,\t"password": {"a":[1,2]}, ' +
      '"list": [ "x", "ghp_aaaa1111bbbb2222cccc3333dddd4444eeee" ], "token_count": 7 }'
    const after = clean(text)
    expect(JSON.parse(after)).toBeTypeOf('object')
    expect(after.replace(/[0-9a-f]{12}\]/g, '…]')).toBe(
      '{ "n": 1.0, "big": 12345678901234567890, "n": 2,\t"password": "[redacted:field:…]", ' +
      '"list": [ "x", "[redacted:github-token:…]" ], "token_count": 7 }',
    )
  })

  it('changes nothing when done twice, whatever the text', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }), fc.constantFrom(...PLANTERS.map((plant) => plant().text)),
      fc.constantFrom(
        'password', '"token"', ': ', '=', '"', '\\"', '{', '}', '[', ']', ',', '--password ', 'Bearer ', 'curl -u ', '://', '@',
        '[redacted:card:0123456789ab]', '\n',
      ),
    )
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const once = clean(pieces.join(''))
      expect(clean(once)).toBe(once)
    }), { numRuns: 5000 })
    const event = { ...fresh(), arguments: `{"password":"${alnum(12)}"}`, result: card() }
    redactor.redact(event)
    const once = structuredClone(event)
    redactor.redact(event)
    expect(event).toEqual(once)
  })

  it('keeps JSON JSON, whatever it holds', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(...PLANTERS.map((plant) => plant().text)))
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 }, text, fc.double({ noNaN: true }), fc.boolean(), fc.constant(null), fc.array(tie('value')),
        fc.dictionary(fc.oneof(text, fc.constantFrom('password', 'token')), tie('value')),
      ),
    })).value
    fc.assert(fc.property(json, (value) => void JSON.parse(clean(JSON.stringify(value)))), { numRuns: 500 })
  })

  it('leaves ordinary things alone', () => {
    for (const text of [
      'tools/call read_file', '{"max_tokens":512,"token_type":"Bearer","input_tokens":4321,"next_page_token":"eyAiYSI6IDEgfQ"}', '192.0.2.2',
      'https://user@example.com/a:b@c', '9b74c9897bac770ffc029102a200c5de', '0192f0c1-7e1a-7c3b-9d2e-123456789abc',
      '/srv/shares/Finance/2026/Q3/report-final-version.xlsx', 'the password is required', 'const token = getToken(request)',
      'password: ${DB_PASSWORD}', 'token: <your token>', 'git log --author=jo --since=2026-01-01', '1795225724644000000', 'claude-sonnet-4-20250514',
      'the login password must be changed', 'sort by date, please', 'tables identified by name', 'sk-learn-something-quite-long-words', '{"secret":"","password":null}',
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'order 4111111111111112 is no card', 'ps -u root -o pid',
      'mkdir -p /srv/a',
    ]) expect(clean(text)).toBe(text)
  })

  it('reads names that stand beside their values', () => {
    const secret = alnum(12)
    for (const text of [
      JSON.stringify({ env: [{ name: 'DB_PASSWORD', value: secret }] }), JSON.stringify({ key: 'password', value: { stringValue: secret } }),
      JSON.stringify([{ name: 'Authorization', value: secret }]), `<password>${secret}</password>`, `<add key="ApiKey" value="${secret}" />`,
      `Cookie: theme=dark; session=${secret}`,
      `machine ftp.example login deploy password ${secret}`, `CREATE USER app IDENTIFIED BY '${secret}'`, `alter user app with password '${secret}';`,
      `found: ${JSON.stringify({ name: 'DB_PASSWORD', value: secret })} there`,
      `found: ${JSON.stringify(JSON.stringify({ key: 'api_key', value: `${secret}a7` }))} there`, `- name: DB_PASSWORD\n  value: ${secret}`,
    ]) expect(clean(text)).not.toContain(secret)
    const harmless = JSON.stringify([{ name: 'max_tokens', value: 'abc123def' }, { name: 'path', value: '/srv/secret/a' }])
    expect(clean(harmless)).toBe(harmless)
  })

  it('reads what programs give a name: types, operators, calls, elements over lines', () => {
    const secret = hex(32)
    for (const text of [
      `var vendorToken string = "${secret}"`, `const API_TOKEN: &str = "${secret}";`, `api_token: str = '${secret}'`, `vendorToken ?= "${secret}"`,
      `$vendorToken .= "${secret}"`, `token ||= "${secret}"`, `System.setProperty("VENDOR_TOKEN", "${secret}")`, `define( 'DB_PASSWORD', '${secret}' );`,
      `os.Setenv("API_KEY", "${secret}")`, `request.addHeader(\\"X-Api-Key\\", \\"${secret}\\")`, `<vendorToken>\n    ${secret}\n</vendorToken>`,
      `{"auths":{"registry.example":{"auth":"${base64('u:aBcDeFgHiJkL')}"}}}`,
    ]) expect(clean(text), text).not.toContain(text.includes('auths') ? base64('u:aBcDeFgHiJkL') : secret)
    for (const text of [
      'setText("password", "Enter your password")', 'columns("token", "created")', 'setType("password", "input")', 'if (token == string) return', 'a || b = c',
      '<title>\n  What a token is\n</title>', 'password string = getPassword()', '{"auth":"eyBub3RoaW5nIH0="}',
    ]) expect(clean(text)).toBe(text)
  })

  it('reads passwords of commands, and hashes that give one away', () => {
    const secret = alnum(12)
    for (const text of [
      `ldapsearch -x -D "cn=admin,dc=x" -w ${secret} -b dc=x`, `PsExec.exe \\\\10.0.0.5 -u acme\\admin -p ${secret} cmd`,
      `net use x: \\\\10.0.0.5\\share /user:acme\\admin ${secret}`, `net use \\\\10.0.0.5\\share ${secret} /user:admin`,
      `ConvertTo-SecureString "${secret}" -AsPlainText -Force`, `credentials {\n  username 'ci'\n  password '${secret}'\n}`,
    ]) expect(clean(text), text).not.toContain(secret)
    const digest = hex(32)
    for (const text of [
      `Administrator:500:${hex(32)}:${digest}:::`, `$krb5asrep$23$svc@ACME.EXAMPLE:${digest}$${hex(64)}`, `pbkdf2_sha256$260000$${alnum(22)}$${digest}`,
      `scrypt:32768:8:1$${alnum(16)}$${digest}`, `$P$B${alnum(30)}`,
      `PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n${digest}\nPrivate-MAC: ${hex(40)}`,
    ]) expect(clean(text), text).not.toContain(text.includes('$P$') ? text.slice(3) : digest)
    for (const text of ['net use', 'net use x: /delete', 'net use x: \\\\10.0.0.5\\share *', 'grep -w word file', 'a:::b', 'password "required"']) expect(clean(text)).toBe(text)
  })

  it('knows tokens of hex and of lines whose marks cut them', () => {
    for (const secret of [
      `v1.0-${hex(24)}-${hex(146)}`, `mlsn.${hex(64)}`, `4b1d${alnum(38)}`, `pat-na1-${hex(8)}-${hex(4)}-4abc-a123-${hex(12)}`, `AQ.Ab${alnum(48)}`,
      `access_token$production$k7${hex(14)}$${hex(32)}`, `${alnum(76)}AZDO${alnum(4)}`, `583420124014814|${alnum(27)}`, `glc_a7/${alnum(60)}+b=`,
      `vercel_blob_rw_${alnum(16)}_${alnum(30)}`, `sc_${hex(10)}.a7bcd.acc-${hex(12)}.${alnum(40)}`, `endr+${alnum(16)}`,
    ]) expect(clean(secret), secret).toMatch(/^\[redacted:[a-z-]+:[0-9a-f]{12}\]$/)
  })

  it('reads forms as they are written: blanks as plus, and plus as an escape', () => {
    const key = `/${alnum(15)}+${alnum(10)}/${alnum(9)}+x7`
    const form = new URLSearchParams({ q: JSON.stringify({ note: `aws_secret_access_key = ${key}` }) }).toString()
    expect(clean(`https://api.example/search?${form}`)).toMatch(/^https:\/\/api\.example\/search\?q=\[redacted:assignment:[0-9a-f]{12}\]$/)
  })

  it('tells a word that was drawn from one that says that there is nothing', () => {
    for (const secret of ['a7BjdIr964Todo', 'a7B6YOURUMcJ', 'k3Lorem9Qx7Zb', 'q8TsAmPlEkd2']) {
      expect(clean(`export DB_PASSWORD=${secret}`), secret).not.toContain(secret)
      expect(clean(`postgres://app:${secret}@db.internal/main`), secret).not.toContain(secret)
    }
    for (const filler of ['YourPassword123', 'yourpassword', 'TODO', 'todo-later1', 'DummyPass1', 'insert_password_here', 'sample123', 'Fixme2026']) {
      expect(clean(`export DB_PASSWORD=${filler}`), filler).toContain(filler)
    }
  })

  it('does with personal data what the policy of the tenant says', () => {
    const policies: RedactionPolicies = {
      credential: 'token', card: 'token', iban: 'token', ssn: 'token', email: 'keep', phone: 'keep',
      tenants: { strict: { credential: 'drop', email: 'token', phone: 'drop' }, shop: { card: 'keep', iban: 'keep', ssn: 'keep' } },
    }
    const each = createRedactor(keyed, policies)
    const kindsIn = (tenant: string, text: string): string[] =>
      [...each.text(tenant, text).matchAll(/\[redacted:([a-z-]+:(?:dropped)?)/g)].map((found) => found[1] ?? '')
    const number = card()
    const text = `jo@acme.example, +44 20 7946 0958, GB29 NWBK 6016 1331 9268 19, 078-05-1120, ${number}, ghp_${alnum(36)}`
    expect(kindsIn('t', text)).toEqual(['iban:', 'ssn:', 'card:', 'github-token:'])
    expect(kindsIn('strict', text)).toEqual(['email:', 'phone:dropped', 'iban:', 'ssn:', 'card:', 'github-token:dropped'])
    expect(kindsIn('shop', text)).toEqual(['github-token:'])
    // What was found clean under one policy is looked at under another.
    expect(each.text('t', 'mail jo@acme.example')).toBe('mail jo@acme.example')
    expect(kindsIn('strict', 'mail jo@acme.example')).toEqual(['email:'])
    const iban = (form: string): string => each.text('t', form)
    expect(iban('GB29 NWBK 6016 1331 9268 19')).toBe(iban('GB29NWBK60161331926819'))
    const twice = each.text('strict', text)
    expect(each.text('strict', twice)).toBe(twice)
  })

  it('knows IBANs by country, length and check digits, and numbers by their form', () => {
    const all = createRedactor(keyed, { ...DEFAULT_POLICIES, email: 'token', phone: 'token' })
    for (const text of [
      'GB29NWBK60161331926819', 'FR14 2004 1010 0505 0001 3M02 606', 'MT84MALT011000012345MTLCAST001S', 'NO93 8601 1117 947', 'nl91abna0417164300',
      '(415) 555-2671', 'tel. 030 901820', '+49 30 901820', 'a.b+c@sub.example.org', 'SSN: 078 05 1120',
    ]) expect(all.text('t', text), text).toMatch(/^\D{0,5}\[redacted:[a-z]+:[0-9a-f]{12}\]$/)
    for (const text of [
      'GB29NWBK60161331926818', 'GB29NWBK6016133192681', 'XX29NWBK60161331926819', '2026-11-21 10:33:12', '10.20.30.40', '000-12-3456', 'user@host',
      '1795225724644000000', 'order 123-456-7890', '0192f0c1-7e1a-7c3b-9d2e-123456789abc',
    ]) expect(all.text('t', text), text).toBe(text)
  })

  it('redacts attributes by name, and numbers only where they are values of such names', () => {
    const event = fresh()
    event.attributes = new Map([
      ['http.request.header.authorization', { type: 'json', text: '["Basic x"]' }], ['app.password', { type: 'int', text: '123456' }],
      ['gen_ai.usage.input_tokens', { type: 'int', text: '1200' }],
      ['http.request.header.cookie.0', { type: 'string', text: 'a=b' }], ['use_token', { type: 'bool', text: 'true' }],
      ['token_fingerprint', { type: 'string', text: 'ab12' }],
    ])
    redactor.redact(event)
    expect([...event.attributes].map(([key, { type, text }]) => `${key} ${type} ${text.replace(/[0-9a-f]{12}\]/, '#]')}`)).toEqual([
      'http.request.header.authorization string [redacted:field:#]', 'app.password string [redacted:field:#]', 'gen_ai.usage.input_tokens int 1200',
      'http.request.header.cookie.0 string [redacted:field:#]', 'use_token bool true', 'token_fingerprint string ab12',
    ])
    expect(event.redacted).toEqual([
      'attributes.app.password:field', 'attributes.http.request.header.authorization:field', 'attributes.http.request.header.cookie.0:field',
    ])
  })

  it('drops scopes and chains that were read in pieces from a text that held a secret', () => {
    const [secret, chain] = [alnum(16), { delegation: ["define('DB_PASSWORD'", "'x')"], delegation_source: 'watchkeeper.delegation' }]
    const text = `define('DB_PASSWORD', '${secret}')`
    const event = {
      ...fresh(), scopes: ["define('DB_PASSWORD'", `'${secret}')`], scopes_source: 'scp',
      attributes: new Map([['scp', whole(text)], ['watchkeeper.delegation', whole(text)], [SAID_KEY, saidAttribute({ ...chain, delegation: text.split(', ') })]]),
    }
    redactor.redact(event)
    expect(event.scopes).toEqual(['[redacted:unscanned]'])
    expect(saidIn(event.attributes.get(SAID_KEY))).toMatchObject({ ...chain, delegation: ['[redacted:unscanned]'] })
    expect(JSON.stringify([...event.attributes])).not.toContain(secret)
    expect(event.redacted).toEqual(expect.arrayContaining(['delegation:unscanned', 'scopes:unscanned']))
    const harmless = { ...fresh(), scopes: ['read', 'write'], scopes_source: 'scp', attributes: new Map([['scp', whole('read write')], ['note', whole(text)]]) }
    redactor.redact(harmless)
    expect(harmless.scopes).toEqual(['read', 'write'])
  })

  it('hashes contents as they were sent, and only where they were', () => {
    const text = `{"password":"${alnum(12)}"}`
    const event = { ...fresh(), arguments: text }
    redactor.redact(event)
    expect(event.arguments_hash).toBe(keyed.of('t', 'content', text))
    expect(event.result_hash).toBe('')
  })

  it('cuts long texts, and no secret across the cut survives in part', () => {
    const secret = `ghp_${alnum(36)}`
    const event = { ...fresh(), result: `${'x '.repeat(LONGEST_TEXT / 2 - 10)}${secret} ${'y '.repeat(100)}` }
    redactor.redact(event)
    expect(event.result.length).toBeLessThanOrEqual(LONGEST_TEXT)
    expect(event.result).not.toContain(secret.slice(0, 10))
    expect(event.redacted).toEqual(['result:github-token', 'result:truncated'])
    const plain = { ...fresh(), status_message: '😀'.repeat(LONGEST_TEXT) }
    redactor.redact(plain)
    expect(plain.status_message).toBe('😀'.repeat(LONGEST_TEXT / 2))
    expect(plain.redacted).toEqual(['status_message:truncated'])
  })

  it('drops what it cannot scan within its budget, and says so', () => {
    const event = fresh()
    event.attributes = new Map(Array.from({ length: 40 }, (_, i) => [
      `a${i}`, { type: 'string' as const, text: `password=${alnum(12)} `.repeat(2500) },
    ]))
    redactor.redact(event)
    const texts = [...event.attributes.values()].map(({ text }) => text)
    expect(texts.at(-1)).toBe('[redacted:unscanned]')
    expect(event.redacted).toContain('attributes.a39:unscanned')
  })

  it('fails closed when hashing fails', () => {
    const broken = createRedactor({ of: () => { throw new Error('no key') } })
    const event = { ...fresh(), result: 'password=hunter22' }
    expect(() => broken.redact(event)).not.toThrow()
    expect(event.result).toBe('[redacted:unscanned]')
    expect(event.redacted).toEqual(['event:unscanned'])
    expect(broken.text('t', `password=${alnum(12)}`)).toBe('[redacted:unscanned]')
  })

  it('walks 100,000 levels of JSON and 64 KiB of anything', () => {
    expect(clean(`${'['.repeat(30_000)}"password=${alnum(12)}"${']'.repeat(30_000)}`)).toContain('[redacted:assignment:')
    for (const unit of ['{"a":', 'token=', 'eyJ', '"\\"', '-----BEGIN PRIVATE KEY-----', '://a:', '4 ', 'AKIA', '\u0000', '\ud800']) {
      expect(clean(unit.repeat(9_000))).toBeTypeOf('string')
    }
  })

  it('lets no secret hide in something that looks like a replacement', () => {
    const secret = `ghp_${alnum(36)}`
    expect(clean(`[redacted:github-token:${secret}]`)).not.toContain(secret)
  })
})
