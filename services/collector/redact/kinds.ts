/** The kinds of secret that the redactor knows, as data: the documentation table and the detectors are made from this list. */

export interface Kind {
  /** Word in `[redacted:<kind>:<token>]` and in `redacted`. */
  readonly kind: string
  readonly what: string
  readonly found: string
}

/** Tokens that carry a vendor's prefix. `body`: characters that follow the prefix; `least`: how many of them make a token. */
export interface VendorToken extends Kind {
  readonly vendor: string
  readonly prefixes: readonly string[]
  readonly body: 'alphanumeric' | 'upper' | 'hex' | 'word' | 'dotted' | 'session'
  readonly least: number
  /** Longest body; a longer run of body characters is not this token. Omitted: no limit. */
  readonly most?: number
}

const vendor = (token: Omit<VendorToken, 'what' | 'found'>): VendorToken => ({
  ...token,
  what: `${token.vendor} token or key`,
  found: `${token.prefixes.map((prefix) => `\`${prefix}…\``).join(' ')} and at least ${token.least} more characters`,
})

export const VENDOR_TOKENS: readonly VendorToken[] = [
  vendor({ kind: 'aws-access-key', vendor: 'AWS', prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'], body: 'upper', least: 16, most: 16 }),
  vendor({ kind: 'github-token', vendor: 'GitHub', prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], body: 'alphanumeric', least: 30 }),
  vendor({ kind: 'github-token', vendor: 'GitHub', prefixes: ['github_pat_'], body: 'word', least: 36 }),
  vendor({
    kind: 'gitlab-token', vendor: 'GitLab', body: 'word', least: 18,
    prefixes: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'gloas-', 'glsoat-', 'glffct-'],
  }),
  vendor({
    kind: 'slack-token', vendor: 'Slack', body: 'word', least: 20,
    prefixes: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxo-', 'xoxs-', 'xoxc-', 'xoxd-', 'xoxe-', 'xoxe.xoxp-', 'xoxe.xoxb-', 'xapp-'],
  }),
  vendor({ kind: 'slack-webhook', vendor: 'Slack webhook address', prefixes: ['hooks.slack.com/services/T'], body: 'dotted', least: 20 }),
  vendor({ kind: 'anthropic-key', vendor: 'Anthropic', prefixes: ['sk-ant-'], body: 'word', least: 24 }),
  vendor({ kind: 'openai-key', vendor: 'OpenAI', prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-or-v1-', 'sk-'], body: 'word', least: 20 }),
  vendor({ kind: 'google-key', vendor: 'Google', prefixes: ['AIza'], body: 'word', least: 35, most: 35 }),
  vendor({ kind: 'google-key', vendor: 'Google OAuth', prefixes: ['GOCSPX-', 'ya29.', '1//0'], body: 'word', least: 20 }),
  vendor({
    kind: 'stripe-key', vendor: 'Stripe', body: 'alphanumeric', least: 10,
    prefixes: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'sk_prod_', 'rk_prod_', 'whsec_'],
  }),
  vendor({ kind: 'watchkeeper-token', vendor: 'Watchkeeper', prefixes: ['wkt_'], body: 'word', least: 43, most: 43 }),
  vendor({ kind: 'npm-token', vendor: 'npm', prefixes: ['npm_'], body: 'alphanumeric', least: 36, most: 36 }),
  vendor({ kind: 'pypi-token', vendor: 'PyPI', prefixes: ['pypi-'], body: 'word', least: 50 }),
  vendor({ kind: 'sendgrid-key', vendor: 'SendGrid', prefixes: ['SG.'], body: 'dotted', least: 60 }),
  vendor({ kind: 'twilio-key', vendor: 'Twilio', prefixes: ['SK'], body: 'hex', least: 32, most: 32 }),
  vendor({ kind: 'huggingface-token', vendor: 'Hugging Face', prefixes: ['hf_', 'api_org_'], body: 'alphanumeric', least: 30 }),
  vendor({ kind: 'digitalocean-token', vendor: 'DigitalOcean', prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'], body: 'hex', least: 60 }),
  vendor({ kind: 'vault-token', vendor: 'HashiCorp Vault', prefixes: ['hvs.', 'hvb.', 'hvr.'], body: 'word', least: 24 }),
  vendor({ kind: 'terraform-token', vendor: 'Terraform Cloud', prefixes: ['atlasv1.'], body: 'word', least: 60 }),
  vendor({ kind: 'atlassian-token', vendor: 'Atlassian', prefixes: ['ATATT3', 'ATCTT3'], body: 'word', least: 60 }),
  vendor({ kind: 'docker-token', vendor: 'Docker Hub', prefixes: ['dckr_pat_', 'dckr_oat_'], body: 'word', least: 24 }),
  vendor({ kind: 'dropbox-token', vendor: 'Dropbox', prefixes: ['sl.'], body: 'word', least: 100 }),
  vendor({ kind: 'databricks-token', vendor: 'Databricks', prefixes: ['dapi'], body: 'hex', least: 32, most: 32 }),
  vendor({ kind: 'shopify-token', vendor: 'Shopify', prefixes: ['shpat_', 'shpca_', 'shppa_', 'shpss_'], body: 'hex', least: 32, most: 32 }),
  vendor({ kind: 'grafana-token', vendor: 'Grafana', prefixes: ['glc_', 'glsa_'], body: 'word', least: 32 }),
  vendor({ kind: 'linear-key', vendor: 'Linear', prefixes: ['lin_api_', 'lin_oauth_'], body: 'alphanumeric', least: 32 }),
  vendor({ kind: 'notion-token', vendor: 'Notion', prefixes: ['ntn_'], body: 'alphanumeric', least: 40 }),
  vendor({ kind: 'postman-key', vendor: 'Postman', prefixes: ['PMAK-'], body: 'word', least: 50 }),
  vendor({ kind: 'sentry-token', vendor: 'Sentry', prefixes: ['sntrys_', 'sntryu_'], body: 'word', least: 40 }),
  vendor({ kind: 'sourcegraph-token', vendor: 'Sourcegraph', prefixes: ['sgp_'], body: 'word', least: 40 }),
  vendor({ kind: 'newrelic-key', vendor: 'New Relic', prefixes: ['NRAK-', 'NRII-', 'NRJS-'], body: 'word', least: 19 }),
  vendor({
    kind: 'model-key', vendor: 'AI service (Groq, Perplexity, xAI, Replicate, Tavily)', prefixes: ['gsk_', 'pplx-', 'xai-', 'r8_', 'tvly-'],
    body: 'word', least: 30,
  }),
  vendor({ kind: 'heroku-key', vendor: 'Heroku', prefixes: ['HRKU-'], body: 'word', least: 36 }),
  vendor({ kind: 'adafruit-key', vendor: 'Adafruit IO', prefixes: ['aio_'], body: 'alphanumeric', least: 28 }),
  vendor({ kind: 'rubygems-key', vendor: 'RubyGems', prefixes: ['rubygems_'], body: 'hex', least: 48 }),
  vendor({ kind: 'planetscale-token', vendor: 'PlanetScale', prefixes: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], body: 'word', least: 32 }),
  vendor({ kind: 'mailgun-key', vendor: 'Mailgun', prefixes: ['key-', 'pubkey-'], body: 'hex', least: 32, most: 32 }),
  vendor({ kind: 'salesforce-session', vendor: 'Salesforce', prefixes: ['00D'], body: 'session', least: 80 }),
  vendor({ kind: 'age-key', vendor: 'age encryption', prefixes: ['AGE-SECRET-KEY-1', 'AGE-SECRET-KEY-PQ-1'], body: 'upper', least: 50 }),
  vendor({
    kind: 'webhook', vendor: 'Chat webhook address', body: 'dotted', least: 30,
    prefixes: [
      'discord.com/api/webhooks/', 'outlook.office.com/webhook/', 'webhook.office.com/webhookb2/', 'hooks.zapier.com/hooks/catch/',
      'chat.googleapis.com/v1/spaces/',
    ],
  }),
]

export const PRIVATE_KEY: Kind = {
  kind: 'private-key', what: 'Private key in PEM or PGP armour', found: '`-----BEGIN … PRIVATE KEY` to its end mark, or to where the armour stops',
}
export const JWT: Kind = {
  kind: 'jwt', what: 'JSON Web Token, signed or encrypted',
  found: '`eyJ` and two or more base64url parts, with a header that decodes to a JSON object',
}
export const BEARER: Kind = {
  kind: 'bearer', what: 'Value after the word Bearer', found: '`Bearer` and 8 or more token characters with a digit among them',
}
export const BASIC: Kind = { kind: 'basic', what: 'HTTP Basic credentials', found: '`Basic` and base64 of `user:password`' }
export const PASSWORD_HASH: Kind = {
  kind: 'password-hash', what: 'Hash of a password', found: 'the `$id$salt$hash` formats of crypt(5): MD5, bcrypt, SHA-2, scrypt, yescrypt, Argon2',
}
export const COMMAND: Kind = {
  kind: 'command-password', what: 'Password among the arguments of a command',
  found: '`curl -u user:password`, `sshpass -p …`, `docker login -p …`, `mysql -p…`, `redis-cli -a …`',
}
export const URL_PASSWORD: Kind = {
  kind: 'url-password', what: 'Password in a URL or connection string', found: 'the part between `:` and `@` of `scheme://user:password@host`',
}
export const CARD: Kind = {
  kind: 'card', what: 'Payment card number',
  found: '13 to 19 digits, plain or in groups, with an issuer prefix of the right length and a valid Luhn digit',
}
export const FIELD: Kind = {
  kind: 'field', what: 'Value of a field whose name says secret',
  found: 'attribute keys and JSON object keys, whatever the value; ' +
    'counters and metadata (`max_tokens`, `token_type`, `token_fingerprint`) are not meant',
}
export const ASSIGNMENT: Kind = {
  kind: 'assignment', what: 'Secret given by name in plain text',
  found: '`name=value`, `name: value`, `--name value` with such a name and a value that is no placeholder, reference or plain word',
}

/** Every kind once, in the order of the documentation. */
export const KINDS: readonly Kind[] = [
  PRIVATE_KEY, JWT, BEARER, BASIC, ...VENDOR_TOKENS, PASSWORD_HASH, URL_PASSWORD, COMMAND, CARD, FIELD, ASSIGNMENT,
]
