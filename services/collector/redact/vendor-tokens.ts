/** Tokens that show their vendor, as data. Formats are those that the vendors document. */
import type { Kind } from './kind.ts'

/** A token with a prefix. `body`: characters that follow the prefix; `least`: how many of them make a token. */
export interface VendorToken extends Kind {
  readonly vendor: string
  readonly prefixes: readonly string[]
  readonly body: 'alphanumeric' | 'upper' | 'hex' | 'word' | 'base64' | 'parts' | 'dotted' | RegExp
  readonly least: number
  /** Longest body; a longer run of body characters is not this token. Omitted: no limit. */
  readonly most?: number
}

/** A token known by a mark inside it. */
export interface MarkedToken extends Kind {
  readonly mark: string
  /** What stands before the mark, within `reach` characters, anchored at its end. */
  readonly before: RegExp
  readonly reach: number
  /** What stands behind the mark, sticky. */
  readonly after: RegExp
}

const vendor = (token: Omit<VendorToken, 'what' | 'found'>): VendorToken => ({
  ...token,
  what: `${token.vendor} token or key`,
  found: `${token.prefixes.map((prefix) => `\`${prefix}…\``).join(' ')} and ${
    token.body instanceof RegExp ? 'characters of the documented form' : `at least ${token.least} more characters`}`,
})

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/y

export const VENDOR_TOKENS: readonly VendorToken[] = [
  vendor({ kind: 'aws-access-key', vendor: 'AWS', prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'], body: 'upper', least: 16, most: 16 }),
  vendor({ kind: 'github-token', vendor: 'GitHub', prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], body: 'alphanumeric', least: 30 }),
  vendor({ kind: 'github-token', vendor: 'GitHub', prefixes: ['github_pat_'], body: 'word', least: 36 }),
  vendor({
    kind: 'gitlab-token', vendor: 'GitLab', body: 'word', least: 18,
    prefixes: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'gloas-', 'glsoat-', 'glffct-'],
  }),
  vendor({ kind: 'gitlab-token', vendor: 'GitLab runner', prefixes: ['GR1348941'], body: /(?=[0-9_-]{0,19}[A-Za-z])[A-Za-z0-9_-]{20}/y, least: 20 }),
  vendor({
    kind: 'slack-token', vendor: 'Slack', body: 'word', least: 20,
    prefixes: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxo-', 'xoxs-', 'xoxc-', 'xoxd-', 'xoxe-', 'xoxe.xoxp-', 'xoxe.xoxb-', 'xapp-', 'xwfp-'],
  }),
  vendor({ kind: 'slack-webhook', vendor: 'Slack webhook address', prefixes: ['hooks.slack.com/services/T'], body: 'dotted', least: 20 }),
  vendor({ kind: 'anthropic-key', vendor: 'Anthropic', prefixes: ['sk-ant-'], body: 'word', least: 24 }),
  vendor({ kind: 'openai-key', vendor: 'OpenAI', prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-or-v1-', 'sk-'], body: 'word', least: 20 }),
  vendor({ kind: 'google-key', vendor: 'Google', prefixes: ['AIza'], body: 'word', least: 35, most: 35 }),
  vendor({ kind: 'google-key', vendor: 'Gemini', prefixes: ['AQ.A'], body: 'word', least: 40 }),
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
  vendor({ kind: 'grafana-token', vendor: 'Grafana', prefixes: ['glc_', 'glsa_'], body: 'base64', least: 32 }),
  vendor({ kind: 'linear-key', vendor: 'Linear', prefixes: ['lin_api_', 'lin_oauth_', 'lin_wh_'], body: 'alphanumeric', least: 32 }),
  vendor({ kind: 'notion-token', vendor: 'Notion', prefixes: ['ntn_'], body: 'alphanumeric', least: 40 }),
  vendor({ kind: 'postman-key', vendor: 'Postman', prefixes: ['PMAK-'], body: 'word', least: 50 }),
  vendor({ kind: 'sentry-token', vendor: 'Sentry', prefixes: ['sntrys_', 'sntryu_'], body: 'word', least: 40 }),
  vendor({ kind: 'sourcegraph-token', vendor: 'Sourcegraph', prefixes: ['sgp_'], body: 'word', least: 40 }),
  vendor({ kind: 'newrelic-key', vendor: 'New Relic', prefixes: ['NRAK-', 'NRII-', 'NRJS-'], body: 'word', least: 19 }),
  vendor({
    kind: 'model-key', body: 'word', least: 30,
    vendor: 'AI service (Groq, Perplexity, xAI, Replicate, Tavily, Cerebras, Pinecone, NVIDIA, Jina, Langfuse, LangSmith, LlamaCloud, Together)',
    prefixes: [
      'gsk_', 'pplx-', 'xai-', 'r8_', 'tvly-', 'csk-', 'pcsk_', 'nvapi-', 'jina_', 'sk-lf-', 'lsv2_pt_', 'lsv2_sk_', 'llx-', 'tgp_v1_',
    ],
  }),
  vendor({ kind: 'heroku-key', vendor: 'Heroku', prefixes: ['HRKU-'], body: 'word', least: 36 }),
  vendor({ kind: 'adafruit-key', vendor: 'Adafruit IO', prefixes: ['aio_'], body: 'alphanumeric', least: 28 }),
  vendor({ kind: 'rubygems-key', vendor: 'RubyGems', prefixes: ['rubygems_'], body: 'hex', least: 48 }),
  vendor({ kind: 'planetscale-token', vendor: 'PlanetScale', prefixes: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], body: 'word', least: 32 }),
  vendor({ kind: 'mailgun-key', vendor: 'Mailgun', prefixes: ['key-', 'pubkey-'], body: 'hex', least: 32, most: 32 }),
  vendor({ kind: 'salesforce-session', vendor: 'Salesforce', prefixes: ['00D'], body: /[A-Za-z0-9]{12}![A-Za-z0-9._]{60,}/y, least: 60 }),
  vendor({ kind: 'age-key', vendor: 'age encryption', prefixes: ['AGE-SECRET-KEY-1', 'AGE-SECRET-KEY-PQ-1'], body: 'upper', least: 50 }),
  vendor({
    kind: 'webhook', vendor: 'Chat webhook address', body: 'dotted', least: 30,
    prefixes: [
      'discord.com/api/webhooks/', 'outlook.office.com/webhook/', 'webhook.office.com/webhookb2/', 'hooks.zapier.com/hooks/catch/',
      'chat.googleapis.com/v1/spaces/', 'hooks.slack.com/workflows/T', 'hooks.slack.com/triggers/T',
    ],
  }),
  vendor({ kind: 'aws-access-key', vendor: 'AWS', prefixes: ['A3T'], body: 'upper', least: 17, most: 17 }),
  vendor({ kind: 'aws-session', vendor: 'AWS session or Bedrock', prefixes: ['IQoJb3JpZ2lu', 'FwoGZXIvYXdz', 'ABSK'], body: 'base64', least: 90 }),
  vendor({ kind: 'model-key', vendor: 'ElevenLabs', prefixes: ['sk_'], body: 'hex', least: 48, most: 48 }),
  vendor({
    kind: 'cloud-key', vendor: 'Cloud (Yandex, Scalingo, Pulumi, Fly.io, OpenShift, Supabase, Prefect)', body: 'word', least: 20,
    prefixes: ['AQVN', 'tk-us-', 'pul-', 'fo1_', 'sha256~', 'sbp_', 'sb_secret_', 'pnu_', 'pnb_'],
  }),
  vendor({ kind: 'cloud-key', vendor: 'Alibaba', prefixes: ['LTAI'], body: 'alphanumeric', least: 12, most: 24 }),
  vendor({ kind: 'cloud-key', vendor: 'Fly.io', prefixes: ['fm1r_', 'fm1a_', 'fm2_'], body: 'base64', least: 60 }),
  vendor({ kind: 'cloud-key', vendor: 'Yandex', prefixes: ['t1.9'], body: /[A-Z0-9a-z_-]+={0,2}\.[A-Z0-9a-z_-]{86}={0,2}/y, least: 90 }),
  vendor({ kind: 'cloud-key', vendor: 'Yandex', prefixes: ['YC'], body: 'word', least: 38, most: 38 }),
  vendor({ kind: 'cloud-key', vendor: 'Cloudflare', prefixes: ['v1.0-'], body: /[a-f0-9]{24}-[a-f0-9]{146}/y, least: 170 }),
  vendor({
    kind: 'cloud-key', vendor: 'Doppler', body: 'parts', least: 40,
    prefixes: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
  }),
  vendor({ kind: 'cloud-key', vendor: 'ClickHouse Cloud', prefixes: ['4b1d'], body: 'alphanumeric', least: 38, most: 38 }),
  vendor({
    kind: 'cloud-key', vendor: 'Cloud (Vercel, Neon, Render)', body: 'word', least: 30,
    prefixes: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_', 'vercel_blob_rw_', 'napi_', 'rnd_'],
  }),
  vendor({
    kind: 'cloud-key', vendor: 'Authress', prefixes: ['sc_', 'ext_', 'scauth_', 'authress_'], least: 50,
    body: /[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_-][A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}/y,
  }),
  vendor({ kind: 'cloud-key', vendor: 'Rancher', prefixes: ['token-'], body: /[a-z0-9]{5}:[a-z0-9]{54}/y, least: 60 }),
  vendor({ kind: 'ci-token', vendor: 'CI (Buildkite, CircleCI, SonarQube, Octopus, StackHawk)', prefixes: [
    'bkua_', 'CCIPAT_', 'CCIPRJ_', 'squ_', 'sqp_', 'sqa_', 'hawk.',
  ], body: 'parts', least: 32 }),
  vendor({ kind: 'ci-token', vendor: 'Octopus', prefixes: ['API-'], body: 'upper', least: 26, most: 32 }),
  vendor({ kind: 'ci-token', vendor: 'Harness', prefixes: ['pat.', 'sat.'], body: /[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}/y, least: 66 }),
  vendor({ kind: 'ci-token', vendor: 'LaunchDarkly', prefixes: ['api-', 'sdk-'], body: UUID, least: 36 }),
  vendor({
    kind: 'ci-token', vendor: 'Infracost', prefixes: ['ico-'], least: 32,
    body: /(?=[a-z0-9]{0,31}[A-Z])(?=[A-Z0-9]{0,31}[a-z])[A-Za-z0-9]{32}(?![A-Za-z0-9])/y,
  }),
  vendor({ kind: 'atlassian-token', vendor: 'Bitbucket', prefixes: ['ATBB'], body: 'alphanumeric', least: 24 }),
  vendor({
    kind: 'package-token', vendor: 'Package registry (Artifactory, Clojars)', body: 'alphanumeric', least: 55,
    prefixes: ['AKCp', 'cmVmd', 'CLOJARS_'],
  }),
  vendor({ kind: 'package-token', vendor: 'NuGet', prefixes: ['oy2'], body: 'alphanumeric', least: 43, most: 43 }),
  vendor({ kind: 'package-token', vendor: 'crates.io', prefixes: ['cio'], body: 'alphanumeric', least: 32, most: 32 }),
  vendor({ kind: 'package-token', vendor: 'Dependency-Track', prefixes: ['odt_'], body: 'alphanumeric', least: 32 }),
  vendor({ kind: '1password-token', vendor: '1Password', prefixes: ['ops_eyJ'], body: 'base64', least: 200 }),
  vendor({
    kind: '1password-token', vendor: '1Password', least: 30,
    body: /[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-(?:[A-Z0-9]{5}-){2}[A-Z0-9]{5}/y,
    prefixes: ['A3-'],
  }),
  vendor({ kind: 'airtable-token', vendor: 'Airtable', prefixes: ['pat'], body: /[A-Za-z0-9]{14}\.[0-9a-f]{64}/y, least: 79 }),
  vendor({
    kind: 'discord-token', vendor: 'Discord', body: /[A-Za-z0-9]{20,26}\.[\w-]{6,7}\.[\w-]{27,45}/y, least: 55,
    prefixes: ['MD', 'MT', 'Mj', 'Mz', 'ND', 'NT', 'Nj', 'Nz', 'OD', 'OT'],
  }),
  vendor({
    kind: 'facebook-token', vendor: 'Facebook', body: 'alphanumeric', least: 60,
    prefixes: ['EAAC', 'EAAM', 'EAAB', 'EAAG', 'EAAE', 'EAAD', 'EAAI'],
  }),
  vendor({ kind: 'twitter-token', vendor: 'X (Twitter) app', prefixes: ['AAAAAAAAAAAAAAAAAAAA'], body: /[A-Za-z0-9%]{60,}/y, least: 60 }),
  vendor({
    kind: 'payment-key', vendor: 'Payment (Square, Flutterwave, Razorpay, Shippo, EasyPost, Duffel, GoCardless, Lob)', body: 'word', least: 14,
    prefixes: [
      'sq0atp-', 'sq0csp-', 'sq0idp-', 'FLWSECK-', 'FLWSECK_TEST-', 'rzp_live_', 'rzp_test_', 'shippo_live_', 'shippo_test_', 'EZAK', 'EZTK',
      'duffel_live_', 'duffel_test_',
    ],
  }),
  vendor({ kind: 'payment-key', vendor: 'Square', prefixes: ['EAAA'], body: 'word', least: 56, most: 60 }),
  vendor({ kind: 'payment-key', vendor: 'GoCardless', prefixes: ['live_'], body: 'word', least: 40, most: 40 }),
  vendor({ kind: 'payment-key', vendor: 'Lob', prefixes: ['live_', 'test_', 'live_pub_', 'test_pub_'], body: 'hex', least: 31, most: 35 }),
  vendor({
    kind: 'payment-key', vendor: 'Braintree', prefixes: ['access_token$production$', 'access_token$sandbox$'], body: /[0-9a-z]{16}\$[0-9a-f]{32}/y, least: 49,
  }),
  vendor({ kind: 'payment-key', vendor: 'Plaid', prefixes: ['access-sandbox-', 'access-development-', 'access-production-'], body: UUID, least: 36 }),
  vendor({ kind: 'mail-key', vendor: 'Brevo', prefixes: ['xkeysib-', 'xsmtpsib-'], body: 'word', least: 40 }),
  vendor({
    kind: 'mail-key', vendor: 'Mandrill', prefixes: ['md-'], least: 22,
    body: /(?=[a-z0-9_-]{0,21}[A-Z])(?=[A-Za-z_-]{0,21}[0-9])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/y,
  }),
  vendor({ kind: 'mail-key', vendor: 'Resend', prefixes: ['re_'], body: /[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}/y, least: 29 }),
  vendor({ kind: 'mail-key', vendor: 'MailerSend', prefixes: ['mlsn.'], body: 'hex', least: 60 }),
  vendor({ kind: 'network-key', vendor: 'Tailscale, Defined Networking', prefixes: ['tskey-', 'dnkey-'], body: 'word', least: 20 }),
  vendor({ kind: 'grafana-token', vendor: 'Grafana', prefixes: ['eyJrIjoi'], body: 'base64', least: 60 }),
  vendor({
    kind: 'monitoring-key', vendor: 'Dynatrace', prefixes: ['dt0c01.', 'dt0s01.', 'dt0s02.', 'dt0s06.', 'dt0s08.'], body: 'parts', least: 80,
  }),
  vendor({
    kind: 'saas-token', body: 'word', least: 26,
    vendor: 'SaaS (Figma, Netlify, Typeform, ReadMe, Contentful, Frame.io, 42, PostHog, Weights & Biases, SettleMint, Zuplo, AppSync, Adobe)',
    prefixes: [
      'figd_', 'nfp_', 'tfp_', 'rdme_', 'CFPAT-', 'fio-u-', 's-s4t2ud-', 's-s4t2af-', 'phx_', 'wandb_v1_', 'zpka_', 'da2-', 'p8e-', 'BBFF-',
    ],
  }),
  vendor({ kind: 'saas-token', vendor: 'HubSpot', prefixes: ['pat-na1-', 'pat-na2-', 'pat-eu1-', 'pat-ap1-'], body: UUID, least: 36 }),
  vendor({ kind: 'saas-token', vendor: 'Endor Labs', prefixes: ['endr+'], body: 'alphanumeric', least: 16 }),
  vendor({ kind: 'saas-token', vendor: 'SettleMint', prefixes: ['sm_aat_', 'sm_pat_', 'sm_sat_'], body: 'alphanumeric', least: 16 }),
]

/** Tokens known by a mark that is not at their start. */
export const MARKED_TOKENS: readonly MarkedToken[] = [
  {
    kind: 'azure-key', what: 'Azure client secret', found: '`Q~` behind three characters and a digit, and 31 to 34 characters', mark: 'Q~', reach: 4,
    before: /[A-Za-z0-9_~.-]{3}[0-9]$/, after: /[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])/y,
  },
  {
    kind: 'telegram-token', what: 'Telegram bot token', found: '8 to 10 digits, `:AA` and 32 to 34 characters', mark: ':AA', reach: 11,
    before: /(?:^|[^0-9])[0-9]{8,10}$/, after: /[A-Za-z0-9_-]{32,34}(?![A-Za-z0-9_-])/y,
  },
  {
    kind: 'ci-token', what: 'Azure DevOps token', found: '76 characters, `AZDO` and four more', mark: 'AZDO', reach: 77,
    before: /(?:^|[^0-9A-Za-z])[0-9A-Za-z]{76}$/, after: /[0-9A-Za-z]{4}(?![0-9A-Za-z])/y,
  },
  {
    kind: 'facebook-token', what: 'Facebook app token', found: '15 or 16 digits, a bar and 27 to 40 characters', mark: '|', reach: 17,
    before: /(?:^|[^0-9A-Za-z])[0-9]{15,16}$/, after: /(?=[0-9A-Za-z_-]*[A-Za-z])[0-9A-Za-z_-]{27,40}(?![0-9A-Za-z_-])/y,
  },
  {
    kind: 'mail-key', what: 'Mailchimp key', found: '32 hex digits, `-us` and the data centre', mark: '-us', reach: 33,
    before: /(?:^|[^0-9A-Za-z])[0-9a-f]{32}$/, after: /[0-9]{1,2}(?![0-9A-Za-z])/y,
  },
  {
    kind: 'maxmind-key', what: 'MaxMind key', found: '6 characters, `_`, 29 characters and `_mmk`', mark: '_mmk', reach: 37,
    before: /(?:^|[^0-9A-Za-z])[0-9A-Za-z]{6}_[0-9A-Za-z]{29}$/, after: /(?![0-9A-Za-z])/y,
  },
]
