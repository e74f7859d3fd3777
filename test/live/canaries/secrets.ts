/** Planted secrets of more than forty kinds. `core` is the part that may be found nowhere afterwards; it is drawn, so nothing else holds it. */
import type { Dice } from './dice.ts'

export interface Canary {
  readonly kind: string
  readonly text: string
  readonly core: string
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const HEX = '0123456789abcdef'

type Maker = (dice: Dice) => { readonly text: string; readonly core: string }
/** Drawn characters with a digit and both cases among them. */
const alnum = (dice: Dice, length: number): string => `k7Q${dice.drawn(LETTERS, length - 3)}`
const hex = (dice: Dice, length: number): string => `a7${dice.drawn(HEX, length - 2)}`
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const base64url = (text: string): string => Buffer.from(text).toString('base64url')

const prefixed = (prefix: string, length: number): Maker => (dice) => {
  const core = alnum(dice, length)
  return { text: `${prefix}${core}`, core }
}
const prefixedHex = (prefix: string, length: number): Maker => (dice) => {
  const core = hex(dice, length)
  return { text: `${prefix}${core}`, core }
}
/** A drawn value between two texts. */
const between = (before: string, after: string, length = 16): Maker => (dice) => {
  const core = alnum(dice, length)
  return { text: `${before}${core}${after}`, core }
}

function pem(dice: Dice): ReturnType<Maker> {
  const lines = Array.from({ length: 6 }, () => alnum(dice, 64))
  return { text: `-----BEGIN RSA PRIVATE KEY-----\n${lines.join('\n')}\n-----END RSA PRIVATE KEY-----`, core: lines[3]!.slice(8, 40) }
}

function openSsh(dice: Dice): ReturnType<Maker> {
  const lines = Array.from({ length: 4 }, () => alnum(dice, 70))
  return { text: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----`, core: lines[2]!.slice(8, 40) }
}

function pgp(dice: Dice): ReturnType<Maker> {
  const lines = Array.from({ length: 4 }, () => alnum(dice, 64))
  return { text: `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${lines.join('\n')}\n-----END PGP PRIVATE KEY BLOCK-----`, core: lines[2]!.slice(8, 40) }
}

function jwt(dice: Dice): ReturnType<Maker> {
  const core = alnum(dice, 43)
  return { text: `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(`{"sub":"${alnum(dice, 12)}"}`)}.${core}`, core }
}

function card(dice: Dice): ReturnType<Maker> {
  const head = `4${dice.drawn('0123456789', 14)}`
  const sum = [...head].reverse().reduce((total, digit, i) => total + (i % 2 === 1 ? Number(digit) : [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(digit)]!), 0)
  const core = `${head}${(10 - (sum % 10)) % 10}`
  return { text: `card ${core}`, core }
}

function iban(dice: Dice): ReturnType<Maker> {
  const account = dice.drawn('0123456789', 18)
  const rest = BigInt(`${account}131400`) % 97n
  const core = `DE${String(98n - rest).padStart(2, '0')}${account}`
  return { text: `pay to ${core}`, core }
}

function basic(dice: Dice): ReturnType<Maker> {
  const core = base64(`admin:${alnum(dice, 18)}`)
  return { text: `Authorization: Basic ${core}`, core: core.replace(/=+$/, '') }
}

function dockerAuth(dice: Dice): ReturnType<Maker> {
  const core = base64(`robot:${alnum(dice, 18)}`)
  return { text: `{"auths":{"registry.example":{"auth":"${core}"}}}`, core: core.replace(/=+$/, '') }
}

function ssn(dice: Dice): ReturnType<Maker> {
  const core = `${100 + dice.roll(500)}-${10 + dice.roll(89)}-${1000 + dice.roll(8999)}`
  return { text: `social security number ${core}`, core }
}

const MAKERS: Readonly<Record<string, Maker>> = {
  pem, openSsh, pgp, jwt, card, iban, basic, dockerAuth, ssn,
  aws: (dice) => {
    const core = dice.drawn(UPPER, 16)
    return { text: `AKIA${core}`, core }
  },
  awsSecret: between('aws_secret_access_key = ', '', 40), github: prefixed('ghp_', 36), githubFine: prefixed('github_pat_', 59), gitlab: prefixed('glpat-', 20),
  slack: (dice) => {
    const core = alnum(dice, 24)
    return { text: `xoxb-${dice.drawn('123456789', 12)}-${dice.drawn('123456789', 12)}-${core}`, core }
  },
  slackHook: (dice) => {
    const core = alnum(dice, 24)
    return { text: `https://hooks.slack.com/services/T${dice.drawn(UPPER, 9)}/B${dice.drawn(UPPER, 9)}/${core}`, core }
  },
  discordHook: (dice) => {
    const core = alnum(dice, 60)
    return { text: `https://discord.com/api/webhooks/${dice.drawn('123456789', 18)}/${core}`, core }
  },
  openai: prefixed('sk-proj-', 48), anthropic: prefixed('sk-ant-api03-', 80), google: prefixed('AIza', 35), groq: prefixed('gsk_', 48),
  stripe: prefixed('sk_live_', 24), square: prefixed('sq0atp-', 22), npm: prefixed('npm_', 36), pypi: prefixed('pypi-AgEIcHlwaS5vcmc', 60),
  sendgrid: (dice) => {
    const core = alnum(dice, 43)
    return { text: `SG.${alnum(dice, 22)}.${core}`, core }
  },
  twilio: prefixedHex('SK', 32), huggingface: prefixed('hf_', 34), digitalocean: prefixedHex('dop_v1_', 64), vault: prefixed('hvs.', 90),
  docker: prefixed('dckr_pat_', 27), databricks: prefixedHex('dapi', 32), grafana: prefixed('glsa_', 41), shopify: prefixedHex('shpat_', 32),
  tailscale: prefixed('tskey-auth-', 32), telegram: (dice) => {
    const core = alnum(dice, 33)
    return { text: `${dice.drawn('123456789', 9)}:AA${core}`, core }
  },
  azure: (dice) => {
    const core = alnum(dice, 34)
    return { text: `8Kv5Q~${core}`.replace('8Kv5', 'vK85'), core }
  },
  age: (dice) => {
    const core = dice.drawn(UPPER, 58)
    return { text: `AGE-SECRET-KEY-1${core}`, core }
  },
  passwordHash: (dice) => {
    const core = alnum(dice, 86)
    return { text: `$6$saltsalt$${core}`, core }
  },
  databaseUrl: between('postgres://app:', '@db.internal:5432/main'), proxyUrl: between('http://robot:', '@proxy.internal:3128'),
  bearer: between('Authorization: Bearer ', '', 40), cookie: between('Cookie: theme=dark; session=', '', 32), apiKey: between('X-Api-Key: ', '', 32),
  query: between('GET /v1/items?api_key=', '&limit=5', 32), environment: between('export DB_PASSWORD=', ''), flag: between('deploy --client-secret ', ' --verbose', 32),
  curl: between('curl -u admin:', ' https://internal.example', 14), yaml: between('database:\n  password: "', '"\n'),
  accountKey: between('AccountKey=', ';EndpointSuffix=core.example', 60), json: between('{"user":"app","client_secret":"', '","n":1}', 32),
  kubernetes: between('{"name":"DB_PASSWORD","value":"', '"}'), xml: between('<password>', '</password>'),
  xmlLines: between('<vendorToken>\n    ', '\n</vendorToken>', 32), typed: between('var vendorToken string = "', '"', 32),
  property: between('System.setProperty("VENDOR_TOKEN", "', '")', 32), constant: between("define('DB_PASSWORD', '", "');"),
  appended: between('$token .= "', '"', 32), ldap: between('ldapsearch -x -w ', ' -b dc=x', 14), netUse: between('net use x: \\\\10.0.0.5\\share /user:admin ', '', 14),
  psExec: between('psexec \\\\10.0.0.5 -u admin -p ', ' cmd', 14), secureString: between('ConvertTo-SecureString "', '" -AsPlainText -Force', 14),
  windowsHash: (dice) => {
    const core = hex(dice, 32)
    return { text: `Administrator:500:${hex(dice, 32)}:${core}:::`, core }
  },
  kerberos: (dice) => {
    const core = hex(dice, 64)
    return { text: `$krb5asrep$23$svc@ACME.EXAMPLE:${hex(dice, 32)}$${core}`, core }
  },
  django: between('pbkdf2_sha256$260000$a7BcD9eFgH$', '=', 43),
  putty: (dice) => {
    const lines = Array.from({ length: 4 }, () => alnum(dice, 64))
    return { text: `PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 4\n${lines.join('\n')}\nPrivate-MAC: 00`, core: lines[2]!.slice(8, 40) }
  },
  cloudflareOrigin: (dice) => {
    const core = hex(dice, 146)
    return { text: `v1.0-${hex(dice, 24)}-${core}`, core }
  },
  mailerSend: prefixedHex('mlsn.', 64), vercel: prefixed('vcp_', 56), clickhouse: prefixed('4b1d', 38),
  azureDevops: (dice) => {
    const core = alnum(dice, 76)
    return { text: `${core}AZDOa1b2`, core }
  },
}

export const KINDS = Object.keys(MAKERS)

/** The canary of number `number`: kinds come in turn. */
export function canaryOf(number: number, dice: Dice): Canary {
  const kind = KINDS[number % KINDS.length]!
  return { kind, ...MAKERS[kind]!(dice) }
}
